import { type Message, wrap } from "../../envoy/mod.ts";
import { compact } from "../compact.ts";
import { definePlugin } from "../contract.ts";
import { Faults } from "../faults.ts";
import { upstreamOptions } from "./options.ts";
import { upstreamProtocol } from "./upstream_protocol.ts";

/** The window of HTTP/2 without settings; Envoy takes no smaller one. */
const SMALLEST_WINDOW = 65535;
const LARGEST = 2 ** 31 - 1;
const HTTP2_SETTINGS = [
  "initialStreamWindowSize",
  "initialConnectionWindowSize",
  "maxConcurrentStreams",
  "overrideStreamErrorOnInvalidHttpMessage",
] as const;

/**
 * Which HTTP an Upstream is spoken to in, the settings of HTTP/2, and the PROXY protocol towards back ends. Errors:
 * values that Envoy refuses. Settings of HTTP/2 for an upstream that speaks HTTP/1.1 are a warning (Gloo: silence).
 */
export const plugin = definePlugin({
  name: "protocoloptions",
  options: { upstream: upstreamOptions },
  upstream({ options, upstream }) {
    const faults = new Faults();
    for (const name of ["initialStreamWindowSize", "initialConnectionWindowSize"] as const) {
      faults.range("SLUICE-1460", name, options[name], SMALLEST_WINDOW, LARGEST);
    }
    faults.range("SLUICE-1460", "maxConcurrentStreams", options.maxConcurrentStreams, 1, LARGEST);
    const version = options.proxyProtocolVersion || undefined;
    if (version !== undefined && version !== "V1" && version !== "V2") {
      const message = `${JSON.stringify(version)} is no version of the PROXY protocol; V1 or V2 is wanted`;
      faults.error("SLUICE-1462", "proxyProtocolVersion", message);
      return faults.result({});
    }
    const protocol = upstreamProtocol(upstream);
    if (protocol === "http1") {
      for (const name of HTTP2_SETTINGS) {
        if (options[name] === undefined) continue;
        faults.warning("SLUICE-1461", name, `${name} has no effect without useHttp2: true`);
      }
      return faults.result(compact({ proxyProtocol: version }));
    }
    const http2ProtocolOptions: Message<"envoy.config.core.v3.Http2ProtocolOptions"> = compact({
      initialStreamWindowSize: wrap(options.initialStreamWindowSize),
      initialConnectionWindowSize: wrap(options.initialConnectionWindowSize),
      maxConcurrentStreams: wrap(options.maxConcurrentStreams),
      overrideStreamErrorOnInvalidHttpMessage: wrap(options.overrideStreamErrorOnInvalidHttpMessage),
    });
    return faults.result(compact({
      proxyProtocol: version,
      httpProtocolOptions: protocol === "http2"
        ? { explicitHttpConfig: { http2ProtocolOptions } }
        : { useDownstreamProtocolConfig: { httpProtocolOptions: {}, http2ProtocolOptions } },
    }));
  },
});
