/** Upstreams through `sluice serve` and a real Envoy: every way to name a back end, and what is asked of its cluster. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { freePort, type RunningEnvoy, send, startBackend, startEnvoy, waitFor } from "./harness.ts";
import { makeFolder } from "./product.ts";
import { ref, startMirror, statusIs, until, withEnvoy } from "./traffic.ts";
import { answer, httpGateway, resource, to, upstream, virtualService } from "./yaml.ts";

/** What /config_dump knows of a cluster that came by xDS. */
async function clusterOf(envoy: RunningEnvoy, name: string): Promise<Record<string, unknown>> {
  const dump = await envoy.admin("config_dump?resource=dynamic_active_clusters") as {
    configs: { cluster: Record<string, unknown> }[];
  };
  const found = dump.configs.find(({ cluster }) => cluster.name === `${name}_gloo-system`);
  assert.ok(found, `no cluster ${name}`);
  return found.cluster;
}

/** Bootstrap of an Envoy that answers `pipe` on a unix socket. */
const answeringOn = (path: string): Record<string, unknown> => {
  const routes = [{ match: { prefix: "/" }, direct_response: { status: 200, body: { inline_string: "pipe" } } }];
  const manager = {
    "@type": "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
    stat_prefix: "pipe",
    route_config: { virtual_hosts: [{ name: "all", domains: ["*"], routes }] },
    http_filters: [{
      name: "envoy.filters.http.router",
      typed_config: { "@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router" },
    }],
  };
  const filters = [{ name: "envoy.filters.network.http_connection_manager", typed_config: manager }];
  return { static_resources: { listeners: [{ address: { pipe: { path } }, filter_chains: [{ filters }] }] } };
};

const hosts = (...list: object[]): object => ({ static: { hosts: list } });
const at = (port: number, more: object = {}): object => ({ addr: "127.0.0.1", port, ...more });
const byPath = (name: string, options?: object): object => to(name, { prefix: `/${name}` }, options);

Deno.test("upstreams: by pipe, by name, over HTTP/2, by group, by the name of the cluster, through Endpoints", async () => {
  const port = freePort();
  const folder = await makeFolder();
  const path = join(folder, "back.sock");
  const piped = await startEnvoy({ bootstrap: answeringOn(path) });
  const [one, two] = [startBackend("one"), startBackend("two")];
  const hidden = { matchers: [{ prefix: "/by-header" }], routeAction: { clusterHeader: "x-cluster" } };
  const endpoint = (address: string, endpointPort: number): string =>
    JSON.stringify({
      apiVersion: "gloo.solo.io/v1",
      kind: "Endpoint",
      metadata: { name: "late", namespace: "gloo-system" },
      spec: { upstreams: [ref("found")], address, port: endpointPort },
    }) + "\n";
  const files = {
    "gw.yaml": httpGateway(port),
    "endpoint.yaml": endpoint("127.0.0.1", one.port),
    "upstreams.yaml": [
      resource("Upstream", "pipe", { pipe: { path } }),
      resource("Upstream", "named", hosts({ addr: "localhost", port: one.port })),
      upstream("h2", one.port, { useHttp2: true }),
      upstream("one", one.port),
      resource("Upstream", "found", {}),
      resource("UpstreamGroup", "group", { destinations: [{ destination: { upstream: ref("one") }, weight: 3 }] }),
    ].join("---\n"),
    "vs.yaml": virtualService("vs", ["*"], [
      byPath("pipe"),
      byPath("named"),
      byPath("h2"),
      byPath("found"),
      hidden,
      { matchers: [{ prefix: "/group" }], routeAction: { upstreamGroup: ref("group") } },
      { matchers: [{ prefix: "/nogroup" }], routeAction: { upstreamGroup: ref("nowhere") } },
      answer("rest"),
    ]),
  };
  try {
    await withEnvoy({ files }, async (sluice, envoy) => {
      const asked = async (where: string, headers: Record<string, string> = {}): Promise<string> => {
        const { status, body } = await send(port, where, { headers });
        return status === 200 ? body : String(status);
      };
      await until("the start", () => asked("/"), "rest");
      await until("the pipe", () => asked("/pipe"), "pipe");
      await until("the name", () => asked("/named"), "one");
      assert.match(JSON.stringify(await clusterOf(envoy, "named")), /DnsCluster|STRICT_DNS/);
      assert.equal(await asked("/h2"), "one");
      assert.ok(await envoy.stat("cluster.h2_gloo-system.upstream_cx_http2_total") > 0);
      assert.equal(await asked("/group"), "one");
      assert.equal(await asked("/by-header", { "x-cluster": "pipe_gloo-system" }), "pipe");
      assert.equal(await asked("/by-header", { "x-cluster": "nowhere" }), "503");
      assert.equal(await asked("/by-header"), "503");
      await until("the Endpoint", () => asked("/found"), "one");
      const clusters = await envoy.stat("cluster_manager.cluster_modified");
      await sluice.write("endpoint.yaml", endpoint("127.0.0.1", two.port));
      await until("the Endpoint's new address", () => asked("/found"), "two");
      assert.equal(await envoy.stat("cluster_manager.cluster_modified"), clusters);
      assert.equal(await asked("/nogroup"), "500", "it never had a good form");
      assert.match((await statusIs(sluice, "VirtualService", "vs", "Rejected")).reason, /UpstreamGroup.*nowhere/);
      assert.equal(await sluice.metric("sluice_xds_nacks_total"), 0);
    });
  } finally {
    await Promise.all([one.stop(), two.stop(), piped.stop()]);
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("upstreams: health checks, outlier detection and circuit breakers act in Envoy; Settings give the default", async () => {
  const port = freePort();
  const backends = ["sick", "well", "failing"].map((name) => {
    const state = { broken: false, waiting: [] as (() => void)[] };
    const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async (request) => {
      const { pathname } = new URL(request.url);
      if (pathname.endsWith("/wait")) await new Promise<void>((resolve) => state.waiting.push(resolve));
      return new Response(name, { status: state.broken ? 500 : 200 });
    });
    return { port: server.addr.port, state, stop: () => server.shutdown() };
  });
  const [sick, well, failing] = backends as [typeof backends[0], typeof backends[0], typeof backends[0]];
  const check = {
    timeout: "1s",
    interval: "0.1s",
    noTrafficInterval: "0.1s",
    unhealthyThreshold: 1,
    healthyThreshold: 1,
    httpHealthCheck: { path: "/health" },
  };
  const noPanic = { loadBalancerConfig: { healthyPanicThreshold: 0 } };
  const files = {
    "gw.yaml": httpGateway(port),
    "settings.yaml": resource("Settings", "default", { gloo: { circuitBreakers: { maxConnections: 7 } } }),
    "upstreams.yaml": [
      resource("Upstream", "checked", { ...hosts(at(sick.port), at(well.port)), healthChecks: [check], ...noPanic }),
      resource("Upstream", "outlier", {
        ...hosts(at(failing.port)),
        outlierDetection: { consecutive5xx: 2, interval: "0.1s", baseEjectionTime: "60s", maxEjectionPercent: 100 },
        ...noPanic,
      }),
      upstream("limited", well.port, { circuitBreakers: { maxRequests: 1, maxPendingRequests: 1 } }),
    ].join("---\n"),
    "vs.yaml": virtualService("vs", ["*"], [byPath("checked"), byPath("outlier"), byPath("limited")]),
  };
  try {
    await withEnvoy({ files }, async (_sluice, envoy) => {
      const asked = async (where: string): Promise<string> => {
        const { status, body } = await send(port, where);
        return `${status} ${status === 503 ? "" : body}`.trim();
      };
      const seen = async (): Promise<string[]> => {
        const bodies = new Set<string>();
        for (let i = 0; i < 20; i++) bodies.add(await asked("/checked"));
        return [...bodies].sort();
      };
      await until("both hosts", seen, ["200 sick", "200 well"]);
      sick.state.broken = true;
      await until("the sick host to be left out", seen, ["200 well"]);
      sick.state.broken = false;
      await until("it to be back", seen, ["200 sick", "200 well"]);

      failing.state.broken = true;
      await until("the ejection", () => asked("/outlier"), "503");
      assert.equal(await envoy.stat("cluster.outlier_gloo-system.outlier_detection.ejections_active"), 1);

      const waiting = send(port, "/limited/wait").catch((error) => ({ status: String(error) }));
      await waitFor("a request that waits", () => well.state.waiting.length === 1);
      const refused = await send(port, "/limited");
      assert.deepEqual([refused.status, refused.headers["x-envoy-overloaded"]], [503, "true"]);
      well.state.waiting[0]!();
      assert.equal((await waiting).status, 200);
      await until("it to be free again", () => asked("/limited"), "200 well");
      const { circuit_breakers: ofSettings } = await clusterOf(envoy, "checked");
      assert.deepEqual(ofSettings, { thresholds: [{ max_connections: 7 }] });
    });
  } finally {
    for (const { state } of backends) for (const end of state.waiting) end();
    await Promise.all(backends.map((backend) => backend.stop()));
  }
});

Deno.test("upstreams: ring hash by header, cookie and source; weights of hosts; slow updates of hosts only over EDS", async () => {
  const port = freePort();
  const mirrors = ["a", "b", "c"].map(startMirror);
  const [a, b, c] = mirrors as [typeof mirrors[0], typeof mirrors[0], typeof mirrors[0]];
  const all = mirrors.map((mirror) => at(mirror.port));
  const ring = { loadBalancerConfig: { ringHash: { ringHashConfig: { minimumRingSize: 128 } } } };
  const hash = (...hashPolicies: object[]): object => ({ lbHash: { hashPolicies } });
  const moved = (port: number): string => resource("Upstream", "moved", hosts(at(port)));
  const files = {
    "gw.yaml": httpGateway(port),
    "upstreams.yaml": [
      resource("Upstream", "ring", { ...hosts(...all), ...ring }),
      resource("Upstream", "maglev", { ...hosts(...all), loadBalancerConfig: { maglev: {} } }),
      resource("Upstream", "heavy", hosts(at(a.port, { loadBalancingWeight: 50 }), at(b.port))),
    ].join("---\n"),
    "moved.yaml": moved(a.port),
    "vs.yaml": virtualService("vs", ["*"], [
      byPath("ring", hash({ header: "x-user", terminal: true }, { sourceIp: true })),
      byPath("maglev", hash({ cookie: { name: "who", ttl: "60s", path: "/" } })),
      byPath("heavy"),
      byPath("moved"),
    ]),
  };
  try {
    await withEnvoy({ files }, async (sluice, envoy) => {
      const host = async (where: string, headers: Record<string, string> = {}): Promise<string> =>
        JSON.parse((await send(port, where, { headers })).body).name;
      await until("the start", () => host("/moved"), "a");
      const homes = new Map<string, string>();
      for (let user = 0; user < 30; user++) {
        homes.set(`user-${user}`, await host("/ring", { "x-user": `user-${user}` }));
      }
      for (const [user, home] of homes) assert.equal(await host("/ring", { "x-user": user }), home);
      assert.deepEqual([...new Set(homes.values())].sort(), ["a", "b", "c"]);
      const bySource = new Set<string>();
      for (let i = 0; i < 20; i++) bySource.add(await host("/ring"));
      assert.equal(bySource.size, 1);
      const first = await send(port, "/maglev");
      const cookie = String(first.headers["set-cookie"]);
      assert.match(cookie, /^who=.*Max-Age=60.*/);
      for (let i = 0; i < 20; i++) {
        assert.equal(await host("/maglev", { cookie: cookie.split(";")[0]! }), JSON.parse(first.body).name);
      }
      let heavy = 0;
      for (let i = 0; i < 200; i++) if (await host("/heavy") === "a") heavy++;
      assert.ok(heavy > 180, `${heavy} of 200 went to the host of weight 50 against 1`);

      const sent = async (type: string): Promise<number> => {
        const lines = (await (await sluice.page("/metrics")).text()).split("\n");
        const own = lines.filter((line) => line.startsWith("sluice_xds_responses_total{") && line.includes(type));
        return own.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(" ") + 1)), 0);
      };
      const types = ["listener", "route", "cluster", "endpoint"].map((type) => `type="${type}"`);
      const before = await Promise.all(types.map(sent));
      assert.ok(before.every((count) => count > 0), before.join());
      await sluice.write("moved.yaml", moved(c.port));
      await until("the new address", () => host("/moved"), "c");
      const after = await Promise.all(types.map(sent));
      assert.deepEqual(after.map((count, i) => count - before[i]!), [0, 0, 0, 1], "endpoints alone are sent");
      assert.equal(await envoy.stat("cluster_manager.cluster_modified"), 0);
    });
  } finally {
    await Promise.all(mirrors.map((mirror) => mirror.stop()));
  }
});

Deno.test("upstreams: a bad edit keeps the last good form, also while neighbours change; Settings choose STATIC", async () => {
  const port = freePort();
  const [one, two] = [startBackend("one"), startBackend("two")];
  // What is gone is gone soon, so that what stays was held.
  const settings = (staticClusters: string): string =>
    resource("Settings", "default", { sluice: { staticClusters, removalGrace: "0.1s" } });
  const files = {
    "gw.yaml": httpGateway(port),
    "settings.yaml": settings("EDS"),
    "edited.yaml": upstream("edited", one.port),
    "beside.yaml": upstream("beside", one.port),
    "vs.yaml": virtualService("vs", ["*"], [byPath("edited"), byPath("beside")]),
  };
  try {
    await withEnvoy({ files, envoy: { delta: true } }, async (sluice, envoy) => {
      const asked = async (where: string): Promise<string> => {
        const { status, body } = await send(port, where);
        return status === 200 ? body : String(status);
      };
      await until("the start", () => asked("/edited"), "one");
      await sluice.write("edited.yaml", resource("Upstream", "edited", hosts({ addr: "http://bad", port: 1 })));
      assert.match((await statusIs(sluice, "Upstream", "edited", "Rejected")).reason, /http:\/\/bad/);
      assert.equal(await asked("/edited"), "one");
      await sluice.write("beside.yaml", upstream("beside", two.port));
      await until("the neighbour", () => asked("/beside"), "two");
      assert.equal(await asked("/edited"), "one");
      await sluice.write("settings.yaml", settings("STATIC"));
      await waitFor("a static cluster", async () => (await clusterOf(envoy, "beside")).type !== "EDS");
      assert.equal(await asked("/beside"), "two");
      assert.equal(await asked("/edited"), "one");
      await sluice.write("edited.yaml", upstream("edited", two.port));
      await until("the mended upstream", () => asked("/edited"), "two");
      assert.equal((await sluice.status("Upstream", "edited"))?.state, "Accepted");
      await sluice.remove("edited.yaml");
      await until("no upstream", () => asked("/edited"), "503");
      assert.equal(await asked("/beside"), "two");
      assert.equal((await sluice.status("VirtualService", "vs"))?.state, "Warning");
    });
  } finally {
    await Promise.all([one.stop(), two.stop()]);
  }
});

Deno.test("upstreams: proxyProtocolVersion, maxRequestsPerConnection and connectTimeout reach Envoy", async () => {
  const port = freePort();
  const mirror = startMirror("mirror");
  const files = {
    "gateways.yaml": [
      httpGateway(port),
      httpGateway(freePort(), { httpGateway: { virtualServices: [ref("nothing")] } }),
    ].join("---\n"),
    "upstreams.yaml": [
      upstream("proxied", port, { proxyProtocolVersion: "V2" }),
      upstream("short", mirror.port, { connectionConfig: { maxRequestsPerConnection: 1, connectTimeout: "3s" } }),
    ].join("---\n"),
    "vs.yaml": virtualService("vs", ["*"], [byPath("short"), byPath("proxied")]),
  };
  try {
    await withEnvoy({ files }, async (_sluice, envoy) => {
      await until("the start", async () => (await send(port, "/short")).status, 200);
      for (let i = 0; i < 3; i++) await send(port, "/short");
      assert.equal(await envoy.stat("cluster.short_gloo-system.upstream_cx_total"), 4);
      assert.equal((await clusterOf(envoy, "short")).connect_timeout, "3s");
      const socket = JSON.stringify((await clusterOf(envoy, "proxied")).transport_socket);
      assert.match(socket, /upstream_proxy_protocol/);
    });
  } finally {
    await mirror.stop();
  }
});
