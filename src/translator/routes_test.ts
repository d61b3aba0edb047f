import assert from "node:assert/strict";
import type { ProxyRoute } from "../api/mod.ts";
import { decode } from "../envoy/mod.ts";
import { definePlugin } from "../plugins/mod.ts";
import {
  host,
  httpListener,
  json,
  NAMESPACE,
  resource,
  routesOf,
  testPlugin,
  to,
  told,
  translated,
  upstream,
} from "./fixtures_test.ts";

const ROUTE = "envoy.config.route.v3.Route";
const REPLACE = { gloo: { invalidConfigPolicy: { replaceInvalidRoutes: true } } };

function one(route: ProxyRoute, resources = [upstream("a"), upstream("b")], settings = {}) {
  const result = translated({ listeners: [httpListener([host("vh", [route])])], resources, settings });
  return { result, reports: told(result.reports), pieces: result.routes[0]!.virtualHosts[0]!.routes };
}

const PLACE = "Proxy/proxy listeners[0].httpListener.virtualHosts[0].routes[0]";

Deno.test("a single destination names the cluster after the back end", () => {
  const { result, pieces, reports } = one({ routeAction: to("a") });
  assert.deepEqual(routesOf(result)[0], {
    name: "vh-route-0-matcher-0",
    match: { prefix: "/" },
    route: { cluster: "a_gloo-system" },
  });
  assert.deepEqual(pieces[0]!.refs, { clusters: ["a_gloo-system"] });
  assert.deepEqual(reports, []);
});

Deno.test("each matcher of a route is a route of its own, with the name and key that tell them apart", () => {
  const { result, pieces } = one({ name: "shop", matchers: [{ exact: "/x" }, { prefix: "/y" }], routeAction: to("a") });
  assert.deepEqual(routesOf(result).map(({ name }) => name), [
    "vh-route-0-shop-matcher-0",
    "vh-route-0-shop-matcher-1",
  ]);
  const keys = pieces.map(({ key }) => key.slice(key.lastIndexOf("#")));
  assert.deepEqual(keys, ["#shop|m0", "#shop|m1"]);
});

Deno.test("weighted destinations, of the route and of an UpstreamGroup", () => {
  const destinations = [
    { weight: 3, destination: { upstream: { name: "a", namespace: NAMESPACE } } },
    { weight: 1, destination: { upstream: { name: "b" } } },
  ];
  const weighted = {
    clusters: [
      { name: "a_gloo-system", weight: { value: 3 } },
      { name: "b_gloo-system", weight: { value: 1 } },
    ],
  };
  const multi = one({ routeAction: { multi: { destinations } } });
  assert.deepEqual(routesOf(multi.result)[0]!.route, { weightedClusters: weighted });
  assert.deepEqual(multi.pieces[0]!.refs.clusters, ["a_gloo-system", "b_gloo-system"]);
  const group = resource("UpstreamGroup", "group", { destinations });
  const grouped = one(
    { routeAction: { upstreamGroup: { name: "group" } } },
    [upstream("a"), upstream("b"), group] as never,
  );
  assert.deepEqual(routesOf(grouped.result)[0]!.route, { weightedClusters: weighted });
  assert.deepEqual(grouped.reports, []);
});

Deno.test("weights that add up to nothing, or no destinations, reject the route alone", () => {
  for (const destinations of [[], [{ weight: 0, destination: { upstream: { name: "a" } } }]]) {
    const { pieces, reports } = one({ routeAction: { multi: { destinations } } });
    assert.deepEqual(reports, [`error SLUICE-1334 ${PLACE}.routeAction.multi.destinations`]);
    assert.equal(pieces[0]!.rejected, "hold");
  }
});

Deno.test("a missing Upstream is a warning and the route stays, for Envoy to answer 503; a missing group rejects the route", () => {
  const upstreamMissing = one({ routeAction: to("absent") });
  assert.deepEqual(upstreamMissing.reports, [`warning SLUICE-1332 ${PLACE}.routeAction.single.upstream`]);
  assert.equal(upstreamMissing.pieces[0]!.rejected, undefined);
  assert.equal(routesOf(upstreamMissing.result)[0]!.route!.cluster, "absent_gloo-system");
  const groupMissing = one({ routeAction: { upstreamGroup: { name: "absent" } } });
  assert.deepEqual(groupMissing.reports, [`error SLUICE-1332 ${PLACE}.routeAction.upstreamGroup`]);
  assert.equal(groupMissing.pieces[0]!.rejected, "hold");
});

Deno.test("a route to a faulty Upstream is warned about", () => {
  const faulty = upstream("a", { static: { hosts: [["10.0.0.1", 80]], fault: "broken" } });
  const { reports } = one({ routeAction: to("a") }, [faulty]);
  assert.deepEqual(reports, ["error SLUICE-1401 Upstream/a static", `warning SLUICE-1333 ${PLACE}`]);
});

Deno.test("a missing Service and a consul destination are warnings, and the route stays, for Envoy to answer 503", () => {
  for (const single of [{ kube: { ref: { name: "s", namespace: "d" }, port: 80 } }, { consul: { serviceName: "s" } }]) {
    const { reports, pieces } = one({ routeAction: { single } });
    assert.deepEqual(reports, [`warning SLUICE-1332 ${PLACE}.routeAction.single.${Object.keys(single)[0]}`]);
    assert.equal(pieces[0]!.rejected, undefined);
  }
});

Deno.test("a subset needs a selector with just its keys, else a warning", () => {
  const spec = { static: { hosts: [["10.0.0.1", 80]], subsetSpec: { selectors: [{ keys: ["version", "zone"] }] } } };
  const subset = (values: Record<string, string>) =>
    one({ routeAction: { single: { upstream: { name: "a" }, subset: { values } } } }, [upstream("a", spec)]);
  const good = subset({ zone: "z", version: "v1" });
  assert.deepEqual(good.reports, []);
  assert.deepEqual(routesOf(good.result)[0]!.route!.metadataMatch, {
    filterMetadata: { "envoy.lb": { zone: "z", version: "v1" } },
  });
  assert.deepEqual(subset({ zone: "z" }).reports, [`warning SLUICE-1335 ${PLACE}.routeAction.single.subset`]);
});

Deno.test("a cluster header, and what is no name of one", () => {
  assert.equal(
    routesOf(one({ routeAction: { clusterHeader: "x-cluster" } }).result)[0]!.route!.clusterHeader,
    "x-cluster",
  );
  assert.deepEqual(one({ routeAction: { clusterHeader: "" } }).reports, [
    `error SLUICE-1336 ${PLACE}.routeAction.clusterHeader`,
  ]);
});

Deno.test("redirects carry all their fields, and faults in them are reported", () => {
  const { result } = one({
    redirectAction: {
      hostRedirect: "example.com",
      pathRedirect: "/new?a=b",
      responseCode: "SEE_OTHER",
      httpsRedirect: true,
      stripQuery: true,
      portRedirect: 8443,
    },
  });
  assert.deepEqual(routesOf(result)[0]!.redirect, {
    httpsRedirect: true,
    hostRedirect: "example.com",
    portRedirect: 8443,
    pathRedirect: "/new?a=b",
    responseCode: "SEE_OTHER",
    stripQuery: true,
  });
  const bad = one({
    redirectAction: { prefixRewrite: "/a/../b", portRedirect: 70000, hostRedirect: "a b" },
  });
  const at = `error SLUICE-1337 ${PLACE}.redirectAction`;
  assert.deepEqual(bad.reports, [`${at}.prefixRewrite`, `${at}.hostRedirect`, `${at}.portRedirect`]);
  assert.deepEqual(one({ redirectAction: { regexRewrite: { pattern: { regex: "(" } } } }).reports, [
    `${at}.regexRewrite.pattern.regex`,
  ]);
});

Deno.test("direct responses: status, body, and the size that the gateway allows", () => {
  const { result } = one({ directResponseAction: { status: 418, body: "tea" } });
  assert.deepEqual(routesOf(result)[0]!.directResponse, { status: 418, body: { inlineString: "tea" } });
  const at = `error SLUICE-1338 ${PLACE}.directResponseAction`;
  assert.deepEqual(one({ directResponseAction: { status: 700 } }).reports, [`${at}.status`]);
  const big: ProxyRoute = { directResponseAction: { status: 200, body: "x".repeat(5000) } };
  assert.deepEqual(one(big).reports, [`${at}.body`]);
  const allowed = translated({ listeners: [httpListener([host("vh", [big])], { routeOptions: { bodyBytes: 6000 } })] });
  assert.deepEqual(allowed.reports, []);
});

Deno.test("what is not served yet, or not there, rejects the route", () => {
  assert.deepEqual(one({ routeAction: { dynamicForwardProxy: {} } }).reports, [
    `error SLUICE-1304 ${PLACE}.routeAction.dynamicForwardProxy`,
  ]);
  assert.deepEqual(one({ graphqlApiRef: { name: "g" } }).reports, [`error SLUICE-1304 ${PLACE}.graphqlApiRef`]);
  assert.deepEqual(one({}).reports, [`error SLUICE-1331 ${PLACE}`]);
});

Deno.test("an error of a plugin rejects the route; the stand-in has its matchers and answers 500", () => {
  const { pieces, reports } = one({
    matchers: [{ prefix: "/a" }],
    routeAction: to("a"),
    options: { fault: "wrong" } as never,
  });
  assert.deepEqual(reports, [`error SLUICE-1401 ${PLACE}.options.fault`]);
  assert.equal(pieces[0]!.rejected, "hold");
  const standIn = decode(ROUTE, pieces[0]!.bytes!);
  assert.equal(standIn.match?.prefix, "/a");
  assert.equal(standIn.directResponse?.status, 500);
  assert.deepEqual(pieces[0]!.refs, {});
});

Deno.test("a bad matcher rejects its piece alone, without a stand-in", () => {
  const { pieces, reports } = one({ matchers: [{ regex: "(" }, { prefix: "/b" }], routeAction: to("a") });
  assert.deepEqual(reports, [`error SLUICE-1330 ${PLACE}.matchers[0].regex`]);
  assert.deepEqual(pieces.map(({ rejected, bytes }) => [rejected, bytes === undefined]), [["hold", true], [
    undefined,
    false,
  ]]);
});

Deno.test("a route that gateway translation found invalid is rejected without a second report", () => {
  const { pieces, reports } = one({ matchers: [{ prefix: "/a" }], invalid: "a cycle" });
  assert.deepEqual(reports, []);
  assert.equal(pieces[0]!.rejected, "hold");
  assert.equal(decode(ROUTE, pieces[0]!.bytes!).directResponse?.status, 500);
});

Deno.test("with replacement in Settings the stand-in is what they say, and serves where no cluster does", () => {
  const rejected = one({}, [], REPLACE).pieces[0]!;
  assert.equal(rejected.rejected, "replace");
  assert.equal(decode(ROUTE, rejected.bytes!).directResponse?.status, 404);
  const policy = { replaceInvalidRoutes: true, invalidRouteResponseCode: 410, invalidRouteResponseBody: "gone" };
  const missing = one({ routeAction: to("absent") }, [], { gloo: { invalidConfigPolicy: policy } }).pieces[0]!;
  assert.equal(missing.rejected, undefined);
  const answer = decode(ROUTE, missing.withoutClusters!);
  assert.deepEqual(answer.directResponse, { status: 410, body: { inlineString: "gone" } });
  assert.equal(one({ routeAction: to("a") }).pieces[0]!.withoutClusters, undefined);
});

Deno.test("a hook that throws is reported as a bug, and the other routes are translated", () => {
  const result = translated({
    listeners: [
      httpListener([
        host("vh", [{ routeAction: to("a"), options: { throws: true } as never }, { routeAction: to("b") }]),
      ]),
    ],
    resources: [upstream("a"), upstream("b")],
  });
  assert.deepEqual(told(result.reports), [`error SLUICE-1301 ${PLACE}`]);
  const [first, second] = result.routes[0]!.virtualHosts[0]!.routes;
  assert.equal(first!.rejected, "hold");
  assert.equal(second!.rejected, undefined);
});

Deno.test("two plugins that set one field are reported", () => {
  const other = definePlugin({
    name: "other",
    options: {},
    routeAction: () => ({ fragment: { prefixRewrite: "/other" } }),
  });
  const result = translated({
    listeners: [httpListener([host("vh", [{ routeAction: to("a"), options: { prefixRewrite: "/mine" } as never }])])],
    resources: [upstream("a")],
    plugins: [testPlugin, other],
  });
  assert.deepEqual(told(result.reports), [`error SLUICE-1302 ${PLACE}`]);
  assert.match(result.reports[0]!.message, /plugins test and other both set Envoy's field prefixRewrite/);
});

Deno.test("faults in inherited options are told of the resource that holds them", () => {
  const { reports, pieces } = one({
    routeAction: to("a"),
    options: { fault: "wrong" } as never,
    metadataStatic: {
      key: "K",
      sources: [{
        resourceRef: { name: "vs", namespace: "ns" },
        resourceKind: "*v1.VirtualService",
        path: "virtualHost.routes[3]",
      }],
      optionSources: {
        fault: { resourceRef: { name: "ro", namespace: "ns" }, resourceKind: "RouteOption", path: "options" },
      },
    },
  });
  assert.deepEqual(reports, ["error SLUICE-1401 RouteOption/ro options.fault"]);
  assert.equal(pieces[0]!.key, "K");
  assert.deepEqual(pieces[0]!.origin, {
    kind: "VirtualService",
    namespace: "ns",
    name: "vs",
    path: "virtualHost.routes[3]",
  });
});

Deno.test("a route says whose it is only where its owner differs from its virtual host's", () => {
  const delegated: ProxyRoute = {
    routeAction: to("a"),
    metadataStatic: {
      sources: [{ resourceRef: { name: "rt", namespace: "ns" }, resourceKind: "RouteTable", path: "routes[0]" }],
    },
  };
  assert.deepEqual(json(ROUTE, one(delegated).pieces[0]!.bytes).metadata, {
    filterMetadata: { sluice: { kind: "RouteTable", namespace: "ns", name: "rt" } },
  });
  assert.equal(json(ROUTE, one({ routeAction: to("a") }).pieces[0]!.bytes).metadata, undefined);
});

Deno.test("references of an UpstreamGroup without namespace mean the group's", () => {
  const group = resource("UpstreamGroup", "teams/group", {
    destinations: [
      { weight: 1, destination: { upstream: { name: "a" } } },
      { weight: 1, destination: { kube: { ref: { name: "s" }, port: 80 } } },
    ],
  });
  const service = resource("Service", "teams/s", { ports: [{ port: 80 }] });
  const { result, reports } = one(
    { routeAction: { upstreamGroup: { name: "group", namespace: "teams" } } },
    [resource("Upstream", "teams/a", { static: { hosts: [["10.0.0.1", 80]] } }), service, group] as never,
  );
  assert.deepEqual(reports.filter((report) => report.includes("UpstreamGroup")), []);
  assert.deepEqual(routesOf(result)[0]!.route!.weightedClusters!.clusters!.map(({ name }) => name), [
    "a_teams",
    "kube-svc:teams-s-80_teams",
  ]);
});
