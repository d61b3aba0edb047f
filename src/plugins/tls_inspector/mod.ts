import { any, type Message } from "../../envoy/mod.ts";
import { definePlugin } from "../contract.ts";
import { options } from "./options.ts";

type Listener = Message<"envoy.config.listener.v3.Listener">;

/** Reads the server name of the TLS handshake on listeners that terminate TLS or match by it. Gloo: `tls_inspector`. */
export const plugin = definePlugin({
  name: "tls_inspector",
  options,

  listener({ listener }) {
    if (!listener.usesTls) return undefined;
    const typedConfig = any("envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector", {});
    const fragment: Listener = { listenerFilters: [{ name: "envoy.filters.listener.tls_inspector", typedConfig }] };
    return { fragment };
  },
});
