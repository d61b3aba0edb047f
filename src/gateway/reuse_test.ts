/** What an edit makes again, and what stays the same object. */
import assert from "node:assert/strict";
import type { ProxyVirtualHost, Resource } from "../api/mod.ts";
import {
  answer,
  delegateTo,
  Edited,
  hostsOf,
  httpGateway,
  listenersOf,
  reportLines,
  resource,
  routesOf,
  routeTable,
  tlsService,
  virtualService,
  WRITE,
} from "./fixtures_test.ts";
import type { GatewayTranslation } from "./translate_gateways.ts";

const a = virtualService("a", ["a.com"]);
const b = virtualService("b", ["b.com"]);
const editedA = virtualService("a", ["a.com"], [answer("/new")]);
const here = (name: string) => ({ name, namespace: WRITE });

const hostNamed = (translation: GatewayTranslation, name: string): ProxyVirtualHost =>
  hostsOf(translation).find((host) => host.name === `${WRITE}_${name}`)!;

/** Edits, and shows that the outcome is that of a translation from nothing. */
function edit(edited: Edited, ...changed: readonly Resource[]): GatewayTranslation {
  const result = edited.put(...changed);
  assert.deepEqual(result, edited.anew());
  return result;
}

Deno.test("what nothing depends on makes nothing again: the Proxy is the same object", () => {
  const edited = new Edited([httpGateway(), a, b]);
  const before = edited.put();
  const after = edit(edited, resource("Upstream", "u", {}));
  assert.equal(after.proxies[0], before.proxies[0]);
  assert.equal(after.reports, before.reports);
  assert.equal(after.claims.values().next().value, before.claims.values().next().value);
  assert.deepEqual(edited.made, {});
});

Deno.test("an edited route makes its virtual host and the lists above it, and settles nothing", () => {
  const gateway = httpGateway("gw", { options: {}, httpGateway: { options: {} } });
  const edited = new Edited([gateway, a, b]);
  const before = edited.put();
  const after = edit(edited, editedA);
  assert.notEqual(hostNamed(after, "a"), hostNamed(before, "a"));
  assert.equal(hostNamed(after, "b"), hostNamed(before, "b"));
  const [was, is] = [listenersOf(before)[0]!, listenersOf(after)[0]!];
  assert.notEqual(is, was);
  assert.equal(is.options, was.options);
  assert.equal(is.metadataStatic, was.metadataStatic);
  assert.equal(is.httpListener?.options, was.httpListener?.options);
  assert.equal(is.httpListener?.metadataStatic, was.httpListener?.metadataStatic);
  assert.deepEqual(edited.made, { "virtual service": 1, selection: 1, kept: 2, proxy: 1 });
});

Deno.test("a domain that comes or goes settles the domains again, and makes no other virtual host", () => {
  const edited = new Edited([httpGateway(), a, b]);
  const before = edited.put();
  const after = edit(edited, virtualService("a", ["a.com", "c.com"]));
  assert.equal(edited.made.settlement, 1);
  assert.equal(edited.made["virtual service"], 1);
  assert.equal(hostNamed(after, "b"), hostNamed(before, "b"));
});

Deno.test("who lost a domain has the same virtual host until something changes in it", () => {
  const edited = new Edited([
    httpGateway(),
    a,
    virtualService("b", ["a.com", "b.com"]),
    virtualService("c", ["c.com"]),
  ]);
  const before = edited.put();
  assert.deepEqual(hostNamed(before, "b").domains, ["b.com"]);
  const after = edit(edited, virtualService("c", ["c.com"], [answer("/new")]));
  assert.equal(hostNamed(after, "b"), hostNamed(before, "b"));
  assert.equal(after.reports, before.reports);
  const resettled = edit(edited, virtualService("c", ["c.com", "d.com"]));
  assert.equal(hostNamed(resettled, "b"), hostNamed(before, "b"));
  const freed = edit(edited, virtualService("a", ["other.com"]));
  assert.deepEqual(hostNamed(freed, "b").domains, ["a.com", "b.com"]);
});

Deno.test("a report that names a place follows that place, though the domains stay", () => {
  const edited = new Edited([httpGateway(), a, virtualService("b", ["a.com", "b.com"])]);
  edited.put();
  const { reports } = edit(edited, virtualService("b", ["", "a.com", "b.com"]));
  assert.deepEqual(reportLines(reports), [
    "error 1212 VirtualService/gloo-system/b virtualHost.domains[0]",
    "error 1211 VirtualService/gloo-system/b virtualHost.domains[1]",
  ]);
});

Deno.test("the holder of a domain keeps it against an older newcomer, from revision to revision", () => {
  const edited = new Edited([httpGateway(), a]);
  edited.put();
  const old = virtualService("0", ["a.com"], undefined, { creationTimestamp: "2000-01-01T00:00:00Z" });
  assert.equal(hostNamed(edit(edited, old), "0"), undefined);
  assert.equal(hostNamed(edit(edited, editedA), "0"), undefined);
  edited.remove(editedA);
  assert.deepEqual(hostNamed(edit(edited, a), "0").domains, ["a.com"], "now it is the holder");
});

Deno.test("a part of a hybrid Gateway is settled again when another with its matcher was settled otherwise", () => {
  const part = (labels: Record<string, string>) => ({ matcher: {}, httpGateway: { virtualServiceSelector: labels } });
  const gateway = (first: Record<string, string>) =>
    resource("Gateway", "gw", { bindPort: 80, hybridGateway: { matchedGateways: [part(first), part({ y: "" })] } });
  const joinsBoth = virtualService("m", ["d.com"], undefined, { labels: { x: "", y: "" } });
  const older = virtualService("n", ["d.com"], undefined, {
    labels: { y: "" },
    creationTimestamp: "2000-01-01T00:00:00Z",
  });
  const edited = new Edited([gateway({ none: "" }), joinsBoth, older]);
  const hostsOfLast = (translation: GatewayTranslation) =>
    listenersOf(translation)[0]?.hybridListener?.matchedListeners?.at(-1)?.httpListener?.virtualHosts;
  assert.deepEqual(hostsOfLast(edited.put())?.map(({ name }) => name), ["gloo-system_n"]);
  assert.deepEqual(hostsOfLast(edit(edited, gateway({ x: "" })))?.map(({ name }) => name), ["gloo-system_m"]);
});

Deno.test("the list of reports is the same while there is nothing new to tell", () => {
  const service = (path: string) => virtualService("a", ["a.com", "A.com"], [answer(path)]);
  const edited = new Edited([httpGateway(), service("/")]);
  const before = edited.put();
  assert.deepEqual(reportLines(before.reports), ["error 1213 VirtualService/gloo-system/a virtualHost.domains[1]"]);
  assert.equal(edit(edited, service("/new")).reports, before.reports);
});

Deno.test("a Gateway's own options make the listener again, and no virtual host", () => {
  const edited = new Edited([httpGateway(), a, b]);
  const before = edited.put();
  const after = edit(edited, httpGateway("gw", { httpGateway: { options: {} } }));
  assert.notEqual(listenersOf(after)[0], listenersOf(before)[0]);
  assert.equal(hostsOf(after), hostsOf(before), "the very list");
  assert.equal(edited.made["virtual service"], undefined);
});

Deno.test("a VirtualHostOption makes the virtual hosts that refer to it, and leaves their routes", () => {
  const refers = resource("VirtualService", "a", {
    virtualHost: { domains: ["a.com"], routes: [answer("/")], optionsConfigRefs: { delegateOptions: [here("o")] } },
  });
  const edited = new Edited([httpGateway(), refers, b]);
  const missing = edited.put();
  assert.deepEqual(reportLines(missing.reports), [
    "warning 1230 VirtualService/gloo-system/a virtualHost.optionsConfigRefs.delegateOptions[0]",
  ]);
  const there = edit(edited, resource("VirtualHostOption", "o", { options: {} }));
  assert.deepEqual(there.reports, [], "what was missing is there now");
  assert.equal(edited.made["virtual service"], 1);
  assert.equal(hostNamed(there, "a").routes, hostNamed(missing, "a").routes);
  assert.equal(hostNamed(there, "b"), hostNamed(missing, "b"));
  edit(edited, resource("VirtualHostOption", "another", { options: {} }));
  assert.deepEqual(edited.made, {});
});

Deno.test("a RouteOption makes the routes that refer to it, and no other of the same list", () => {
  const refers = answer("/a", { optionsConfigRefs: { delegateOptions: [here("o")] } });
  const option = (options: object) => resource("RouteOption", "o", { options });
  const edited = new Edited([httpGateway(), virtualService("a", [], [answer("/z"), refers]), option({})]);
  const before = routesOf(edited.put());
  const after = routesOf(edit(edited, option({ prefixRewrite: "/" })));
  assert.equal(after[0], before[0]);
  assert.notEqual(after[1], before[1]);
  assert.deepEqual(after[1]?.options, { prefixRewrite: "/" });
  assert.equal(edited.made.route, 1);
});

Deno.test("of many RouteTables that one selector finds, only an edited one is made again, in its place", () => {
  const labels = { app: "x" };
  const tables = ["a", "b", "c"].map((name) => routeTable(name, [answer(`/${name}`)], { labels }));
  const selects = virtualService("vs", [], [{ delegateAction: { selector: { labels } } }]);
  const edited = new Edited([httpGateway(), selects, ...tables]);
  const before = routesOf(edited.put());
  const after = routesOf(
    edit(edited, routeTable("b", [answer("/b", { options: { prefixRewrite: "/" } })], { labels })),
  );
  assert.deepEqual(after.map((route, i) => route === before[i]), [true, false, true]);
  assert.equal(edited.made["route table"], 1);
  assert.equal(edited.made.specificity, undefined, "what it matches is the same");
  const moved = routesOf(edit(edited, routeTable("b", [answer("/zz")], { labels })));
  assert.deepEqual(moved.map(({ matchers }) => matchers?.[0]?.prefix), ["/zz", "/c", "/a"]);
  assert.equal(moved[1], before[0], "the order is new, the route is not");
});

Deno.test("a label that comes makes the table selected, and one that goes", () => {
  const labels = { app: "x" };
  const selects = virtualService("vs", [], [{ delegateAction: { selector: { labels } } }]);
  const edited = new Edited([httpGateway(), selects, b, routeTable("t", [answer("/t")])]);
  const pathsIn = (result: GatewayTranslation) => hostNamed(result, "vs").routes?.map(({ matchers }) => matchers);
  assert.deepEqual(pathsIn(edited.put()), []);
  assert.deepEqual(pathsIn(edit(edited, routeTable("t", [answer("/t")], { labels }))), [[{ prefix: "/t" }]]);
  assert.deepEqual(pathsIn(edit(edited, routeTable("t", [answer("/t")]))), []);
  assert.equal(edited.made["virtual service"], 1);
});

Deno.test("a VirtualService joins and leaves a Gateway by its labels", () => {
  const labels = { app: "x" };
  const edited = new Edited([httpGateway("gw", { httpGateway: { virtualServiceSelector: labels } }), a, b]);
  assert.deepEqual(listenersOf(edited.put()), []);
  const labelled = virtualService("a", ["a.com"], undefined, { labels });
  assert.deepEqual(hostsOf(edit(edited, labelled)).map(({ name }) => name), ["gloo-system_a"]);
  edit(edited, virtualService("b", ["b.com"], [answer("/new")]));
  assert.deepEqual(edited.made, {}, "b is not selected");
  assert.deepEqual(listenersOf(edit(edited, a)), []);
});

Deno.test("of many delegating routes, only the one whose RouteTable changed is made again", () => {
  const inner = (...routes: Parameters<typeof routeTable>[1]) => routeTable("inner", routes);
  const outer = routeTable("outer", [delegateTo("/a/x", "inner"), answer("/a/y")]);
  const service = virtualService("vs", [], [delegateTo("/a", "outer"), delegateTo("/b", "other"), answer("/c")]);
  const edited = new Edited([
    httpGateway(),
    service,
    outer,
    inner(answer("/a/x/1")),
    routeTable("other", [answer("/b")]),
  ]);
  const before = routesOf(edited.put());
  const after = routesOf(edit(edited, inner(answer("/a/x/2"))));
  assert.deepEqual(after.map((route, i) => route === before[i]), [false, true, true, true]);
  assert.equal(edited.made.route, 2, "one in the VirtualService, one in the outer table");
  const gone = routesOf(edited.remove(outer));
  assert.deepEqual(gone, before.slice(2));
  assert.equal(gone[0], before[2]);
});

Deno.test("what a delegating route hands down is made anew below it", () => {
  const service = (options: object) =>
    virtualService("vs", [], [delegateTo("/a", "t", { options }), delegateTo("/b", "u")]);
  const tables = ["t", "u"].map((name, i) => routeTable(name, [answer(["/a", "/b"][i]!)]));
  const edited = new Edited([httpGateway(), service({}), ...tables]);
  edited.put();
  const after = routesOf(edit(edited, service({ prefixRewrite: "/" })));
  assert.deepEqual(after.map(({ options }) => options), [{ prefixRewrite: "/" }, undefined]);
  edit(edited, routeTable("t", [answer("/a"), delegateTo("/a/b", "v")]), routeTable("v", [answer("/a/b")]));
  const lower = routesOf(edit(edited, service({ prefixRewrite: "/x" })));
  assert.deepEqual(lower.map(({ options }) => options), [{ prefixRewrite: "/x" }, { prefixRewrite: "/x" }, undefined]);
});

Deno.test("transformations that routes inherit from a VirtualHostOption follow it", () => {
  const option = (name: string) =>
    resource("VirtualHostOption", "o", {
      options: { stagedTransformations: { early: { requestTransforms: [{ name }] } } } as object,
    });
  const inherits = answer("/", { options: { stagedTransformations: { inheritTransformation: true } } as object });
  const refers = resource("VirtualService", "a", {
    virtualHost: {
      routes: [inherits, delegateTo("/t", "none")],
      optionsConfigRefs: { delegateOptions: [here("o")] },
    },
  });
  const edited = new Edited([httpGateway(), refers, option("one")]);
  edited.put();
  const [route] = routesOf(edit(edited, option("two")));
  assert.ok(JSON.stringify(route?.options).includes('"two"'));
});

Deno.test("a route that stands in a list twice, as one object, is two routes", () => {
  const twice = delegateTo("/a", "t");
  const edited = new Edited([httpGateway(), virtualService("vs", [], [twice, twice]), routeTable("t", [answer("/a")])]);
  assert.equal(new Set(routesOf(edit(edited)).map(({ metadataStatic }) => metadataStatic?.key)).size, 2);
});

Deno.test("a VirtualService on two Gateways has routes named after each", () => {
  const named = virtualService("vs", [], [answer("/", { name: "n" })]);
  const edited = new Edited([httpGateway(), httpGateway("other", { bindPort: 8081 }), named]);
  const names = listenersOf(edit(edited)).map(({ httpListener }) => httpListener?.virtualHosts?.[0]?.routes?.[0]?.name);
  assert.deepEqual(names, [
    "vs:gw_gateway-proxy_gloo-system_vs_route:n",
    "vs:other_gateway-proxy_gloo-system_vs_route:n",
  ]);
});

Deno.test("the limit of routes is met at the same route as from nothing, whatever is remembered", () => {
  const many = (count: number) => routeTable("many", Array.from({ length: count }, (_, i) => answer(`/${i}`)));
  const times = routeTable("times", Array.from({ length: 199 }, (_, i) => delegateTo("/", "many", { name: `${i}` })));
  const service = virtualService("vs", [], [delegateTo("/", "times"), delegateTo("/", "last", { name: "last" })]);
  const edited = new Edited([httpGateway(), service, times, many(250), routeTable("last", [answer("/last")])]);
  const lastOf = (translation: GatewayTranslation) => routesOf(translation).at(-1);
  assert.equal(lastOf(edited.put())?.invalid, undefined);
  const last = lastOf(edited.put(many(252)));
  assert.ok(last?.invalid, "200 delegating ones and 199 times 252 are more than 50,000");
  assert.deepEqual(last, lastOf(edited.anew()));
  assert.equal(lastOf(edited.put(many(250)))?.invalid, undefined);
});

Deno.test("with TLS: ssl configs are the same objects, and one VirtualService's makes its own again", () => {
  const ssl = (name: string) => ({ secretRef: here(name), sniDomains: [`${name}.com`] });
  const services = ["a", "b"].map((name) => tlsService(name, [`${name}.com`], ssl(name)));
  const edited = new Edited([httpGateway("gw", { ssl: true }), ...services]);
  const before = listenersOf(edited.put())[0]!;
  const routes = resource("VirtualService", "a", {
    virtualHost: { domains: ["a.com"], routes: [answer("/new")] },
    sslConfig: ssl("a"),
  });
  const after = listenersOf(edit(edited, routes))[0]!;
  assert.equal(after.sslConfigurations, before.sslConfigurations);
  assert.equal(edited.made.settlement, undefined);
  assert.equal(edited.made["tls member"], 1);
  const other = listenersOf(edit(edited, tlsService("a", ["a.com"], { ...ssl("a"), secretRef: here("new") })))[0]!;
  assert.deepEqual(other.sslConfigurations?.[0]?.secretRef, here("new"));
  assert.equal(other.sslConfigurations?.[1], before.sslConfigurations?.[1]);
});

Deno.test("with TLS: who shares an SNI domain loses it with another certificate, though the names stay", () => {
  const service = (name: string, secret: string) =>
    tlsService(name, [`${name}.com`], { secretRef: here(secret), sniDomains: ["x.com"] });
  const edited = new Edited([httpGateway("gw", { ssl: true }), service("a", "one"), service("b", "one")]);
  assert.equal(listenersOf(edited.put())[0]?.sslConfigurations?.length, 2);
  const { reports } = edit(edited, service("b", "two"));
  assert.deepEqual(reportLines(reports), ["error 1214 VirtualService/gloo-system/b sslConfig.sniDomains[0]"]);
});

Deno.test("with TLS: who lost an SNI domain has the same config while it stays lost", () => {
  const service = (name: string, ...sniDomains: string[]) =>
    tlsService(name, [`${name}.com`], { secretRef: here(name), sniDomains });
  const edited = new Edited([
    httpGateway("gw", { ssl: true }),
    service("a", "a.com"),
    service("b", "a.com", "b.com"),
    a,
  ]);
  const before = listenersOf(edited.put())[0]?.sslConfigurations;
  assert.deepEqual(before?.[1]?.sniDomains, ["b.com"]);
  const after = listenersOf(edit(edited, service("a", "a.com", "c.com")))[0]?.sslConfigurations;
  assert.equal(after?.[1], before[1]);
});

Deno.test("isolated: an edited route leaves the other chains' hosts and all matchers", () => {
  const settings = { gateway: { isolateVirtualHostsBySslConfig: true } };
  const services = ["a", "b"].map((name) => tlsService(name, [`${name}.com`], { secretRef: here(name) }));
  const sni = services.map((one) => ({
    ...one,
    spec: { ...one.spec, sslConfig: { secretRef: here(one.metadata.name), sniDomains: [`${one.metadata.name}.com`] } },
  }));
  const edited = new Edited([httpGateway("gw", { ssl: true }), ...sni], settings);
  const aggregate = (translation: GatewayTranslation) => listenersOf(translation)[0]?.aggregateListener;
  const before = aggregate(edited.put());
  assert.equal(aggregate(edit(edited, resource("Upstream", "u", {}))), before);
  const [first] = sni;
  const { virtualHost, ...spec } = first!.spec;
  const changed = resource("VirtualService", "a", {
    ...spec,
    virtualHost: { ...virtualHost, routes: [answer("/new")] },
  });
  const after = aggregate(edit(edited, changed));
  assert.equal(after?.httpResources?.virtualHosts?.[`${WRITE}_b`], before?.httpResources?.virtualHosts?.[`${WRITE}_b`]);
  assert.equal(after?.httpFilterChains?.[1]?.matcher, before?.httpFilterChains?.[1]?.matcher);
});

Deno.test("hybrid: an edited MatchableHttpGateway leaves the other part, and one that appears is joined", () => {
  const labels = { app: "x" };
  const child = (name: string, range: string, more: object = {}) =>
    resource("MatchableHttpGateway", name, {
      matcher: { sourcePrefixRanges: [{ addressPrefix: range, prefixLen: 32 }] },
      httpGateway: more,
    }, { labels });
  const gateway = resource("Gateway", "gw", {
    bindPort: 8080,
    hybridGateway: { delegatedHttpGateways: { selector: { labels } } },
  });
  const edited = new Edited([gateway, child("one", "10.0.0.1"), a]);
  const matched = (translation: GatewayTranslation) => listenersOf(translation)[0]?.hybridListener?.matchedListeners;
  const before = matched(edited.put());
  const two = matched(edit(edited, child("two", "10.0.0.2")));
  assert.equal(two?.length, 2);
  assert.deepEqual(two[0], before?.[0]);
  assert.equal(two[0]?.httpListener?.virtualHosts, before?.[0]?.httpListener?.virtualHosts);
  const after = matched(edit(edited, child("two", "10.0.0.2", { options: {} })));
  assert.equal(after?.[1]?.httpListener?.virtualHosts, two[1]?.httpListener?.virtualHosts);
  assert.deepEqual(edited.made["virtual service"], undefined);
});

Deno.test("a tcp Gateway's listener is the same object until the Gateway changes", () => {
  const host = { name: "h", destination: { single: { upstream: here("u") } } };
  const edited = new Edited([resource("Gateway", "gw", { bindPort: 9000, tcpGateway: { tcpHosts: [host] } })]);
  const before = listenersOf(edited.put())[0];
  assert.equal(listenersOf(edit(edited, a))[0], before);
  const gateway = resource("Gateway", "gw", { bindPort: 9000, tcpGateway: { tcpHosts: [{ ...host, name: "i" }] } });
  assert.equal(listenersOf(edit(edited, gateway))[0]?.tcpListener?.tcpHosts?.[0]?.name, "i");
});
