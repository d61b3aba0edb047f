import { type Message, wrap } from "../../envoy/mod.ts";
import { definePlugin } from "../contract.ts";
import { Faults } from "../faults.ts";
import { listenerOptions, type SocketOption } from "./options.ts";

type Listener = Message<"envoy.config.listener.v3.Listener">;
type EnvoySocketOption = Message<"envoy.config.core.v3.SocketOption">;

/**
 * Buffers, socket options and the balancing of connections. Errors: a socket option without a value, a balance config
 * that names no balancer. Gloo: the plugin `listener`.
 */
export const plugin = definePlugin({
  name: "listener",
  options: { listener: listenerOptions },

  listener({ options }) {
    if (Object.keys(options).length === 0) return undefined;
    const faults = new Faults();
    const { perConnectionBufferLimitBytes: limit, socketOptions, connectionBalanceConfig: balance } = options;
    if (balance && !balance.exactBalance) {
      faults.error("SLUICE-1434", "connectionBalanceConfig", "a balancer is wanted: exactBalance: {}");
    }
    const fragment: Listener = {
      // 0 is what Gloo takes for "not set".
      perConnectionBufferLimitBytes: wrap(limit || undefined),
      socketOptions: socketOptions?.map((option, i) => socketOption(`socketOptions[${i}]`, option, faults)),
      connectionBalanceConfig: balance?.exactBalance && { exactBalance: {} },
    };
    return faults.result(fragment);
  },
});

function socketOption(path: string, option: SocketOption, faults: Faults): EnvoySocketOption {
  const { description, level, name, intValue, bufValue, state } = option;
  if (intValue === undefined && bufValue === undefined) {
    faults.error("SLUICE-1433", path, "a value is wanted: intValue or bufValue");
  }
  return { description, level, name, intValue, bufValue: bytesOf(bufValue), state };
}

function bytesOf(base64: string | undefined): Uint8Array | undefined {
  return base64 === undefined ? undefined : Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
}
