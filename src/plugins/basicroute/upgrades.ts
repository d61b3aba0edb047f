import type { Faults } from "../faults.ts";
import type { UpgradeConfig } from "./options.ts";

/** One upgrade, as a route and a connection manager of Envoy both have it. */
export interface Upgrade {
  readonly upgradeType: "websocket" | "CONNECT";
  readonly enabled?: { readonly value: boolean };
  /** True where the CONNECT ends at Envoy. */
  readonly terminate: boolean;
}

/**
 * Gloo's list of upgrades. Errors: an entry that names none, and a type that is listed twice, which Envoy refuses; both
 * `connect` and `connectTerminate` are of type CONNECT.
 */
export function readUpgrades(path: string, configs: readonly UpgradeConfig[], faults: Faults): Upgrade[] {
  const upgrades: Upgrade[] = [];
  configs.forEach((config, i) => {
    const spec = config.websocket ?? config.connect ?? config.connectTerminate;
    const wrong = (message: string) => faults.error("SLUICE-1418", `${path}[${i}]`, message);
    if (!spec) return wrong("an upgrade is one of websocket, connect and connectTerminate");
    const upgradeType = config.websocket ? "websocket" : "CONNECT";
    if (upgrades.some((other) => other.upgradeType === upgradeType)) {
      return wrong(`an upgrade of type ${upgradeType} is listed already; merge the two`);
    }
    const enabled = spec.enabled === undefined ? undefined : { value: spec.enabled };
    upgrades.push({ upgradeType, enabled, terminate: config.connectTerminate !== undefined });
  });
  return upgrades;
}
