/** Random VirtualServices, RouteTables and the options that they refer to. */
import { DOMAINS, headerSecretRef, PREFIXES, randomRef, randomSelector, tlsSecretRef } from "./names.ts";
import { kubeDestination } from "./kubernetes_specs.ts";
import type { Random } from "./random.ts";

export function virtualServiceSpec(random: Random): object {
  return {
    ...random.oneIn(20) ? {} : { virtualHost: virtualHost(random) },
    ...random.maybe(2, () => ({ sslConfig: sslConfig(random) })),
    ...random.maybe(10, () => ({ displayName: "shown to people" })),
  };
}

function virtualHost(random: Random): object {
  return {
    domains: random.some([...DOMAINS, ...random.some(["A.com", ""], 6)], 4),
    routes: [...random.oneIn(15) ? crowd(random.pick(MANY)) : [], ...random.upTo(4, () => route(random, 3))],
    ...random.maybe(2, () => ({ options: virtualHostOptions(random) })),
    ...optionRefs(random),
  };
}

/** About as many routes as there have to be for each to be remembered by itself. */
const MANY = [46, 48, 50];

/** Routes to Upstreams that are not there, so that as many things are asked for. */
export function crowd(count: number): object[] {
  return Array.from({ length: count }, (_, i) => ({
    matchers: [{ exact: `/crowd/${i}` }],
    routeAction: { single: { upstream: { name: `gone-${i}` } } },
  }));
}

export function routeTableSpec(random: Random): object {
  return {
    routes: random.upTo(3, () => route(random, 8)),
    ...random.maybe(3, () => ({ weight: random.pick([-1, 1, 2]) })),
  };
}

export const virtualHostOptionSpec = (random: Random): object => ({ options: virtualHostOptions(random) });
export const routeOptionSpec = (random: Random): object => ({ options: routeOptions(random) });

function optionRefs(random: Random): object {
  return random.maybe(3, () => ({ optionsConfigRefs: { delegateOptions: random.upTo(2, () => randomRef(random)) } }));
}

/** One route in `delegating` delegates; tables that do so too often multiply each other. */
function route(random: Random, delegating: number): object {
  const delegates = random.oneIn(delegating);
  return {
    ...random.oneIn(6) ? {} : { matchers: delegates ? prefixMatcher(random) : matchers(random) },
    ...random.maybe(4, () => ({ inheritableMatchers: random.oneIn(2) })),
    ...random.maybe(4, () => ({ inheritablePathMatchers: random.oneIn(2) })),
    ...delegates ? { delegateAction: delegation(random) } : random.oneIn(20) ? {} : finalAction(random),
    ...random.maybe(3, () => ({ options: routeOptions(random) })),
    ...random.maybe(4, () => ({ name: random.pick(["one", "two"]) })),
    ...optionRefs(random),
  };
}

/** What a route that delegates needs, mostly: one of a prefix. */
function prefixMatcher(random: Random): object[] {
  return random.oneIn(15) ? matchers(random) : [{ prefix: random.pick(["/", "/", "/a"]), ...conditions(random) }];
}

export function matchers(random: Random): object[] {
  const prefix = () => ({ prefix: random.pick(PREFIXES) });
  return random.weighed<object[]>([
    [8, () => [prefix()]],
    [3, () => [{ ...prefix(), ...conditions(random) }]],
    [2, () => [{ exact: random.pick(PREFIXES) }]],
    [2, () => [{ regex: random.mostly(["/a/.*"], "/a/(") }]],
    [1, () => [prefix(), { exact: "/a" }]],
  ]);
}

function conditions(random: Random): object {
  return {
    ...random.maybe(4, () => ({ methods: [random.pick(["GET", "POST"])] })),
    ...random.maybe(4, () => ({ headers: [{ name: "x-one", value: random.pick(["", "1"]) }] })),
    ...random.maybe(5, () => ({ queryParameters: [{ name: "q", value: "1" }] })),
    ...random.maybe(8, () => ({ caseSensitive: false })),
  };
}

/** An action that does not delegate. */
export function finalAction(random: Random): object {
  return random.weighed<object>([
    [14, () => ({ routeAction: routeAction(random) })],
    [2, () => ({ redirectAction: { hostRedirect: random.mostly(["other.com"], "not a host"), httpsRedirect: true } })],
    [6, () => ({ directResponseAction: directResponse(random) })],
    [1, () => ({ graphqlApiRef: randomRef(random) })],
  ]);
}

function directResponse(random: Random): object {
  return {
    status: random.mostly([200, 404], 42),
    ...random.maybe(2, () => ({ body: random.pick(["short", "longer than eight"]) })),
  };
}

function delegation(random: Random): object {
  return random.weighed<object>([
    [6, () => ({ ref: randomRef(random) })],
    [4, () => ({ selector: randomSelector(random) })],
    [1, () => randomRef(random)],
    ...random.some([[1, () => ({})] as const], 4),
  ]);
}

function routeAction(random: Random): object {
  return random.weighed<object>([
    [14, () => ({ single: destination(random) })],
    [6, () => ({ multi: { destinations: weightedDestinations(random) } })],
    [6, () => ({ upstreamGroup: randomRef(random) })],
    [2, () => ({ clusterHeader: random.mostly(["x-cluster"], "x cluster") })],
    [1, () => ({ dynamicForwardProxy: {} })],
    [1, () => ({})],
  ]);
}

export function destination(random: Random): object {
  return {
    ...random.weighed<object>([
      [30, () => ({ upstream: randomRef(random) })],
      [5, () => ({ kube: kubeDestination(random) })],
      [1, () => ({})],
    ]),
    ...random.maybe(6, () => ({ subset: { values: { version: random.pick(["1", "2"]) } } })),
  };
}

export function weightedDestinations(random: Random): object[] {
  const make = () => ({
    destination: destination(random),
    ...random.oneIn(25) ? {} : { weight: random.mostly([1, 2], 0) },
    ...random.maybe(4, () => ({ options: { headerManipulation: headerManipulation(random) } })),
  });
  return random.oneIn(25) ? [] : [make(), ...random.upTo(1, make)];
}

/** TLS towards clients. */
export function sslConfig(random: Random): object {
  return {
    ...random.weighed<object>([
      [14, () => ({ secretRef: tlsSecretRef(random) })],
      [1, () => ({ sslFiles: { tlsCert: "/tls/crt", tlsKey: "/tls/key" } })],
      [1, () => ({})],
    ]),
    ...random.maybe(1, () => ({ sniDomains: random.some(["a.com", "b.com", "c.com", "d.com", "A.com"], 3) })),
    ...random.maybe(4, () => ({ oneWayTls: random.oneIn(2) })),
    ...random.maybe(12, () => ({ verifySubjectAltName: ["client"] })),
    ...random.maybe(6, () => ({ parameters: { minimumProtocolVersion: "TLSv1_2" } })),
    ...random.maybe(8, () => ({ alpnProtocols: ["h2"] })),
  };
}

export function virtualHostOptions(random: Random): object {
  return {
    ...random.maybe(2, () => ({ headerManipulation: headerManipulation(random) })),
    ...random.maybe(3, () => ({ cors: cors(random) })),
    ...random.maybe(4, () => ({ retries: { retryOn: "5xx", numRetries: random.below(3) } })),
    ...random.maybe(4, () => ({ includeRequestAttemptCount: true })),
    ...random.maybe(8, () => ({ stagedTransformations: transformations(random) })),
    ...random.maybe(60, () => ({ extauth: { disable: false } })),
    ...random.maybe(6, () => ({ stats: {} })),
  };
}

export function routeOptions(random: Random): object {
  return {
    ...random.maybe(3, () => ({ headerManipulation: headerManipulation(random) })),
    ...random.maybe(2, () => ({ timeout: random.mostly(["3s", "4s"], "-1s") })),
    ...random.maybe(4, () => ({ cors: cors(random) })),
    ...random.maybe(4, () => ({ prefixRewrite: random.pick(["/new", "/"]) })),
    ...random.maybe(4, () => random.pick([{ hostRewrite: "inside" }, { autoHostRewrite: true }])),
    ...random.maybe(5, () => ({ retries: { retryOn: "reset", perTryTimeout: "1s" } })),
    ...random.maybe(6, () => ({ lbHash: { hashPolicies: [{ header: "x-user" }] } })),
    ...random.maybe(10, () => ({ stagedTransformations: transformations(random) })),
    ...random.maybe(8, () => ({ faults: {} })),
  };
}

function headerManipulation(random: Random): object {
  const key = random.mostly(["x-one", "x-two"], "x two");
  return {
    ...random.maybe(2, () => ({ requestHeadersToAdd: [{ header: { key, value: random.pick(["1", "2"]) } }] })),
    ...random.maybe(4, () => ({ requestHeadersToAdd: [{ headerSecretRef: headerSecretRef(random) }] })),
    ...random.maybe(2, () => ({ responseHeadersToRemove: ["server"] })),
  };
}

function cors(random: Random): object {
  return {
    allowOrigin: random.some(["https://a.com", "https://b.com"], 2),
    ...random.maybe(4, () => ({ allowOriginRegex: [random.mostly(["https://.*"], "(")] })),
    ...random.maybe(4, () => ({ maxAge: random.mostly(["10", "20"], "ten") })),
  };
}

function transformations(random: Random): object {
  return {
    ...random.oneIn(3) ? {} : { inheritTransformation: true },
    regular: { requestTransforms: [{ note: random.pick(["1", "2"]) }] },
  };
}
