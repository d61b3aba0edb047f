import { isIP } from "node:net";
import type { UpstreamEndpoint } from "../contract.ts";
import type { Faults } from "../faults.ts";
import type { StaticHost, StaticUpstream } from "./options.ts";

/** Metadata that other parts of Envoy's configuration rest on; a user's entry would break them (as in Gloo). */
const RESERVED_METADATA = ["envoy.transport_socket_match", "io.solo.health_checkers.advanced_http"];

/** An address that Envoy connects to as it is; every other text is a name for DNS. */
export function isIpAddress(addr: string): boolean {
  return isIP(addr) !== 0 && !addr.includes("%");
}

/** True where Envoy has to resolve names: one host given by name is enough (Gloo: STRICT_DNS). */
export function hasNames(upstream: StaticUpstream): boolean {
  return (upstream.hosts ?? []).some((host) => !isIpAddress(host.addr ?? ""));
}

/** What a host's endpoint takes from its Upstream. */
export interface HostContext {
  /** Send the host's own name where it has no sniAddr. */
  readonly rewriteSni: boolean;
  /** Health checks send the host's address as Host header. */
  readonly healthCheckByAddress: boolean;
}

/** The endpoint of a host; what is wrong with it goes to `faults`, under `path`. */
export function endpointOf(host: StaticHost, context: HostContext, path: string, faults: Faults): UpstreamEndpoint {
  const addr = host.addr ?? "";
  checkAddress(addr, `${path}.addr`, faults);
  checkPort(host.port, `${path}.port`, faults);
  if (host.sniAddr && new TextEncoder().encode(host.sniAddr).length > LONGEST_SERVER_NAME) {
    faults.error("SLUICE-1450", `${path}.sniAddr`, `a server name has at most ${LONGEST_SERVER_NAME} bytes`);
  }
  const weight = host.loadBalancingWeight;
  if (weight === 0) {
    faults.error("SLUICE-1453", `${path}.loadBalancingWeight`, "the weight must be at least 1; leave it out for 1");
  }
  if (host.healthCheckConfig?.path || host.healthCheckConfig?.method) {
    const message = "health checks with a path or method per host are not served; all hosts are checked alike";
    faults.warning("SLUICE-1401", `${path}.healthCheckConfig`, message);
  }
  const sni = host.sniAddr || (context.rewriteSni && !isIpAddress(addr) ? addr : undefined);
  const metadata = metadataOf(host, `${path}.metadata`, faults);
  return {
    address: { host: addr, port: host.port ?? 0 },
    hostname: addr,
    ...(weight !== undefined && { weight }),
    ...(metadata && { metadata }),
    ...(context.healthCheckByAddress && { healthCheckHostname: addr }),
    ...(sni && { sni }),
  };
}

/** What Envoy takes at most; a name for DNS is shorter by two. */
const LONGEST_SERVER_NAME = 255;

function checkAddress(addr: string, path: string, faults: Faults): void {
  if (addr === "") {
    faults.error("SLUICE-1450", path, "the address is missing; a host name or an IP address is wanted");
  } else if (!isIpAddress(addr) && !/^[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_.])?$/.test(addr)) {
    const advice = "a host name or an IP address is wanted, without scheme, port, path or brackets";
    faults.error("SLUICE-1450", path, `${JSON.stringify(addr)} is no address; ${advice}`);
  } else if (addr.length > LONGEST_SERVER_NAME - 2) {
    faults.error("SLUICE-1450", path, `a host name has at most ${LONGEST_SERVER_NAME - 2} characters`);
  }
}

function checkPort(port: number | undefined, path: string, faults: Faults): void {
  if (port === undefined || port === 0) {
    faults.error("SLUICE-1451", path, "the port is missing; a number from 1 to 65535 is wanted");
  } else if (port > 65535) {
    faults.error("SLUICE-1451", path, `${port} is no port; a number from 1 to 65535 is wanted`);
  }
}

function metadataOf(host: StaticHost, path: string, faults: Faults): UpstreamEndpoint["metadata"] {
  const metadata: Record<string, Readonly<Record<string, unknown>>> = {};
  for (const [name, value] of Object.entries(host.metadata ?? {})) {
    if (RESERVED_METADATA.includes(name)) {
      faults.warning("SLUICE-1454", `${path}.${name}`, `${name} is reserved and left out`);
    } else if (typeof value !== "object" || value === null || Array.isArray(value)) {
      faults.error("SLUICE-1454", `${path}.${name}`, "an object is wanted");
    } else {
      metadata[name] = value as Readonly<Record<string, unknown>>;
    }
  }
  return Object.keys(metadata).length > 0 ? metadata : undefined;
}
