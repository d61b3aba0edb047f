import assert from "node:assert/strict";
import type { ProxyVirtualHost } from "../api/mod.ts";
import { tlsSecret } from "./certificates_test.ts";
import { host, httpListener, NAMESPACE, remembering, resource, to, told, upstream } from "./fixtures_test.ts";

/** As gateway translation writes it down. */
const made = (name: string, path: string) => ({
  metadataStatic: {
    key: `${name} ${path}`,
    sources: [{ resourceRef: { name, namespace: NAMESPACE }, resourceKind: "*v1.VirtualService", path }],
  },
});

/** A virtual host of a VirtualService. */
const of = (name: string, upstreamName = "a", prefix = "/"): ProxyVirtualHost => {
  const route = { matchers: [{ prefix }], routeAction: to(upstreamName), ...made(name, "virtualHost.routes[0]") };
  return host(name, [route], made(name, "virtualHost"));
};

const pieces = ({ routes }: { readonly routes: readonly { readonly virtualHosts: readonly unknown[] }[] }) =>
  routes[0]!.virtualHosts;

Deno.test("an edited route: its virtual host alone is made again, all else is the same object", () => {
  const turn = remembering();
  const resources = [upstream("a"), upstream("b")];
  const [one, two] = [of("one"), of("two")];
  const first = turn({ listeners: [httpListener([one, two])], resources }).translation;
  const { translation, made } = turn({ listeners: [httpListener([of("one", "b", "/new"), two])], resources });
  assert.deepEqual(made, { virtualHost: 1, routeConfiguration: 1 });
  assert.notEqual(pieces(translation)[0], pieces(first)[0]);
  assert.equal(pieces(translation)[1], pieces(first)[1]);
  assert.equal(translation.listeners[0], first.listeners[0]);
  assert.equal(translation.clusters, first.clusters);
  assert.equal(translation.endpoints, first.endpoints);
  assert.equal(translation.reports, first.reports);
});

Deno.test("nothing changed: nothing is made", () => {
  const turn = remembering();
  const given = { listeners: [httpListener([of("one")])], resources: [upstream("a")] };
  const first = turn(given).translation;
  const { translation, made } = turn(given);
  assert.deepEqual(made, {});
  assert.equal(translation.routes[0], first.routes[0]);
});

Deno.test("a virtual host comes or goes: those after it stay, but for one that gets its domain", () => {
  const turn = remembering();
  const [one, two] = [of("one"), { ...of("two"), domains: ["two.test", "new.test"] }];
  const resources = [upstream("a")];
  const first = turn({ listeners: [httpListener([one, two])], resources }).translation;
  const newcomer = { ...of("new"), domains: ["new.test"] };
  const came = turn({ listeners: [httpListener([newcomer, one, two])], resources });
  assert.deepEqual(came.made, { settledHosts: 1, virtualHost: 2, routeConfiguration: 1, proxyReports: 1 });
  assert.equal(pieces(came.translation)[1], pieces(first)[0]);
  assert.deepEqual(told(came.translation.reports), ["error SLUICE-1321 VirtualService/two virtualHost.domains[1]"]);
  const gone = turn({ listeners: [httpListener([one, two])], resources });
  assert.equal(gone.made.virtualHost, 1);
  assert.deepEqual(gone.translation, first);
});

Deno.test("in a Proxy by hand the place of a virtual host is told, and stays true when it moves", () => {
  const turn = remembering();
  const faulty = host("one", [{ matchers: [{ prefix: "/" }] }]);
  turn({ listeners: [httpListener([faulty])] });
  const { translation } = turn({ listeners: [httpListener([host("new", []), faulty])] });
  assert.deepEqual(told(translation.reports), [
    "error SLUICE-1331 Proxy/proxy listeners[0].httpListener.virtualHosts[1].routes[0]",
  ]);
});

Deno.test("an Upstream changes, goes and comes: it and the virtual hosts that lead to it are made again", () => {
  const turn = remembering();
  const listeners = [httpListener([of("one", "a"), of("two", "b")])];
  const [a, b] = [upstream("a"), upstream("b")];
  const first = turn({ listeners, resources: [a, b] }).translation;
  const moved = upstream("b", { static: { hosts: [["10.0.0.2", 80]] } });
  const changed = turn({ listeners, resources: [a, moved] });
  assert.deepEqual(changed.made, {
    upstreamNaming: 1,
    upstream: 1,
    endpoints: 1,
    virtualHost: 1,
    routeConfiguration: 1,
  });
  assert.equal(changed.translation.clusters[0], first.clusters[0]);
  assert.equal(pieces(changed.translation)[0], pieces(first)[0]);
  const gone = turn({ listeners, resources: [a] });
  assert.deepEqual(told(gone.translation.reports), [
    "warning SLUICE-1332 VirtualService/two virtualHost.routes[0].routeAction.single.upstream",
  ]);
  assert.deepEqual(turn({ listeners, resources: [a, b] }).translation, first);
});

Deno.test("an Endpoint of an Upstream changes: neither the cluster nor a virtual host is made again", () => {
  const turn = remembering();
  const listeners = [httpListener([of("one")])];
  const endpoint = (address: string) =>
    resource("Endpoint", "e", { upstreams: [{ name: "a", namespace: NAMESPACE }], address, port: 80 });
  const [a, b] = [upstream("a"), upstream("b")];
  const first = turn({ listeners, resources: [a, b, endpoint("10.1.1.1")] }).translation;
  const { translation, made } = turn({ listeners, resources: [a, b, endpoint("10.1.1.2")] });
  assert.deepEqual(made, { upstreamNaming: 1, endpoints: 1 });
  assert.equal(translation.clusters, first.clusters);
  assert.equal(translation.endpoints[1], first.endpoints[1]);
});

Deno.test("warnings about a faulty Upstream stand while others edit", () => {
  const turn = remembering();
  const resources = [upstream("a", { static: { hosts: [["10.0.0.1", 80]], fault: "broken" } }), upstream("b")];
  const one = of("one", "a");
  const { reports } = turn({ listeners: [httpListener([one, of("two", "b")])], resources }).translation;
  const { translation, made } = turn({ listeners: [httpListener([one, of("two", "b", "/new")])], resources });
  assert.deepEqual(told(reports), [
    "error SLUICE-1401 Upstream/a static",
    "warning SLUICE-1333 VirtualService/one virtualHost.routes[0]",
  ]);
  assert.deepEqual(made, { virtualHost: 1, routeConfiguration: 1 });
  assert.equal(translation.reports, reports);
});

Deno.test("of a virtual host with many routes the edited one alone is made again", () => {
  const turn = remembering();
  const resources = [upstream("a")];
  const routes = Array.from({ length: 100 }, (_, i) => ({
    matchers: [{ prefix: `/${i}` }],
    routeAction: to("a"),
    ...made("one", `virtualHost.routes[${i}]`),
  }));
  const large = host("one", routes, made("one", "virtualHost"));
  const first = turn({ listeners: [httpListener([large])], resources }).translation;
  const edited = routes.with(7, { ...routes[7]!, matchers: [{ prefix: "/new" }] });
  const { translation, made: counts } = turn({ listeners: [httpListener([{ ...large, routes: edited }])], resources });
  assert.deepEqual(counts, { route: 1, virtualHost: 1, routeConfiguration: 1 });
  const [before, after] = [first, translation].map(({ routes }) => routes[0]!.virtualHosts[0]!.routes);
  assert.deepEqual(after!.flatMap((route, i) => route === before![i] ? [] : [i]), [7]);
});

const ssl = (name: string) => ({
  secretRef: { name, namespace: NAMESPACE },
  sniDomains: [`${name}.test`],
  ...made(name, "sslConfig"),
});

Deno.test("an edited route makes no filter chain again, a changed Secret that of its user, an ssl config its own", () => {
  const turn = remembering();
  const [x, y, a] = [tlsSecret("x"), tlsSecret("y"), upstream("a")];
  const sslConfigurations = [ssl("x"), ssl("y")];
  const given = (hosts: ProxyVirtualHost[], rest = {}) => [httpListener(hosts, { sslConfigurations, ...rest })];
  const edited = of("one", "a", "/new");
  const renewed = tlsSecret("x");
  const first = turn({ listeners: given([of("one")]), resources: [x, y, a] }).translation;
  const route = turn({ listeners: given([edited]), resources: [x, y, a] });
  assert.deepEqual(route.made, { virtualHost: 1, routeConfiguration: 1 });
  const rotated = turn({ listeners: given([edited]), resources: [renewed, y, a] });
  assert.deepEqual(rotated.made, { listener: 1, filterChain: 1, tlsSecret: 1 });
  assert.equal(rotated.translation.listeners[0]!.filterChains[1], first.listeners[0]!.filterChains[1]);
  const more = given([edited], { sslConfigurations: [ssl("new"), ...sslConfigurations] });
  const added = turn({ listeners: more, resources: [renewed, y, a, tlsSecret("new")] });
  assert.equal(added.made.filterChain, 1);
  assert.equal(added.made.filterChainSection, undefined);
  assert.equal(added.made.virtualHost, undefined);
  assert.equal(added.translation.listeners[0]!.filterChains[2], first.listeners[0]!.filterChains[1]);
});

Deno.test("other Settings make everything anew", () => {
  const turn = remembering();
  const given = { listeners: [httpListener([of("one"), of("two")])], resources: [upstream("a")] };
  turn(given);
  const { made } = turn({ ...given, settings: { gloo: { regexMaxProgramSize: 5 } } });
  assert.deepEqual([made.virtualHost, made.upstream, made.listener], [2, 1, 1]);
});
