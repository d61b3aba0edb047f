import assert from "node:assert/strict";
import { callUpstream, reportLines } from "../test_upstream.ts";
import { plugin } from "./mod.ts";

const call = (spec: Record<string, unknown>) => callUpstream(plugin, spec);
const hosts = (...list: object[]) => call({ static: { hosts: list } });

Deno.test("hosts by IP address become addresses, with their address as hostname", () => {
  const result = hosts({ addr: "10.0.0.1", port: 80, loadBalancingWeight: 3 }, { addr: "::1", port: 81 });
  assert.deepEqual(result, {
    fragment: {
      endpoints: {
        discovery: "addresses",
        list: [
          { address: { host: "10.0.0.1", port: 80 }, hostname: "10.0.0.1", weight: 3 },
          { address: { host: "::1", port: 81 }, hostname: "::1" },
        ],
      },
    },
  });
});

Deno.test("one host by name makes all of them names", () => {
  const endpoints = hosts({ addr: "10.0.0.1", port: 80 }, { addr: "shop.example", port: 80 })?.fragment?.endpoints;
  assert.equal(endpoints?.discovery, "names");
  assert.deepEqual(endpoints?.list.map(({ sni }) => sni), [undefined, "shop.example"]);
});

Deno.test("port 443 means TLS with the first name as server name; useTls decides against it and for it", () => {
  const named = { addr: "shop.example", port: 443 };
  assert.deepEqual(hosts({ addr: "10.0.0.1", port: 80 }, named)?.fragment?.implicitTls, { sni: "shop.example" });
  assert.deepEqual(hosts({ addr: "10.0.0.1", port: 443 })?.fragment?.implicitTls, {});
  assert.equal(call({ static: { hosts: [named], useTls: false } })?.fragment?.implicitTls, undefined);
  const plain = { addr: "shop.example", port: 80 };
  assert.deepEqual(call({ static: { hosts: [plain], useTls: true } })?.fragment?.implicitTls, { sni: "shop.example" });
});

Deno.test("sniAddr goes before the host's name, sslConfig.sni before the automatic one", () => {
  const list = [{ addr: "a.example", port: 443 }, { addr: "10.0.0.1", port: 443, sniAddr: "b.example" }];
  const snis = (spec: object, more = {}) =>
    call({ static: { hosts: list, ...spec }, ...more })?.fragment?.endpoints?.list.map(({ sni }) => sni);
  assert.deepEqual(snis({}), ["a.example", "b.example"]);
  assert.deepEqual(snis({ autoSniRewrite: false }), [undefined, "b.example"]);
  assert.deepEqual(snis({}, { sslConfig: { sni: "explicit.example" } }), [undefined, "b.example"]);
});

Deno.test("health checks get the host's address as Host header, unless the check names one", () => {
  const spec = { static: { hosts: [{ addr: "a.example", port: 80 }] } };
  const hostname = (healthChecks?: object[]) =>
    call({ ...spec, ...(healthChecks && { healthChecks }) })?.fragment?.endpoints?.list[0]?.healthCheckHostname;
  assert.equal(hostname(), undefined);
  assert.equal(hostname([{ httpHealthCheck: { path: "/" } }]), "a.example");
  assert.equal(hostname([{ httpHealthCheck: { path: "/", host: "check.example" } }]), undefined);
});

Deno.test("metadata is passed on, reserved names are left out with a warning, other values are errors", () => {
  const lb = { "envoy.lb": { version: "v1" } };
  const result = hosts({ addr: "1.2.3.4", port: 80, metadata: { ...lb, "envoy.transport_socket_match": {} } });
  assert.deepEqual(result?.fragment?.endpoints?.list[0]?.metadata, lb);
  const path = "static.hosts[0].metadata";
  assert.deepEqual(reportLines(result), [`warning SLUICE-1454 ${path}.envoy.transport_socket_match`]);
  const text = hosts({ addr: "1.2.3.4", port: 80, metadata: { "envoy.lb": "v1" } });
  assert.deepEqual(reportLines(text), [`error SLUICE-1454 ${path}.envoy.lb`]);
});

Deno.test("what Envoy could not use is reported with its path and gives no fragment", () => {
  const cases: [object[], string][] = [
    [[], "SLUICE-1452 static.hosts"],
    [[{ port: 80 }], "SLUICE-1450 static.hosts[0].addr"],
    [[{ addr: "http://a.example", port: 80 }], "SLUICE-1450 static.hosts[0].addr"],
    [[{ addr: "[::1]", port: 80 }], "SLUICE-1450 static.hosts[0].addr"],
    [[{ addr: "a.example:80", port: 80 }], "SLUICE-1450 static.hosts[0].addr"],
    [[{ addr: "a.".repeat(127), port: 80 }], "SLUICE-1450 static.hosts[0].addr"],
    [[{ addr: "1.2.3.4", port: 80, sniAddr: "a".repeat(256) }], "SLUICE-1450 static.hosts[0].sniAddr"],
    [[{ addr: "1.2.3.4", port: 80 }, { addr: "1.2.3.4" }], "SLUICE-1451 static.hosts[1].port"],
    [[{ addr: "1.2.3.4", port: 65536 }], "SLUICE-1451 static.hosts[0].port"],
    [[{ addr: "1.2.3.4", port: 80, loadBalancingWeight: 0 }], "SLUICE-1453 static.hosts[0].loadBalancingWeight"],
    [
      [{ addr: "1.2.3.4", port: 80, loadBalancingWeight: 4294967295 }, { addr: "1.2.3.5", port: 80 }],
      "SLUICE-1453 static.hosts",
    ],
  ];
  for (const [list, expected] of cases) {
    const result = hosts(...list);
    assert.deepEqual(reportLines(result), [`error ${expected}`]);
    assert.equal(result?.fragment, undefined);
  }
});

Deno.test("what is not served is a warning, and the rest is served", () => {
  const result = call({
    static: {
      hosts: [{ addr: "1.2.3.4", port: 80, healthCheckConfig: { path: "/up" } }],
      serviceSpec: { rest: {} },
    },
  });
  assert.deepEqual(reportLines(result), [
    "warning SLUICE-1401 static.hosts[0].healthCheckConfig",
    "warning SLUICE-1401 static.serviceSpec",
  ]);
  assert.equal(result?.fragment?.endpoints?.list.length, 1);
  assert.equal(
    call({ static: { hosts: [{ addr: "1.2.3.4", port: 80 }], serviceSpec: { grpc: {} } } })?.reports,
    undefined,
  );
});

Deno.test("an Upstream of another type is left alone", () => assert.equal(call({ pipe: { path: "/x" } }), undefined));
