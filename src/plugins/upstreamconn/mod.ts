import type { Resource } from "../../api/mod.ts";
import { duration, durationMs, type Message, wrap } from "../../envoy/mod.ts";
import { compact } from "../compact.ts";
import { definePlugin, type Own } from "../contract.ts";
import { Faults } from "../faults.ts";
import { hasNames } from "../static/hosts.ts";
import type { StaticUpstream } from "../static/options.ts";
import { httpProtocolOptions } from "./http_protocol_options.ts";
import { type ConnectionConfig, upstreamOptions } from "./options.ts";

type Cluster = Message<"envoy.config.cluster.v3.Cluster">;
const options = { upstream: upstreamOptions };
type Options = Own<typeof options, "upstream">;

/**
 * How Envoy connects to an Upstream: timeouts, keepalive, buffers, HTTP/1 settings, DNS refresh, preconnecting. Errors:
 * values that Envoy refuses. A DNS setting without effect is a warning. Gloo: the plugin `upstreamconn` and the cluster
 * translation, there with fields that Envoy has deprecated since.
 */
export const plugin = definePlugin({
  name: "upstreamconn",
  options,
  upstream({ options, upstream }) {
    const faults = new Faults();
    const cluster: Cluster = {
      ...connectionFields(options.connectionConfig ?? {}, faults),
      ...dnsFields(options, upstream, faults),
      ...(options.ignoreHealthOnHostRemoval && { ignoreHealthOnHostRemoval: true }),
      ...preconnectField(options, faults),
    };
    const http = httpProtocolOptions(options.connectionConfig ?? {}, upstream, faults);
    return faults.result(compact({ cluster, httpProtocolOptions: http }));
  },
});

function connectionFields(config: ConnectionConfig, faults: Faults): Cluster {
  const { connectTimeout, perConnectionBufferLimitBytes, tcpKeepalive } = config;
  faults.positive("SLUICE-1456", "connectionConfig.connectTimeout", connectTimeout);
  return {
    ...(connectTimeout !== undefined && { connectTimeout: duration(connectTimeout) }),
    ...(perConnectionBufferLimitBytes !== undefined && {
      perConnectionBufferLimitBytes: wrap(perConnectionBufferLimitBytes),
    }),
    ...(tcpKeepalive && { upstreamConnectionOptions: { tcpKeepalive: keepalive(tcpKeepalive, faults) } }),
  };
}

function keepalive(
  settings: NonNullable<ConnectionConfig["tcpKeepalive"]>,
  faults: Faults,
): Message<"envoy.config.core.v3.TcpKeepalive"> {
  const path = "connectionConfig.tcpKeepalive";
  const seconds = (name: "keepaliveTime" | "keepaliveInterval") => {
    const text = settings[name];
    faults.notNegative("SLUICE-1456", `${path}.${name}`, text);
    return text === undefined ? undefined : wrap(Math.ceil(durationMs(text) / 1000));
  };
  return compact({
    keepaliveProbes: wrap(settings.keepaliveProbes),
    keepaliveTime: seconds("keepaliveTime"),
    keepaliveInterval: seconds("keepaliveInterval"),
  });
}

/** Envoy refuses a refresh rate of 1ms too, though Gloo lets it pass. */
function dnsFields(options: Options, upstream: Resource<"Upstream">, faults: Faults): Cluster {
  const { dnsRefreshRate, respectDnsTtl } = options;
  const spec = (upstream.spec as { readonly static?: StaticUpstream }).static;
  if (spec !== undefined && !hasNames(spec)) {
    const message = "has no effect, as no host of this upstream is given by name";
    if (dnsRefreshRate !== undefined) faults.warning("SLUICE-1458", "dnsRefreshRate", `dnsRefreshRate ${message}`);
    if (respectDnsTtl) faults.warning("SLUICE-1458", "respectDnsTtl", `respectDnsTtl ${message}`);
    return {};
  }
  const tooShort = dnsRefreshRate !== undefined && durationMs(dnsRefreshRate) <= 1;
  if (tooShort) {
    faults.warning("SLUICE-1458", "dnsRefreshRate", `${dnsRefreshRate} is ignored; more than 1ms is wanted`);
  }
  return {
    ...(respectDnsTtl && { respectDnsTtl: true }),
    ...(dnsRefreshRate !== undefined && !tooShort && { dnsRefreshRate: duration(dnsRefreshRate) }),
  };
}

function preconnectField({ preconnectPolicy }: Options, faults: Faults): Cluster {
  if (preconnectPolicy === undefined) return {};
  const ratio = (name: "perUpstreamPreconnectRatio" | "predictivePreconnectRatio") => {
    faults.range("SLUICE-1459", `preconnectPolicy.${name}`, preconnectPolicy[name], 1, 3);
    return wrap(preconnectPolicy[name]);
  };
  return {
    preconnectPolicy: compact({
      perUpstreamPreconnectRatio: ratio("perUpstreamPreconnectRatio"),
      predictivePreconnectRatio: ratio("predictivePreconnectRatio"),
    }),
  };
}
