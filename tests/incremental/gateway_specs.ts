/** Random Gateways, the gateways that hybrid ones delegate to, and Proxies written by hand. */
import {
  DOMAINS,
  NAMES,
  randomExpression,
  randomLabels,
  randomNamespaces,
  randomRef,
  randomSelector,
} from "./names.ts";
import type { Random } from "./random.ts";
import {
  destination,
  finalAction,
  matchers,
  routeOptions,
  sslConfig,
  virtualHostOptions,
  weightedDestinations,
} from "./routing_specs.ts";

const PORTS = [8080, 8080, 8443, 9000];

export function gatewaySpec(random: Random): object {
  return {
    ...random.maybe(3, () => ({ ssl: true })),
    ...random.oneIn(20) ? {} : { bindPort: random.pick(PORTS) },
    ...random.maybe(4, () => ({ bindAddress: random.mostly(["127.0.0.1"], "nonsense") })),
    ...random.maybe(2, () => ({ options: listenerOptions(random) })),
    ...random.maybe(8, () => ({ useProxyProto: true })),
    ...random.weighed<object>([
      [11, () => ({ httpGateway: httpGateway(random) })],
      [2, () => ({ tcpGateway: tcpGateway(random) })],
      [6, () => ({ hybridGateway: hybridGateway(random) })],
      [1, () => ({})],
    ]),
    ...random.maybe(3, () => ({ proxyNames: random.pick([["edge"], ["gateway-proxy", "edge"]]) })),
    ...random.maybe(3, () => ({ routeOptions: routeConfigurationOptions(random) })),
  };
}

function routeConfigurationOptions(random: Random): object {
  return {
    ...random.maybe(2, () => ({ maxDirectResponseBodySizeBytes: random.pick([8, 100]) })),
    ...random.maybe(2, () => ({ mostSpecificHeaderMutationsWins: random.oneIn(2) })),
  };
}

export function gatewayAnnotations(random: Random): Record<string, string> {
  return { "gateway.solo.io/isolate_vhost": random.pick(["true", "false", "maybe"]) };
}

export const matchableHttpGatewaySpec = (random: Random): object => ({
  matcher: {
    ...random.maybe(2, () => ({ sslConfig: sslConfig(random) })),
    ...random.maybe(3, () => ({ sourcePrefixRanges: sourceRanges(random) })),
  },
  ...random.oneIn(20) ? {} : { httpGateway: httpGateway(random) },
});

export const matchableTcpGatewaySpec = (random: Random): object => ({
  matcher: random.oneIn(3) ? gatewayMatcher(random) : { sourcePrefixRanges: sourceRanges(random) },
  ...random.oneIn(20) ? {} : { tcpGateway: tcpGateway(random) },
});

function listenerOptions(random: Random): object {
  const stringFormat = random.mostly(["%PROTOCOL%\n", "%RESPONSE_CODE%\n"], "%NONSENSE%\n");
  return {
    ...random.maybe(2, () => ({ perConnectionBufferLimitBytes: random.pick([1024, 2048]) })),
    ...random.maybe(3, () => ({ proxyProtocol: {} })),
    ...random.maybe(2, () => ({
      accessLoggingService: { accessLog: [{ fileSink: { path: "/dev/stdout", stringFormat } }] },
    })),
  };
}

function httpGateway(random: Random): object {
  return {
    ...random.weighed<object>([
      [8, () => ({})],
      [2, () => ({ virtualServices: random.upTo(3, () => randomRef(random)) })],
      [2, () => ({ virtualServiceSelector: randomLabels(random) })],
      [2, () => ({ virtualServiceExpressions: { expressions: [randomExpression(random)] } })],
      [1, () => ({ virtualServiceSelector: { app: "x" }, virtualServices: [randomRef(random)] })],
    ]),
    ...random.oneIn(2) ? {} : randomNamespaces(random, "virtualServiceNamespaces"),
    ...random.maybe(3, () => ({ options: httpOptions(random) })),
  };
}

function httpOptions(random: Random): object {
  return {
    ...random.maybe(2, () => ({ httpConnectionManagerSettings: connectionSettings(random) })),
    ...random.maybe(20, () => ({ csrf: {} })),
    ...random.maybe(6, () => ({ gzip: {} })),
  };
}

function connectionSettings(random: Random): object {
  return {
    ...random.maybe(2, () => ({ serverName: random.pick(["one", "two"]) })),
    ...random.maybe(2, () => ({ idleTimeout: random.mostly(["5s", "6s"], "-5s") })),
    ...random.maybe(3, () => ({ maxRequestHeadersKb: random.mostly([10, 20], 0) })),
  };
}

function tcpGateway(random: Random): object {
  return {
    tcpHosts: tcpHosts(random),
    ...random.maybe(4, () => ({ options: { tcpProxySettings: { maxConnectAttempts: random.mostly([2, 3], 0) } } })),
  };
}

/** Mostly with names and server names of their own. */
function tcpHosts(random: Random): object[] {
  return random.some(["a", "b", "c", "d"], 2).map((name) => tcpHost(random, random.mostly([name], "a")));
}

function tcpHost(random: Random, name: string): object {
  return {
    name,
    ...random.weighed<object>([
      [1, () => ({})],
      [1, () => ({ sslConfig: sslConfig(random) })],
      [4, () => ({ sslConfig: { sniDomains: [`${name}.com`] } })],
    ]),
    destination: random.weighed<object>([
      [9, () => ({ single: destination(random) })],
      [3, () => ({ multi: { destinations: weightedDestinations(random) } })],
      [3, () => ({ upstreamGroup: randomRef(random) })],
      [1, () => ({ forwardSniClusterName: {} })],
    ]),
  };
}

function gatewayMatcher(random: Random): object {
  return {
    ...random.maybe(2, () => ({ sslConfig: sslConfig(random) })),
    ...random.maybe(3, () => ({ sourcePrefixRanges: sourceRanges(random) })),
    ...random.maybe(30, () => ({ passthroughCipherSuites: ["ECDHE-RSA-AES128-SHA"] })),
  };
}

function sourceRanges(random: Random): object[] {
  return [{ addressPrefix: random.mostly(["10.0.0.0", "10.1.0.0", "10.2.0.0"], "nonsense"), prefixLen: 16 }];
}

function hybridGateway(random: Random): object {
  const matched = () => ({
    matcher: gatewayMatcher(random),
    ...random.weighed<object>([
      [6, () => ({ httpGateway: httpGateway(random) })],
      [3, () => ({ tcpGateway: tcpGateway(random) })],
      ...random.some([[1, () => ({})] as const], 4),
    ]),
  });
  const selection = () => random.oneIn(2) ? { ref: randomRef(random) } : { selector: randomSelector(random) };
  return {
    ...random.maybe(2, () => ({ matchedGateways: [matched(), ...random.upTo(2, matched)] })),
    ...random.maybe(2, () => ({
      delegatedHttpGateways: {
        ...selection(),
        ...random.maybe(3, () => ({ preventChildOverrides: true })),
        ...random.maybe(2, () => ({ httpConnectionManagerSettings: connectionSettings(random) })),
        ...random.maybe(2, () => ({ sslConfig: sslConfig(random) })),
      },
    })),
    ...random.maybe(3, () => ({ delegatedTcpGateways: selection() })),
  };
}

/** A Proxy as a user writes it: no provenance, listeners that may collide. */
export function proxySpec(random: Random): object {
  return {
    ...random.maybe(10, () => ({ compressedSpec: "e30=" })),
    ...random.oneIn(10) ? {} : { listeners: random.upTo(3, () => proxyListener(random)) },
  };
}

function proxyListener(random: Random): object {
  return {
    name: random.pick(NAMES),
    ...random.maybe(3, () => ({ bindAddress: "127.0.0.1" })),
    bindPort: random.pick([8081, 8082, 8083, 8084, 8085]),
    ...random.weighed<object>([
      [8, () => ({ httpListener: proxyHttp(random) })],
      [2, () => ({ tcpListener: { tcpHosts: tcpHosts(random) } })],
      [3, () => ({ hybridListener: { matchedListeners: random.upTo(2, () => matchedListener(random)) } })],
      [3, () => ({ aggregateListener: aggregateListener(random) })],
      [1, () => ({})],
    ]),
    ...random.maybe(3, () => ({ sslConfigurations: random.upTo(2, () => sslConfig(random)) })),
    ...random.maybe(5, () => ({ options: listenerOptions(random) })),
    ...random.maybe(5, () => ({ routeOptions: routeConfigurationOptions(random) })),
  };
}

function proxyHttp(random: Random): object {
  return {
    virtualHosts: random.upTo(3, () => proxyHost(random)),
    ...random.maybe(3, () => ({ options: httpOptions(random) })),
  };
}

function proxyHost(random: Random): object {
  return {
    name: random.pick(NAMES),
    domains: random.some(DOMAINS, 2),
    routes: random.upTo(3, () => ({
      matchers: matchers(random),
      ...finalAction(random),
      ...random.maybe(3, () => ({ options: routeOptions(random) })),
    })),
    ...random.maybe(3, () => ({ options: virtualHostOptions(random) })),
  };
}

function matchedListener(random: Random): object {
  return {
    matcher: gatewayMatcher(random),
    ...random.oneIn(3) ? { tcpListener: { tcpHosts: tcpHosts(random) } } : { httpListener: proxyHttp(random) },
  };
}

function aggregateListener(random: Random): object {
  return {
    httpResources: {
      virtualHosts: Object.fromEntries(random.some(NAMES, 2).map((name) => [name, proxyHost(random)])),
      httpOptions: { one: httpOptions(random) },
    },
    httpFilterChains: random.upTo(2, () => ({
      matcher: gatewayMatcher(random),
      httpOptionsRef: random.pick(["one", "none"]),
      virtualHostRefs: random.some([...NAMES, "nowhere"], 2),
    })),
  };
}
