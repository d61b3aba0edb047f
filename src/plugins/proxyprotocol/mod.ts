import { any, type Message } from "../../envoy/mod.ts";
import { definePlugin } from "../contract.ts";
import { Faults } from "../faults.ts";
import { listenerOptions } from "./options.ts";

type Listener = Message<"envoy.config.listener.v3.Listener">;

/**
 * The PROXY protocol of connections that clients make. It stands before tls_inspector, as the header comes before TLS.
 * Errors: a TLV type above 255, a rule without a key. Gloo: the plugin `proxyprotocol`; there
 * `allowRequestsWithoutProxyProtocol` wants a licence, here it works.
 */
export const plugin = definePlugin({
  name: "proxyprotocol",
  options: { listener: listenerOptions },

  listener({ options: { proxyProtocol } }) {
    if (!proxyProtocol) return undefined;
    const faults = new Faults();
    proxyProtocol.rules?.forEach(({ tlvType, onTlvPresent }, i) => {
      const path = `proxyProtocol.rules[${i}]`;
      faults.range("SLUICE-1440", `${path}.tlvType`, tlvType, 0, 255);
      if (onTlvPresent && !onTlvPresent.key) {
        faults.error("SLUICE-1440", `${path}.onTlvPresent.key`, "a key of dynamic metadata is wanted");
      }
    });
    if (faults.reports.length > 0) return { reports: faults.reports };
    const typedConfig = any("envoy.extensions.filters.listener.proxy_protocol.v3.ProxyProtocol", {
      rules: proxyProtocol.rules,
      allowRequestsWithoutProxyProtocol: proxyProtocol.allowRequestsWithoutProxyProtocol,
    });
    const fragment: Listener = { listenerFilters: [{ name: "envoy.filters.listener.proxy_protocol", typedConfig }] };
    return { fragment };
  },
});
