import type { Resource } from "../../api/mod.ts";
import { definePlugin } from "../contract.ts";
import { Faults } from "../faults.ts";
import { endpointOf, type HostContext, isIpAddress } from "./hosts.ts";
import { type StaticUpstream, upstreamOptions } from "./options.ts";

const LARGEST_WEIGHT_SUM = 2 ** 32 - 1;

/**
 * Upstreams of type `static`: back ends by address. Hosts given as IP addresses make the endpoints `addresses`, one
 * host given by name makes them `names`. `useTls`, or port 443 where it is not said, means TLS without verification.
 * Errors: no hosts, a host without address or port, a weight of 0. Gloo: the plugin `static`.
 */
export const plugin = definePlugin({
  name: "static",
  options: { upstream: upstreamOptions },
  upstream({ options, upstream }) {
    const spec = options.static;
    if (spec === undefined) return undefined;
    const faults = new Faults();
    const hosts = spec.hosts ?? [];
    if (hosts.length === 0) faults.error("SLUICE-1452", "static.hosts", "at least one host is wanted");
    const context = contextOf(spec, upstream);
    const list = hosts.map((host, i) => endpointOf(host, context, `static.hosts[${i}]`, faults));
    if (list.reduce((sum, { weight }) => sum + (weight ?? 1), 0) > LARGEST_WEIGHT_SUM) {
      faults.error("SLUICE-1453", "static.hosts", `the weights must not add up to more than ${LARGEST_WEIGHT_SUM}`);
    }
    if (spec.serviceSpec !== undefined && needsServing(spec.serviceSpec)) {
      faults.warning("SLUICE-1401", "static.serviceSpec", "functions of a serviceSpec are not served");
    }
    const firstName = hosts.find((host) => !isIpAddress(host.addr ?? ""))?.addr;
    const tls = spec.useTls ?? hosts.some((host) => host.port === 443);
    return faults.result({
      endpoints: { discovery: firstName === undefined ? "addresses" as const : "names" as const, list },
      ...(tls && { implicitTls: firstName === undefined ? {} : { sni: firstName } }),
    });
  },
});

/** `sslConfig.sni` is sent to every host that has no sniAddr: it was written for that, which Gloo overlooks. */
function contextOf(spec: StaticUpstream, upstream: Resource<"Upstream">): HostContext {
  const checks = (upstream.spec as HealthChecked).healthChecks ?? [];
  return {
    rewriteSni: (spec.autoSniRewrite ?? true) && !upstream.spec.sslConfig?.sni,
    healthCheckByAddress: checks.length > 0 && !checks[0]?.httpHealthCheck?.host,
  };
}

/** What the plugin `healthchecks` owns and this one has to know. */
interface HealthChecked {
  readonly healthChecks?: readonly { readonly httpHealthCheck?: { readonly host?: string } }[];
}

/** A bare `grpc` or an empty serviceSpec asks for nothing beyond HTTP/2, which the plugin `protocoloptions` sees to. */
function needsServing(serviceSpec: unknown): boolean {
  const { grpc: _, ...rest } = serviceSpec as Record<string, unknown>;
  return Object.keys(rest).length > 0;
}
