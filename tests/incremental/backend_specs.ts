/** Random Upstreams with all that belongs to them, Secrets, and Settings. */
import type { Certificate } from "../../scripts/certificates.ts";
import { kubeUpstream, serviceAnnotations } from "./kubernetes_specs.ts";
import { HEADER_SECRET, headerSecretRef, randomRef, tlsSecretRef } from "./names.ts";
import type { Random } from "./random.ts";
import { weightedDestinations } from "./routing_specs.ts";

export function upstreamSpec(random: Random): object {
  return {
    ...random.weighed<object>([
      [24, () => ({ static: staticUpstream(random) })],
      [10, () => ({ kube: kubeUpstream(random) })],
      [2, () => ({ pipe: { path: random.pick(["/run/a", "/run/b"]) } })],
      [1, () => ({})],
      ...random.some([[1, () => ({ consul: {} })] as const], 3),
    ]),
    ...random.maybe(4, () => ({ sslConfig: upstreamSsl(random) })),
    ...random.maybe(4, () => ({ healthChecks: [healthCheck(random)] })),
    ...random.maybe(3, () => ({ circuitBreakers: { maxRequests: random.pick([10, 20]) } })),
    ...random.maybe(4, () => ({ loadBalancerConfig: random.pick([{ random: {} }, { ringHash: {} }]) })),
    ...random.maybe(4, () => ({ connectionConfig: { connectTimeout: random.mostly(["1s", "2s"], "-1s") } })),
    ...random.maybe(4, () => ({ useHttp2: true })),
    ...random.maybe(8, () => ({ failover: {} })),
    ...random.maybe(60, () => ({ httpProxyHostname: "proxy" })),
  };
}

function staticUpstream(random: Random): object {
  return {
    hosts: random.oneIn(25) ? [] : [host(random), ...random.upTo(1, () => host(random))],
    ...random.maybe(4, () => ({ useTls: random.oneIn(2) })),
  };
}

function host(random: Random): object {
  return {
    addr: random.pick(["10.0.0.1", "10.0.0.1", "10.0.0.2", "back.end"]),
    port: random.mostly([80, 80, 443], 0),
    ...random.maybe(4, () => ({ sniAddr: random.pick(["one.sni", "two.sni"]) })),
    ...random.maybe(5, () => ({ metadata: { "envoy.lb": { version: "1" } } })),
  };
}

function upstreamSsl(random: Random): object {
  return {
    ...random.oneIn(8) ? {} : { secretRef: tlsSecretRef(random) },
    ...random.maybe(2, () => ({ sni: random.pick(["one.sni", "two.sni"]) })),
    ...random.maybe(4, () => ({ oneWayTls: true })),
  };
}

function healthCheck(random: Random): object {
  return {
    timeout: random.mostly(["1s", "3s"], "0s"),
    interval: "2s",
    unhealthyThreshold: 1,
    healthyThreshold: 1,
    httpHealthCheck: {
      path: "/health",
      ...random.maybe(2, () => ({ requestHeadersToAdd: [{ headerSecretRef: headerSecretRef(random) }] })),
    },
  };
}

export const upstreamGroupSpec = (random: Random): object => ({ destinations: weightedDestinations(random) });

export function endpointSpec(random: Random): object {
  return {
    upstreams: random.upTo(2, () => randomRef(random)),
    address: random.mostly(["10.1.0.1", "10.1.0.2"], "not.an.address"),
    port: random.pick([80, 81]),
    ...random.maybe(3, () => ({ hostname: "pod" })),
  };
}

export function secretSpec(random: Random, name: string, pairs: readonly Certificate[]): object {
  const [first, other] = [random.pick(pairs), random.pick(pairs)];
  if (name === HEADER_SECRET && !random.oneIn(10)) {
    return { header: { headers: { "x-token": random.mostly(["1", "2"], "line\nbreak") } } };
  }
  return random.weighed<object>([
    [16, () => ({ tls: { certChain: first.cert, privateKey: first.key, ...random.maybe(3, () => root(other)) } })],
    [2, () => ({ tls: root(first) })],
    [1, () => ({ tls: { certChain: first.cert, privateKey: other.key } })],
    [1, () => ({ tls: { certChain: "nonsense", privateKey: first.key } })],
    [1, () => ({ header: { headers: { "x-token": "3" } } })],
    [1, () => ({ oauth: { clientSecret: "secret" } })],
  ]);
}

const root = ({ cert }: Certificate): object => ({ rootCa: cert });

export function settingsSpec(random: Random): object {
  return {
    ...random.maybe(2, () => ({ gloo: glooSettings(random) })),
    ...random.maybe(2, () => ({ gateway: gatewaySettings(random) })),
    ...random.maybe(2, () => ({ sluice: sluiceSettings(random) })),
    ...random.maybe(8, () => ({ upstreamOptions: { globalAnnotations: serviceAnnotations(random) } })),
    ...random.maybe(5, () => ({ ipV4Only: true })),
    ...random.maybe(30, () => ({ rbac: { requireRbac: true } })),
    ...random.maybe(30, () => ({ extProc: {} })),
    ...random.maybe(6, () => ({ linkerd: true })),
  };
}

function sluiceSettings(random: Random): object {
  return {
    ...random.maybe(2, () => ({ staticClusters: random.pick(["EDS", "STATIC"]) })),
    ...random.maybe(2, () => ({ endpointLocality: random.pick(["ZONE", "NODE", "NONE"]) })),
  };
}

function glooSettings(random: Random): object {
  return {
    ...random.maybe(2, () => ({
      invalidConfigPolicy: {
        replaceInvalidRoutes: !random.oneIn(4),
        ...random.maybe(2, () => ({ invalidRouteResponseCode: random.pick([404, 410]) })),
        ...random.maybe(2, () => ({ invalidRouteResponseBody: random.pick(["gone", "away"]) })),
      },
    })),
    ...random.maybe(10, () => ({ disableKubernetesDestinations: true })),
    ...random.maybe(3, () => ({ regexMaxProgramSize: random.pick([1, 1000]) })),
    ...random.maybe(3, () => ({ circuitBreakers: { maxRequests: random.pick([1, 2]) } })),
  };
}

function gatewaySettings(random: Random): object {
  return {
    ...random.maybe(3, () => ({ isolateVirtualHostsBySslConfig: true })),
    ...random.maybe(3, () => ({ virtualServiceOptions: { oneWayTls: random.oneIn(2) } })),
    ...random.maybe(3, () => ({ readGatewaysFromAllNamespaces: true })),
    ...random.maybe(3, () => ({ translateEmptyGateways: true })),
    ...random.maybe(2, () => ({ validation: { warnRouteShortCircuiting: true } })),
  };
}
