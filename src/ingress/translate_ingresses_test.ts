import assert from "node:assert/strict";
import {
  Edited,
  hostsOf,
  ingress,
  lines,
  listenerOf,
  reportLines,
  resource,
  rule,
  service,
  to,
  translate,
  WRITE,
} from "./fixtures_test.ts";

const created = (second: number) => ({ creationTimestamp: `2026-01-01T00:00:0${second}Z` });
const secret = (name: string) => resource("Secret", name, { tls: { certChain: "c", privateKey: "k" } });

Deno.test("without an Ingress of ours there is no Proxy, unless Settings ask for one", () => {
  assert.deepEqual(translate([]).proxies, []);
  const foreign = ingress("a", { ingressClassName: "nginx", rules: [rule("a.test", ["/"])] });
  const { proxies, reports } = translate([foreign]);
  assert.deepEqual([proxies, reports], [[], []]);
  assert.deepEqual(hostsOf(translate([foreign], { enabled: true })), []);
  assert.equal(translate([foreign], { enabled: true }).proxies.length, 1);
  assert.deepEqual(translate([ingress("a", { rules: [rule("", ["/"])] })], { enabled: false }).proxies, []);
});

Deno.test("the Proxy has Gloo's name and ports, or those of Settings; TLS is listened for where there is a certificate", () => {
  const plain = ingress("a", { rules: [rule("a.test", ["/"])] });
  const { proxies: [proxy] } = translate([plain]);
  assert.equal(proxy?.metadata.namespace, WRITE);
  assert.equal(proxy?.metadata.name, "ingress-proxy");
  assert.deepEqual(proxy?.spec.listeners?.map(({ name, bindPort }) => `${name} ${bindPort}`), ["http 8080"]);
  const secured = ingress("b", { rules: [rule("b.test", ["/"])], tls: [{ hosts: ["b.test"], secretName: "b" }] });
  const given = { proxyName: "edge", httpPort: 80, httpsPort: 443 };
  const { proxies: [other] } = translate([plain, secured, secret("b")], given);
  assert.equal(other?.metadata.name, "edge");
  assert.deepEqual(other?.spec.listeners?.map(({ name, bindPort }) => `${name} ${bindPort}`), ["http 80", "https 443"]);
  for (const { routeOptions, httpListener } of other?.spec.listeners ?? []) {
    assert.deepEqual(routeOptions, { ignorePortInHostMatching: true });
    assert.deepEqual(httpListener?.options, { httpConnectionManagerSettings: { useRemoteAddress: true } });
  }
});

Deno.test("paths of a host: exact ones first, then the longest prefix, whichever Ingress they are of", () => {
  const translation = translate([
    ingress("a", { rules: [rule("a.test", ["/", "/foo/", "=/foo/bar"])] }),
    ingress("b", { rules: [rule("A.test", ["/foo/bar/baz", "/foo/bar"], "api")] }),
  ]);
  assert.deepEqual(lines(translation), [
    "a.test: exact /foo/bar -> web:80",
    "a.test: below /foo/bar/baz -> api:80",
    "a.test: below /foo/bar -> api:80",
    "a.test: below /foo -> web:80",
    "a.test: prefix / -> web:80",
  ]);
  assert.deepEqual(translation.reports, []);
  const [host] = hostsOf(translation);
  assert.deepEqual(host?.metadataStatic?.sources?.[0], {
    resourceRef: { namespace: "shop", name: "a" },
    resourceKind: "Ingress",
    path: "rules[0]",
  });
  assert.deepEqual(host?.routes?.[1]?.metadataStatic?.sources?.[0]?.resourceRef, { namespace: "shop", name: "b" });
  assert.equal(host?.routes?.[1]?.metadataStatic?.sources?.[0]?.path, "rules[0].http.paths[0]");
});

Deno.test("hosts: rules without one are for all, and a wildcard is for one label", () => {
  const translation = translate([
    ingress("a", { rules: [rule("", ["/any"]), rule("*.a.test", ["/"]), rule("b.a.test", ["/"])] }),
  ]);
  assert.deepEqual(lines(translation), [
    "*: below /any -> web:80",
    "*.a.test: prefix / if one label -> web:80",
    "b.a.test: prefix / -> web:80",
  ]);
  assert.deepEqual(hostsOf(translation).map(({ name }) => name), ["_any", "_any_a_test", "b_a_test"]);
  const { value = "", name } = hostsOf(translation)[1]?.routes?.[0]?.matchers?.[0]?.headers?.[0] ?? {};
  assert.equal(name, ":authority");
  assert.ok(value.startsWith("(?i)"), "hosts come in any case");
  const matches = (host: string) => new RegExp(`^${value.replace("(?i)", "")}$`, "i").test(host);
  assert.deepEqual(
    ["x.a.test", "X.A.TEST:8080", "x.y.a.test", "a.test", ".a.test", "xaatest"].map(matches),
    [true, true, false, false, false, false],
  );
});

Deno.test("a default backend takes what its own hosts leave; one without rules what all hosts leave", () => {
  const translation = translate([
    ingress("a", { rules: [rule("a.test", ["/a"])], defaultBackend: to("api") }),
    ingress("b", { rules: [rule("b.test", ["/b"]), rule("*.c.test", ["/c"]), rule("d.test", ["/"])] }),
    ingress("e", { rules: [rule("*.e.test", ["/"])] }),
    ingress("z", { defaultBackend: to("other") }),
  ]);
  assert.deepEqual(lines(translation), [
    "*: prefix / -> other:80",
    "*.c.test: below /c if one label -> web:80",
    "*.c.test: prefix / -> other:80",
    "*.e.test: prefix / if one label -> web:80",
    "*.e.test: prefix / -> other:80",
    "a.test: below /a -> web:80",
    "a.test: prefix / -> api:80",
    "b.test: below /b -> web:80",
    "b.test: prefix / -> other:80",
    "d.test: prefix / -> web:80",
  ]);
  assert.deepEqual(translation.reports, []);
});

Deno.test("backends: a port by name, a Service that is not there, a port that it has not, and what is no Service", () => {
  const path = (path: string, backend: ReturnType<typeof to>) => ({ path, pathType: "Prefix", backend });
  const paths = [
    path("/named", to("web", { name: "http" })),
    path("/missing", to("absent")),
    path("/port", to("web", { number: 81 })),
    path("/portname", to("web", { name: "grpc" })),
    path("/noport", to("web", {})),
    path("/bucket", { resource: { kind: "Bucket", name: "b" } }),
    path("/nothing", {}),
    path("/elsewhere", to("ext", { number: 443 })),
  ];
  const external = service("ext", { type: "ExternalName", externalName: "x.test", ports: [] });
  const translation = translate([external, ingress("a", { rules: [rule("a.test", paths)] })]);
  const answers = Object.fromEntries(lines(translation).map((line) => line.split(/ below | -> /).slice(1)));
  assert.deepEqual(answers, {
    "/named": "web:80",
    "/missing": "503",
    "/port": "503",
    "/portname": "503",
    "/noport": "503",
    "/bucket": "503",
    "/nothing": "503",
    "/elsewhere": "ext:443",
  });
  const at = (i: number, field: string) => `Ingress/shop/a rules[0].http.paths[${i}].backend.${field}`;
  assert.deepEqual(reportLines(translation.reports), [
    `warning 1274 ${at(1, "service.name")}`,
    `warning 1274 ${at(2, "service.port")}`,
    `warning 1274 ${at(3, "service.port")}`,
    `error 1273 ${at(4, "service.port")}`,
    `error 1273 ${at(5, "resource")}`,
    `error 1273 ${at(6, "service")}`,
  ]);
});

Deno.test("what is faulty in an Ingress is left out of it; the rest of it, and others, are served", () => {
  const path = (path: string, pathType?: string) => ({ path, ...(pathType ? { pathType } : {}), backend: to("web") });
  const faulty = [
    path("a", "Prefix"),
    path("/a//b", "Exact"),
    path("/a?b", "Prefix"),
    path("/a", "Regex"),
    path("/a"),
    path("", "Exact"),
  ];
  const translation = translate([
    ingress("a", {
      rules: [
        rule("10.0.0.1", ["/"]),
        rule("a_b", ["/"]),
        rule("*", ["/"]),
        rule("a.*.test", ["/"]),
        rule("a.test", [...faulty, path("", "ImplementationSpecific"), "/ok", "/ok/"]),
      ],
    }),
    ingress("b", {}),
    ingress("c", { rules: [rule("c.test", ["/"])] }),
  ]);
  assert.deepEqual(lines(translation), [
    "a.test: below /ok -> web:80",
    "a.test: prefix / -> web:80",
    "c.test: prefix / -> web:80",
  ]);
  const at = (i: number, field: string) => `Ingress/shop/a rules[4].http.paths[${i}].${field}`;
  assert.deepEqual(reportLines(translation.reports), [
    ...[0, 1, 2, 3].map((i) => `error 1271 Ingress/shop/a rules[${i}].host`),
    `error 1272 ${at(0, "path")}`,
    `error 1272 ${at(1, "path")}`,
    `error 1272 ${at(2, "path")}`,
    `error 1272 ${at(3, "pathType")}`,
    `error 1272 ${at(4, "pathType")}`,
    `error 1272 ${at(5, "path")}`,
    `warning 1275 ${at(8, "path")}`,
    "warning 1270 Ingress/shop/b",
  ]);
});

Deno.test("a path that two Ingresses want goes to the older one, else to the first by name; it stays with who has it", () => {
  const older = ingress("z", { rules: [rule("a.test", ["/a", "/z"])] }, created(1));
  const newer = ingress("a", { rules: [rule("a.test", ["/a/", "/b"], "api")] }, created(2));
  const both = translate([older, newer]);
  const wanted = [
    "a.test: below /z -> web:80",
    "a.test: below /b -> api:80",
    "a.test: below /a -> web:80",
  ];
  assert.deepEqual(lines(both), wanted);
  assert.deepEqual(reportLines(both.reports), ["error 1275 Ingress/shop/a rules[0].http.paths[0].path"]);
  assert.match(both.reports[0]!.message, /belongs to Ingress shop\/z/);
  assert.equal(hostsOf(both)[0]?.metadataStatic?.sources?.[0]?.resourceRef?.name, "z", "the host is the older one's");
  const oldest = ingress("b", { rules: [rule("a.test", ["/a"], "other")] }, created(0));
  const later = translate([older, newer, oldest], {}, both.claims);
  assert.deepEqual(lines(later), wanted, "who has it keeps it");
  assert.deepEqual(reportLines(later.reports), [
    "error 1275 Ingress/shop/a rules[0].http.paths[0].path",
    "error 1275 Ingress/shop/b rules[0].http.paths[0].path",
  ]);
  const left = translate([newer, oldest], {}, later.claims);
  assert.deepEqual(lines(left), ["a.test: below /b -> api:80", "a.test: below /a -> other:80"]);
  const ofOneAge = [ingress("b", { defaultBackend: to("api") }), ingress("a", { defaultBackend: to("web") })];
  assert.deepEqual(lines(translate(ofOneAge)), ["*: prefix / -> web:80"]);
});

Deno.test("a path that moves in its Ingress is told of where it stands now", () => {
  const world = new Edited([ingress("a", { rules: [rule("a.test", ["/a"])] })]);
  world.put(ingress("b", { rules: [rule("a.test", ["/a"])] }));
  const moved = world.put(ingress("b", { rules: [rule("b.test", []), rule("a.test", ["/a"])] }));
  assert.deepEqual(reportLines(moved.reports), ["error 1275 Ingress/shop/b rules[1].http.paths[0].path"]);
});

Deno.test("TLS: its hosts are redirected, served on both ports or on one, as Settings say", () => {
  const resources = [
    secret("a"),
    ingress("a", {
      rules: [rule("a.test", ["/"]), rule("b.test", ["/"]), rule("", ["/all"])],
      tls: [{ hosts: ["a.test"], secretName: "a" }],
    }),
    ingress("b", { rules: [rule("a.test", ["/.well-known"], "api")] }),
  ];
  const others = ["b.test: prefix / -> web:80"];
  const every = "*: below /all -> web:80";
  const challenge = "a.test: below /.well-known -> api:80";
  const secured = [every, challenge, "a.test: prefix / -> web:80"];
  const redirecting = translate(resources);
  assert.deepEqual(lines(redirecting), [every, challenge, "a.test: prefix / -> https", ...others]);
  assert.deepEqual(lines(redirecting, "https"), secured);
  assert.deepEqual(redirecting.reports, []);
  const both = translate(resources, { tlsHosts: "BOTH" });
  assert.deepEqual(lines(both), [every, challenge, "a.test: prefix / -> web:80", ...others]);
  assert.deepEqual(lines(both, "https"), secured);
  const only = translate(resources, { tlsHosts: "HTTPS_ONLY" });
  assert.deepEqual(lines(only), [every, challenge, ...others]);
  assert.deepEqual(lines(only, "https"), secured);
  const wild = ingress("w", { rules: [rule("x.w.test", ["/"])], tls: [{ hosts: ["*.w.test"], secretName: "a" }] });
  assert.deepEqual(lines(translate([wild])), ["x.w.test: prefix / -> https"]);
  assert.deepEqual(hostsOf(translate([wild], { tlsHosts: "HTTPS_ONLY" })), [], "not even an empty host");
});

Deno.test("TLS: a certificate is for the hosts of its part, for a wildcard's names, or for every name", () => {
  const configs = (...tls: { hosts?: string[]; secretName?: string }[]) => {
    const hosts = ["a.test", "b.test", "x.c.test", "*.c.test"];
    const translation = translate([ingress("a", { rules: hosts.map((host) => rule(host, ["/"])), tls })]);
    const sni = listenerOf(translation, "https")?.sslConfigurations
      ?.map(({ secretRef, sniDomains }) => `${secretRef?.namespace}/${secretRef?.name} ${sniDomains?.join() ?? "any"}`);
    return {
      sni,
      hosts: hostsOf(translation, "https").map(({ name }) => name),
      reports: reportLines(translation.reports),
    };
  };
  assert.deepEqual(configs({ hosts: ["A.test"], secretName: "s" }), {
    sni: ["shop/s a.test"],
    hosts: ["a_test"],
    reports: [],
  });
  assert.deepEqual(configs({ hosts: ["*.c.test", "b.test"], secretName: "s" }), {
    sni: ["shop/s *.c.test,b.test"],
    hosts: ["_any_c_test", "b_test", "x_c_test"],
    reports: [],
  });
  const [config] =
    listenerOf(translate([ingress("a", { defaultBackend: to("web"), tls: [{ secretName: "s" }] })]), "https")
      ?.sslConfigurations ?? [];
  assert.equal(config?.oneWayTls, true, "a ca.crt beside the certificate is no reason to ask clients for theirs");
  assert.deepEqual(configs({ hosts: ["y.c.test"], secretName: "s" }).hosts, ["_any_c_test"]);
  assert.deepEqual(configs({ secretName: "s" }), {
    sni: ["shop/s any"],
    hosts: ["_any_c_test", "a_test", "b_test", "x_c_test"],
    reports: [],
  });
  assert.deepEqual(configs({ hosts: ["a.test"] }), {
    sni: undefined,
    hosts: [],
    reports: ["error 1277 Ingress/shop/a tls[0]"],
  });
  assert.deepEqual(configs({ hosts: ["a_test", "b.test"], secretName: "s" }, { hosts: ["b.test"], secretName: "t" }), {
    sni: ["shop/s b.test"],
    hosts: ["b_test"],
    reports: ["error 1271 Ingress/shop/a tls[0].hosts[0]", "warning 1276 Ingress/shop/a tls[1]"],
  });
});

Deno.test("TLS: a host belongs to the certificate that had it, and two Ingresses may share one", () => {
  const one = ingress(
    "a",
    { rules: [rule("a.test", ["/a"])], tls: [{ hosts: ["a.test"], secretName: "s" }] },
    created(1),
  );
  const same = ingress(
    "b",
    { rules: [rule("a.test", ["/b"])], tls: [{ hosts: ["a.test"], secretName: "s" }] },
    created(2),
  );
  const other = ingress("c", {
    rules: [rule("a.test", ["/c"])],
    tls: [{ hosts: ["a.test", "c.test"], secretName: "t" }],
  });
  const translation = translate([one, same, other]);
  const sni = listenerOf(translation, "https")?.sslConfigurations
    ?.map(({ secretRef, sniDomains }) => `${secretRef?.name} ${sniDomains?.join()}`);
  assert.deepEqual(sni, ["s a.test", "t c.test"]);
  assert.deepEqual(reportLines(translation.reports), ["error 1276 Ingress/shop/c tls[0]"]);
  assert.deepEqual(lines(translation, "https").length, 3, "all paths are served with it");
});

Deno.test("TLS: who has a host keeps it, and hears of it as soon as the certificates differ", () => {
  const tls = (secretName: string) => ({ rules: [rule("a.test", ["/a"])], tls: [{ hosts: ["a.test"], secretName }] });
  const world = new Edited([ingress("b", tls("s"), created(2))]);
  world.put();
  const told = (result: ReturnType<Edited["put"]>) => ({
    sni: listenerOf(result, "https")?.sslConfigurations?.map(({ secretRef }) => secretRef?.name),
    reports: reportLines(result.reports).filter((line) => line.includes("1276")),
  });
  const fault = ["error 1276 Ingress/shop/a tls[0]"];
  assert.deepEqual(told(world.put(ingress("a", tls("t"), created(1)))), { sni: ["s"], reports: fault });
  assert.deepEqual(told(world.put(ingress("a", tls("s"), created(1)))), { sni: ["s"], reports: [] });
  assert.deepEqual(told(world.put(ingress("a", tls("t"), created(1)))), { sni: ["s"], reports: fault });
});

Deno.test("as Gloo: paths are regexes in Gloo's order, class gloo is ours, TLS hosts leave the port without TLS", () => {
  const annotations = { "kubernetes.io/ingress.class": "gloo" };
  const paths = [{ path: "/a.*", backend: to("web") }, { path: "", backend: to("api") }, {
    path: "/a/b",
    backend: to("web"),
  }];
  const faulty = { path: "/(", backend: to("web") };
  const tls = [{ hosts: ["s.test"], secretName: "s" }];
  const rules = [rule("*.a.test", [...paths, faulty]), rule("s.test", ["/"])];
  const translation = translate([ingress("a", { ingressClassName: "", rules, tls }, { annotations })], { gloo: true });
  assert.deepEqual(lines(translation), [
    "*.a.test: regex /a/b -> web:80",
    "*.a.test: regex /a.* -> web:80",
    "*.a.test: prefix / -> api:80",
  ]);
  assert.deepEqual(lines(translation, "https"), ["s.test: regex / -> web:80"]);
  assert.deepEqual(reportLines(translation.reports), ["error 1272 Ingress/shop/a rules[0].http.paths[3].path"]);
});

Deno.test("a Proxy by hand under our name is told; one that a control plane labelled is not", () => {
  const own = ingress("a", { defaultBackend: to("web") });
  const byHand = resource("Proxy", "ingress-proxy", {}, { namespace: WRITE });
  assert.deepEqual(reportLines(translate([own, byHand]).reports), ["error 1208 Proxy/gloo-system/ingress-proxy"]);
  const kept = resource("Proxy", "ingress-proxy", {}, { namespace: WRITE, labels: { created_by: "gloo-ingress" } });
  assert.deepEqual(translate([own, kept]).reports, []);
});
