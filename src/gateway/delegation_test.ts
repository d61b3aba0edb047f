import assert from "node:assert/strict";
import type { Resource, Route } from "../api/mod.ts";
import {
  answer,
  delegateTo,
  httpGateway,
  reportLines,
  resource,
  routesOf,
  routeTable,
  translate,
  virtualService,
} from "./fixtures_test.ts";

/** The routes of a VirtualService `vs` with these routes, and these resources beside it. */
function run(routes: readonly Route[], ...others: readonly Resource[]) {
  const result = translate([httpGateway(), virtualService("vs", ["a.com"], routes), ...others]);
  const made = routesOf(result);
  return {
    made,
    paths: made.map(({ matchers }) => matchers?.map((m) => m.prefix ?? m.exact ?? m.regex).join(" ")),
    keys: made.map(({ metadataStatic }) => metadataStatic?.key),
    reports: reportLines(result.reports),
    messages: result.reports.map(({ message }) => message),
  };
}

Deno.test("routes keep their order, actions and options; no matcher and one without a path mean /", () => {
  const { made, reports } = run([
    { matchers: [{ exact: "/a" }, { prefix: "/b" }], redirectAction: { hostRedirect: "x" }, options: {} },
    { matchers: [{ methods: ["GET"] }], directResponseAction: { status: 200 } },
    { graphqlApiRef: { name: "g", namespace: "" } },
  ]);
  assert.deepEqual(reports, []);
  assert.deepEqual(made[0]?.matchers, [{ exact: "/a" }, { prefix: "/b" }]);
  assert.deepEqual(made[0]?.redirectAction, { hostRedirect: "x" });
  assert.deepEqual(made[1]?.matchers, [{ prefix: "/", methods: ["GET"] }]);
  assert.deepEqual(made[2]?.matchers, [{ prefix: "/" }]);
  assert.deepEqual(made[2]?.graphqlApiRef, { name: "g", namespace: "" });
});

Deno.test("a reference finds its table, with provenance nearest first and a key that names the chain", () => {
  const inner = routeTable("inner", [answer("/a/b/c")]);
  const outer = routeTable("outer", [answer("/a/x"), delegateTo("/a/b", "inner")]);
  const { made, paths, keys, reports } = run([answer("/z"), delegateTo("/a", "outer")], inner, outer);
  assert.deepEqual(reports, []);
  assert.deepEqual(paths, ["/z", "/a/x", "/a/b/c"]);
  assert.deepEqual(keys, [
    "VirtualService/gloo-system/vs#prefix:/z",
    "VirtualService/gloo-system/vs#prefix:/a>RouteTable/gloo-system/outer#prefix:/a/x",
    "VirtualService/gloo-system/vs#prefix:/a>RouteTable/gloo-system/outer#prefix:/a/b" +
    ">RouteTable/gloo-system/inner#prefix:/a/b/c",
  ]);
  assert.deepEqual(
    made[2]?.metadataStatic?.sources?.map(({ resourceKind, resourceRef, path }) => [
      resourceKind,
      resourceRef?.name,
      path,
    ]),
    [["RouteTable", "inner", "routes[0]"], ["RouteTable", "outer", "routes[1]"], [
      "VirtualService",
      "vs",
      "virtualHost.routes[1]",
    ]],
  );
});

Deno.test("the deprecated name and namespace are a reference too", () => {
  const { paths } = run(
    [{ delegateAction: { name: "t", namespace: "other" } }, { delegateAction: { name: "t" } }],
    routeTable("other/t", [answer("/far")]),
    routeTable("t", [answer("/near")]),
  );
  assert.deepEqual(paths, ["/far", "/near"]);
});

Deno.test("a selector looks in the owner's namespace, in those named, or everywhere", () => {
  const select = (namespaces: string[]) =>
    run(
      [{ delegateAction: { selector: { namespaces, labels: { app: "x" } } } }],
      routeTable("t", [answer("/here")], { labels: { app: "x" } }),
      routeTable("u", [answer("/unlabelled")]),
      routeTable("b/t", [answer("/there")], { labels: { app: "x" } }),
    ).paths;
  assert.deepEqual(select([]), ["/here"]);
  assert.deepEqual(select(["b"]), ["/there"]);
  assert.deepEqual(select(["*"]), ["/there", "/here"]);
});

Deno.test("tables go by weight; those of one weight are sorted together by specificity", () => {
  const labels = { app: "x" };
  const { paths } = run(
    [{ delegateAction: { selector: { labels } } }],
    routeTable("a", [answer("/a"), answer("/b")], { labels }, 5),
    routeTable("b", [answer("/"), answer("/b/c"), { ...answer("/"), matchers: [{ regex: "/r" }] }], { labels }, -1),
    routeTable("c", [answer("/b/c/d"), { ...answer("/"), matchers: [{ exact: "/b" }] }], { labels }, -1),
    routeTable("d", [{ ...answer("/"), matchers: [{ prefix: "/", methods: ["GET"] }] }], { labels }, -1),
  );
  assert.deepEqual(paths, ["/", "/b", "/r", "/b/c/d", "/b/c", "/", "/a", "/b"]);
});

Deno.test("missing table, selector that matches nothing, empty table: a warning, the rest goes on", () => {
  const { paths, reports } = run(
    [
      delegateTo("/a", "none"),
      { delegateAction: { selector: { labels: { app: "no" } } } },
      delegateTo("/b", "empty"),
      answer("/ok"),
    ],
    routeTable("empty", []),
  );
  assert.deepEqual(paths, ["/ok"]);
  assert.deepEqual(reports, [
    "warning 1226 RouteTable/gloo-system/empty routes",
    "warning 1224 VirtualService/gloo-system/vs virtualHost.routes[0].delegateAction.ref",
    "warning 1225 VirtualService/gloo-system/vs virtualHost.routes[1].delegateAction.selector",
    "warning 1226 VirtualService/gloo-system/vs virtualHost.routes[2]",
  ]);
});

Deno.test("two matchers, a matcher that is no prefix, or no action: that route alone is invalid", () => {
  const delegateAction = { ref: { name: "t", namespace: "" } };
  const { made, paths, keys, reports } = run([
    { matchers: [{ prefix: "/a" }, { prefix: "/b" }], delegateAction },
    { matchers: [{ exact: "/c" }], delegateAction },
    { matchers: [{ regex: "/d" }], delegateAction },
    { matchers: [{ prefix: "" }], delegateAction },
    { matchers: [{ prefix: "/e" }] },
    answer("/ok"),
  ], routeTable("t", [answer("/")]));
  assert.equal(new Set(keys).size, keys.length);
  // Two matchers become two routes, the first of which has the key under which the children were served.
  assert.deepEqual(paths, ["/a", "/b", "/c", "/d", "", "/e", "/ok"]);
  assert.deepEqual(made.map(({ invalid }) => invalid !== undefined), [true, true, true, true, true, true, false]);
  assert.ok(made.slice(0, 6).every((route) => route.metadataStatic?.key && !route.directResponseAction));
  assert.deepEqual(reports, [
    "error 1221 VirtualService/gloo-system/vs virtualHost.routes[0].matchers",
    "error 1222 VirtualService/gloo-system/vs virtualHost.routes[1].matchers[0]",
    "error 1222 VirtualService/gloo-system/vs virtualHost.routes[2].matchers[0]",
    "error 1222 VirtualService/gloo-system/vs virtualHost.routes[3].matchers[0]",
    "error 1220 VirtualService/gloo-system/vs virtualHost.routes[4]",
  ]);
});

Deno.test("a delegateAction of nothing, or with a malformed selector, is invalid", () => {
  const { made, reports } = run([
    { delegateAction: {} },
    { delegateAction: { ref: { name: "", namespace: "" } } },
    { delegateAction: { selector: { labels: { a: "b" }, expressions: [{ key: "a", operator: "Exists" }] } } },
    { delegateAction: { selector: { expressions: [{ key: "a", operator: "Exists", values: ["x"] }] } } },
  ]);
  assert.equal(made.filter(({ invalid }) => invalid).length, 4);
  assert.deepEqual(reports, [
    "error 1227 VirtualService/gloo-system/vs virtualHost.routes[0].delegateAction",
    "error 1227 VirtualService/gloo-system/vs virtualHost.routes[1].delegateAction.ref",
    "error 1228 VirtualService/gloo-system/vs virtualHost.routes[2].delegateAction.selector",
    "error 1204 VirtualService/gloo-system/vs virtualHost.routes[3].delegateAction.selector.expressions[0]",
  ]);
});

Deno.test("a cycle makes the closing route invalid, with the chain in the report, and nothing else", () => {
  const { made, paths, reports, messages } = run(
    [delegateTo("/a", "x"), answer("/ok")],
    routeTable("x", [answer("/a/1"), delegateTo("/a", "y")]),
    routeTable("y", [answer("/a/2"), delegateTo("/a/3", "x")]),
  );
  assert.deepEqual(paths, ["/a/1", "/a/2", "/a/3", "/ok"]);
  assert.deepEqual(made.map(({ invalid }) => Boolean(invalid)), [false, false, true, false]);
  assert.deepEqual(reports, [
    "error 1223 RouteTable/gloo-system/y routes[1].delegateAction",
    "error 1223 VirtualService/gloo-system/vs virtualHost.routes[0]",
  ]);
  assert.match(messages[0]!, /gloo-system\/x -> gloo-system\/y -> gloo-system\/x/);
});

Deno.test("delegation that is too deep or multiplies without end is cut off", () => {
  const chain = Array.from({ length: 70 }, (_, i) => routeTable(`t${i}`, [delegateTo("/", `t${i + 1}`), answer("/")]));
  const deep = run([delegateTo("/", "t0"), answer("/ok")], ...chain);
  assert.equal(deep.made.length, 66);
  assert.deepEqual(deep.reports, [
    "error 1232 RouteTable/gloo-system/t63 routes[0].delegateAction",
    "error 1232 VirtualService/gloo-system/vs virtualHost.routes[0]",
  ]);
  const doubling = Array.from(
    { length: 40 },
    (_, i) => routeTable(`t${i}`, [delegateTo("/", `t${i + 1}`), delegateTo("/", `t${i + 1}`)]),
  );
  const wide = run([delegateTo("/", "t0"), answer("/ok")], ...doubling, routeTable("t40", [answer("/")]));
  assert.ok(wide.made.length < 60_000);
  assert.ok(wide.reports.some((line) => line.startsWith("error 1232")));
  assert.equal(wide.paths.at(-1), "/ok");
});

Deno.test("the same table under two routes is no cycle", () => {
  const { paths, keys, reports } = run(
    [delegateTo("/a", "t"), delegateTo("/", "t")],
    routeTable("t", [answer("/a/1")]),
  );
  assert.deepEqual(paths, ["/a/1", "/a/1"]);
  assert.deepEqual(reports, []);
  assert.equal(new Set(keys).size, 2);
});

Deno.test("a child that does not fit its parent is left out with a warning on both", () => {
  const parent: Route = {
    matchers: [{
      prefix: "/a",
      headers: [{ name: "h", value: "1" }],
      queryParameters: [{ name: "q" }],
      methods: ["GET"],
    }],
    delegateAction: { ref: { name: "t", namespace: "" } },
  };
  const good = parent.matchers![0]!;
  const child = (more: object): Route => ({ matchers: [{ ...good, ...more }], directResponseAction: { status: 200 } });
  const { paths, reports } = run(
    [parent],
    routeTable("t", [
      child({}),
      child({ prefix: "/b" }),
      child({ headers: [] }),
      child({ headers: [{ name: "h", value: "2" }] }),
      child({ queryParameters: [] }),
      child({ methods: ["POST"] }),
      child({ caseSensitive: false }),
      child({ prefix: "/a/2", caseSensitive: true, methods: ["POST", "GET"] }),
      { directResponseAction: { status: 200 } },
    ]),
  );
  assert.deepEqual(paths, ["/a", "/a/2"]);
  assert.deepEqual(reports.filter((line) => line.includes("RouteTable")), [
    ...[1, 2, 3, 4, 5, 6].map((i) => `warning 1229 RouteTable/gloo-system/t routes[${i}].matchers[0]`),
    "warning 1229 RouteTable/gloo-system/t routes[8]",
  ]);
  assert.equal(
    reports.filter((line) => line.endsWith("VirtualService/gloo-system/vs virtualHost.routes[0]")).length,
    7,
  );
});

Deno.test("inheritableMatchers hands headers, methods and query parameters down, through tables too", () => {
  const parent: Route = {
    matchers: [{ prefix: "/a", headers: [{ name: "h" }], queryParameters: [{ name: "q" }], methods: ["GET"] }],
    inheritableMatchers: true,
    delegateAction: { ref: { name: "t", namespace: "" } },
  };
  const { made, reports } = run(
    [parent],
    routeTable("t", [
      answer("/a/1", { matchers: [{ prefix: "/a/1", headers: [{ name: "own" }], methods: ["POST"] }] }),
      delegateTo("/a/2", "u"),
      answer("/a/3", { inheritableMatchers: false }),
    ]),
    routeTable("u", [answer("/a/2/x")]),
  );
  assert.deepEqual(made.map(({ matchers }) => matchers), [
    [{
      prefix: "/a/1",
      headers: [{ name: "h" }, { name: "own" }],
      queryParameters: [{ name: "q" }],
      methods: ["GET", "POST"],
    }],
    [{
      prefix: "/a/2/x",
      headers: [{ name: "h" }],
      queryParameters: [{ name: "q" }],
      methods: ["GET"],
    }],
  ]);
  assert.deepEqual(reports.filter((line) => line.includes("routes[2]")), [
    "warning 1229 RouteTable/gloo-system/t routes[2].matchers[0]",
  ]);
});

Deno.test("inheritablePathMatchers gives children their parent's path", () => {
  const parent: Route = {
    matchers: [{ prefix: "/a", caseSensitive: false }],
    inheritablePathMatchers: true,
    delegateAction: { ref: { name: "t", namespace: "" } },
  };
  const { made, reports } = run(
    [parent],
    routeTable("t", [
      { directResponseAction: { status: 200 } },
      { matchers: [{ exact: "/zzz", methods: ["GET"] }], directResponseAction: { status: 200 } },
    ]),
  );
  assert.deepEqual(reports, []);
  assert.deepEqual(made.map(({ matchers }) => matchers), [
    [{ prefix: "/a", caseSensitive: false }],
    [{ methods: ["GET"], prefix: "/a", caseSensitive: false }],
  ]);
});

Deno.test("an upstream or a Service without namespace is one of the holder's namespace", () => {
  const upstream = { name: "u", namespace: "" };
  const { made } = run(
    [
      { matchers: [{ prefix: "/a" }], delegateAction: { ref: { name: "t", namespace: "far" } } },
      { routeAction: { upstreamGroup: upstream } },
    ],
    routeTable("far/t", [
      answer("/a/1", { directResponseAction: undefined, routeAction: { single: { upstream } } }),
      answer("/a/2", {
        directResponseAction: undefined,
        routeAction: {
          multi: {
            destinations: [
              { destination: { upstream } },
              { destination: { upstream: { ...upstream, namespace: "x" } } },
              { destination: { kube: { ref: upstream, port: 80 } } },
              { destination: { kube: { ref: { ...upstream, namespace: "y" }, port: 80 } } },
            ],
          },
        },
      }),
    ]),
  );
  assert.equal(made[0]?.routeAction?.single?.upstream?.namespace, "far");
  const namespaces = made[1]?.routeAction?.multi?.destinations?.map(({ destination }) =>
    (destination?.upstream ?? destination?.kube?.ref)?.namespace
  );
  assert.deepEqual(namespaces, ["far", "x", "far", "y"]);
  assert.equal(made[2]?.routeAction?.upstreamGroup?.namespace, "gloo-system");
});

Deno.test("routes are named by their chain if a user named any link of it", () => {
  const { made } = run(
    [answer("/z"), delegateTo("/a", "t", { name: "outer" }), delegateTo("/b", "u")],
    routeTable("t", [answer("/a/1")]),
    routeTable("u", [answer("/b/1"), answer("/b/2", { name: "inner" })]),
  );
  assert.deepEqual(made.map(({ name }) => name), [
    undefined,
    "vs:gw_gateway-proxy_gloo-system_vs_route:outer_rt:gloo-system_t_route:<unnamed-0>",
    undefined,
    "vs:gw_gateway-proxy_gloo-system_vs_route:<unnamed-2>_rt:gloo-system_u_route:inner",
  ]);
  assert.equal(made[3]?.metadataStatic?.key?.endsWith(">RouteTable/gloo-system/u#inner"), true);
});

Deno.test("keys tell equal routes of one list apart and do not depend on the others", () => {
  const { keys } = run([answer("/a"), answer("/a"), answer("/b", { name: "n>1" }), answer("/a")]);
  assert.deepEqual(keys.map((key) => key?.split("#")[1]), ["prefix:/a", "prefix:/a~2", "n%3E1", "prefix:/a~3"]);
  assert.deepEqual(run([answer("/a"), answer("/c")]).keys[1], run([answer("/c")]).keys[0]);
});

Deno.test("a fault in the matchers of a delegating route leaves its key as it was", () => {
  const table = routeTable("t", [answer("/a/1")]);
  const keyWith = (matchers: Route["matchers"]) => run([delegateTo("/a", "t", { matchers })], table).keys[0];
  const key = "VirtualService/gloo-system/vs#prefix:/a";
  assert.equal(keyWith([{ prefix: "/a" }]), `${key}>RouteTable/gloo-system/t#prefix:/a/1`);
  assert.equal(keyWith([{ prefix: "/a" }, { prefix: "/b" }]), key);
  assert.equal(keyWith([{ exact: "/a" }]), key);
  assert.equal(keyWith([{ regex: "/a" }]), key);
});

Deno.test("a route's own options, its RouteOptions in order, then those of the delegating route", () => {
  const options = (given: object) => given as Route["options"];
  const refs = (...names: string[]) => ({
    delegateOptions: names.map((name) => ({ name, namespace: "" })),
  });
  const { made, reports } = run(
    [delegateTo("/a", "t", {
      options: options({ cors: "parent", faults: "parent", hostRewrite: "parent", timeout: "9s" }),
      optionsConfigRefs: refs("r3"),
    })],
    routeTable("t", [
      answer("/a", {
        options: options({ timeout: "1s", autoHostRewrite: true }),
        optionsConfigRefs: refs("r1", "none", "r2"),
      }),
    ]),
    resource("RouteOption", "r1", { options: options({ timeout: "2s", retries: "r1" }) }),
    resource("RouteOption", "r2", { options: options({ retries: "r2", cors: "r2" }) }),
    resource("RouteOption", "r3", { options: options({ tracing: "r3", cors: "r3" }) }),
  );
  assert.deepEqual(made[0]?.options, {
    timeout: "1s",
    autoHostRewrite: true,
    retries: "r1",
    cors: "r2",
    faults: "parent",
    tracing: "r3",
  });
  const places = Object.entries(made[0]?.metadataStatic?.optionSources ?? {}).map(([field, place]) =>
    [field, place.resourceKind, place.resourceRef?.name, place.path].join(" ")
  );
  assert.deepEqual(places.sort(), [
    "cors RouteOption r2 options",
    "faults VirtualService vs virtualHost.routes[0].options",
    "retries RouteOption r1 options",
    "tracing RouteOption r3 options",
  ]);
  assert.deepEqual(reports, [
    "warning 1230 RouteTable/gloo-system/t routes[0].optionsConfigRefs.delegateOptions[1]",
    "warning 1230 VirtualService/gloo-system/vs virtualHost.routes[0]",
  ]);
});

Deno.test("virtual host options take what they lack from VirtualHostOptions, a missing one is a warning", () => {
  const service = resource("VirtualService", "vs", {
    virtualHost: {
      routes: [answer("/")],
      options: { cors: "own" } as object,
      optionsConfigRefs: { delegateOptions: [{ name: "o", namespace: "" }, { name: "p", namespace: "x" }] },
    },
  });
  const option = resource("VirtualHostOption", "o", { options: { cors: "o", retries: "o" } as object });
  const result = translate([httpGateway(), service, option]);
  const host = result.proxies[0]?.spec.listeners?.[0]?.httpListener?.virtualHosts?.[0];
  assert.deepEqual(host?.options, { cors: "own", retries: "o" });
  assert.deepEqual(host?.metadataStatic?.optionSources, {
    retries: {
      resourceRef: { name: "o", namespace: "gloo-system" },
      resourceKind: "VirtualHostOption",
      path: "options",
    },
  });
  assert.deepEqual(reportLines(result.reports), [
    "warning 1230 VirtualService/gloo-system/vs virtualHost.optionsConfigRefs.delegateOptions[1]",
  ]);
});

Deno.test("inheritTransformation joins the parent's transformations after the child's", () => {
  const staged = (name: string, inherit: boolean) =>
    ({
      stagedTransformations: {
        ...(inherit ? { inheritTransformation: true } : {}),
        regular: { requestTransforms: [name] },
        early: { responseTransforms: [name] },
      },
    }) as Route["options"];
  const service = resource("VirtualService", "vs", {
    virtualHost: {
      options: staged("host", false),
      routes: [
        answer("/x", { options: staged("route", true) }),
        delegateTo("/a", "t", { options: staged("parent", false) }),
      ],
    },
  });
  const table = routeTable("t", [answer("/a/1", { options: staged("child", true) }), answer("/a/2")]);
  const routes = routesOf(translate([httpGateway(), service, table]));
  const requestTransforms = routes.map(({ options }) =>
    // deno-lint-ignore no-explicit-any
    (options as any).stagedTransformations.regular.requestTransforms
  );
  assert.deepEqual(requestTransforms, [["route", "host"], ["child", "parent"], ["parent"]]);
});
