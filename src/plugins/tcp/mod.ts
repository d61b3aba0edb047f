import { durationMs, type Message, wrap } from "../../envoy/mod.ts";
import { definePlugin } from "../contract.ts";
import { Faults } from "../faults.ts";
import { formatFault } from "../format_text.ts";
import { headersToAdd } from "../header_values.ts";
import { span } from "../spans.ts";
import { tcpListenerOptions } from "./options.ts";

type TcpProxy = Message<"envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy">;
const PATH = "tcpProxySettings";

/**
 * `tcpProxySettings` of a gateway's tcp options; where connections go is the translator's. Errors: values that Envoy
 * refuses, among them a flush interval under 1ms. Gloo: a part of the plugin `tcp`.
 */
export const plugin = definePlugin({
  name: "tcp",
  options: { tcpListener: tcpListenerOptions },

  tcpFilterChain({ options: { tcpProxySettings: settings } }) {
    if (!settings) return undefined;
    const faults = new Faults();
    faults.range("SLUICE-1435", `${PATH}.maxConnectAttempts`, settings.maxConnectAttempts, 1, 2 ** 32 - 1);
    faults.notNegative("SLUICE-1435", `${PATH}.idleTimeout`, settings.idleTimeout);
    const { accessLogFlushInterval: flush, tunnelingConfig: tunnel } = settings;
    if (flush !== undefined && durationMs(flush) < 1) {
      faults.error("SLUICE-1435", `${PATH}.accessLogFlushInterval`, `${flush} is less than 1ms`);
    }
    const tcpProxy: TcpProxy = {
      maxConnectAttempts: wrap(settings.maxConnectAttempts),
      idleTimeout: span(settings.idleTimeout),
      tunnelingConfig: tunnel && tunnelingConfig(tunnel, faults),
      accessLogOptions: flush === undefined ? undefined : { accessLogFlushInterval: span(flush) },
    };
    return faults.result({ tcpProxy });
  },
});

type Tunnel = Parameters<typeof headersToAdd>[1];

function tunnelingConfig(
  tunnel: { readonly hostname?: string; readonly headersToAdd?: Tunnel },
  faults: Faults,
): TcpProxy["tunnelingConfig"] {
  const path = `${PATH}.tunnelingConfig`;
  const hostname = tunnel.hostname ?? "";
  const fault = hostname === "" ? "the host and port of the CONNECT request are wanted" : formatFault(hostname);
  if (fault) faults.error("SLUICE-1436", `${path}.hostname`, fault);
  return { hostname, headersToAdd: headersToAdd(`${path}.headersToAdd`, tunnel.headersToAdd, undefined, faults) };
}
