/** A real Envoy on an EnvoySnapshot made by hand, in the state of the world and in delta. */
import assert from "node:assert/strict";
import { status } from "@grpc/grpc-js";
import { toJson } from "../../src/envoy/mod.ts";
import { startXdsServer } from "../../src/server/mod.ts";
import { createMetrics, silentLogger, systemClock } from "../../src/telemetry/mod.ts";
import { FALLBACK_TEXT, fallbackSnapshot, XdsCache } from "../../src/xds/mod.ts";
import { cluster, endpoints, host, listener, route, snapshot } from "../../src/xds/test_snapshot.ts";
import { issue, newAuthority } from "../feature/certificates.ts";
import { freePort, type RunningEnvoy, send, startBackend, startEnvoy, waitFor } from "./harness.ts";
import { answersDuring, body, ROLE, type Scene, stage } from "./xds_stage.ts";

/** A backend that answers health checks when it is told to. */
function slowBackend(): { port: number; becomeHealthy(): void; stop(): Promise<void> } {
  const { promise, resolve } = Promise.withResolvers<void>();
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async (request) => {
    if (new URL(request.url).pathname === "/health") await promise;
    return new Response("slow");
  });
  return { port: server.addr.port, becomeHealthy: resolve, stop: () => server.shutdown() };
}

const HEALTH_CHECK = {
  timeout: { seconds: 10 },
  interval: { seconds: 1 },
  unhealthyThreshold: { value: 1 },
  healthyThreshold: { value: 1 },
  httpHealthCheck: { path: "/health" },
};

for (const delta of [false, true]) {
  const test = (name: string, play: (scene: Scene) => Promise<void>) =>
    Deno.test(`${delta ? "delta" : "state of the world"}: ${name}`, () => stage(delta, play));

  test("Envoy starts, a route edit arrives, only its routes are sent", async ({ cache, server, port, one, two, start }) => {
    const base = [cluster("a"), endpoints("a", one.port), cluster("b"), endpoints("b", two.port), listener("l", port)];
    cache.setSnapshot(ROLE, snapshot(...base, route("l", host("l/x.com", "a"))));
    const envoy = await start();
    assert.equal(await body(port, "x.com"), "one");
    const before = server.clients()[0]!;
    assert.match(before.userAgent, /^envoy 1\.\d+\.\d+$/);
    cache.setSnapshot(ROLE, snapshot(...base, route("l", host("l/x.com", "b"))));
    await waitFor("the new route", async () => await body(port, "x.com") === "two");
    const after = server.clients()[0]!;
    assert.equal(after.types.cluster!.versionSent, before.types.cluster!.versionSent);
    assert.equal(after.types.listener!.versionSent, before.types.listener!.versionSent);
    const type = delta ? "virtualHost" : "route";
    assert.notEqual(after.types[type]!.versionSent, before.types[type]!.versionSent);
    if (delta) assert.equal(after.types.route!.versionSent, before.types.route!.versionSent);
    assert.equal(await envoy.stat("listener_manager.listener_modified"), 0);
    await waitFor("its ACK", () => server.clients()[0]!.types[type]!.versionAcked === after.types[type]!.versionSent);
  });

  test("a route waits until its new cluster is warm: no 503; the old cluster goes afterwards", async (scene) => {
    const { cache, port, one, start } = scene;
    const slow = slowBackend();
    try {
      const edge = listener("l", port);
      cache.setSnapshot(ROLE, snapshot(cluster("a"), endpoints("a", one.port), edge, route("l", host("l/x.com", "a"))));
      const envoy = await start();
      const b = { ...cluster("b", { healthChecks: [HEALTH_CHECK] }), refs: { endpoints: ["b"] } };
      const seen = await answersDuring(port, "x.com", async () => {
        cache.setSnapshot(ROLE, snapshot(b, endpoints("b", slow.port), edge, route("l", host("l/x.com", "b"))));
        await waitFor(
          "the new cluster to warm",
          async () => await envoy.stat("cluster_manager.warming_clusters") === 1,
        );
        assert.deepEqual(scene.server.clients()[0]!.waitingFor, ["b"]);
        slow.becomeHealthy();
        await waitFor("the new route", async () => await body(port, "x.com") === "slow");
        await waitFor("the old cluster to go", async () => await envoy.stat("cluster_manager.active_clusters") === 2);
      });
      assert.deepEqual(seen, ["one", "slow"]);
    } finally {
      await slow.stop();
    }
  });

  test("a cluster that never gets ready holds up nobody else's routes, and its own only so long", async (scene) => {
    const { cache, port, one, two, start } = scene;
    const slow = slowBackend();
    const base = [cluster("a"), endpoints("a", one.port), listener("l", port)];
    cache.setSnapshot(ROLE, snapshot(...base, route("l", host("l/x.com", "a"), host("l/y.com", "a"))));
    const envoy = await start();
    const never = { ...cluster("never", { healthChecks: [HEALTH_CHECK] }), refs: { endpoints: ["never"] } };
    const added = [cluster("b"), endpoints("b", two.port), never, endpoints("never", slow.port)];
    const after = route("l", host("l/x.com", "never"), host("l/y.com", "a", ["z.com"]));
    try {
      cache.setSnapshot(ROLE, snapshot(...base, ...added, after));
      await waitFor("the other host's edit", async () => await body(port, "z.com") === "one");
      assert.equal(await body(port, "x.com"), "one");
      await waitFor("the route to the cluster that is not ready", async () => await body(port, "x.com") === 503);
      assert.equal(await envoy.stat("cluster_manager.warming_clusters"), 1);
    } finally {
      slow.becomeHealthy();
      await slow.stop();
    }
  });

  test("a NACK is recorded with its resource and the same is not sent again", async ({ cache, server, port, one, start }) => {
    const good = [cluster("a"), endpoints("a", one.port), listener("l", port), route("l", host("l/x.com", "a"))];
    cache.setSnapshot(ROLE, snapshot(...good));
    const envoy = await start();
    cache.setSnapshot(ROLE, snapshot(...good, listener("clash", port)));
    const nack = await waitFor("the NACK", () => server.clients()[0]!.types.listener!.lastNack);
    assert.match(nack.detail, /clash/);
    assert.deepEqual(nack.resources, [{
      name: "clash",
      origins: [{ kind: "Test", namespace: "test", name: "clash" }],
    }]);
    cache.setSnapshot(ROLE, snapshot(...good.slice(0, 3), listener("clash", port), route("l", host("l/y.com", "a"))));
    await waitFor("a later edit", async () => await body(port, "y.com") === "one");
    assert.equal(await envoy.stat("listener_manager.lds.update_rejected"), 1);
  });

  test("a stop ends the streams with UNAVAILABLE, and no stream is left", async ({ cache, server, port, one, start }) => {
    cache.setSnapshot(
      ROLE,
      snapshot(cluster("a"), endpoints("a", one.port), listener("l", port), route("l", host("l/x.com", "a"))),
    );
    const envoy = await start({ logLevel: "debug" });
    await server.close(1_000);
    const said = `xds_cluster closed: ${status.UNAVAILABLE}, ${encodeURIComponent("the xDS server stops")}`;
    await waitFor("Envoy to be told", () => envoy.log().includes(said));
    assert.deepEqual(server.clients(), []);
  });

  test("when the server comes back nothing is sent to an Envoy that has it all", async (scene) => {
    const { cache, port, one, start, restart } = scene;
    const all = [cluster("a"), endpoints("a", one.port), listener("l", port), route("l", host("l/x.com", "a"))];
    cache.setSnapshot(ROLE, snapshot(...all));
    await start();
    await restart();
    const [client] = await waitFor("Envoy to come back with all its types", () => {
      const clients = scene.server.clients();
      return clients.length === 1 && Object.keys(clients[0]!.types).length === (delta ? 5 : 4) && clients;
    });
    for (const [type, info] of Object.entries(client!.types)) assert.equal(info.versionSent, undefined, type);
  });

  test("a change while the server is away is made before the old is broken", async (scene) => {
    const { cache, port, one, two, start, restart } = scene;
    const edge = listener("l", port);
    cache.setSnapshot(ROLE, snapshot(cluster("a"), endpoints("a", one.port), edge, route("l", host("l/x.com", "a"))));
    const envoy = await start();
    const seen = await answersDuring(port, "x.com", async () => {
      const next = snapshot(cluster("b"), endpoints("b", two.port), edge, route("l", host("l/x.com", "b")));
      await restart(() => void cache.setSnapshot(ROLE, next));
      await waitFor("the new route", async () => await body(port, "x.com") === "two");
      await waitFor("the old cluster to go", async () => await envoy.stat("cluster_manager.active_clusters") === 2);
    });
    assert.deepEqual(seen, ["one", "two"]);
  });

  test("a changed cluster with equal endpoints is warm again at once", async ({ cache, port, one, start }) => {
    const rest = [endpoints("a", one.port), listener("l", port), route("l", host("l/x.com", "a"))];
    cache.setSnapshot(ROLE, snapshot(cluster("a"), ...rest));
    const envoy = await start();
    const slower = { ...cluster("a", { connectTimeout: { seconds: 9 } }), refs: { endpoints: ["a"] } };
    cache.setSnapshot(ROLE, snapshot(slower, ...rest));
    await waitFor("the change", async () => await envoy.stat("cluster_manager.cluster_modified") === 1);
    await waitFor("the end of warming", async () => await envoy.stat("cluster_manager.warming_clusters") === 0, 5_000);
    assert.equal(await envoy.stat("cluster.a.init_fetch_timeout"), 0);
    assert.equal(await body(port, "x.com"), "one");
  });

  test("a changed listener, and one that is removed and comes again, get their routes", async (scene) => {
    const { cache, port, one, start } = scene;
    const rest = [cluster("a"), endpoints("a", one.port), route("l", host("l/x.com", "a"))];
    cache.setSnapshot(ROLE, snapshot(listener("l", port), ...rest));
    const envoy = await start();
    const changed = { ...listener("l", port, { perConnectionBufferLimitBytes: { value: 9_999 } }) };
    cache.setSnapshot(ROLE, snapshot(changed, ...rest));
    await waitFor("the change", async () => await envoy.stat("listener_manager.listener_modified") === 1);
    await waitFor(
      "the change in use",
      async () => await envoy.stat("listener_manager.total_listeners_warming") === 0,
      5_000,
    );
    assert.equal(await body(port, "x.com"), "one");
    cache.setSnapshot(ROLE, snapshot(...rest));
    await waitFor("the removal", async () => await envoy.stat("listener_manager.listener_removed") === 1);
    cache.setSnapshot(ROLE, snapshot(changed, ...rest));
    await waitFor("the listener again", async () => await body(port, "x.com") === "one", 5_000);
  });
}

Deno.test("an Envoy with a certificate of its own is served over mutual TLS; another role is not", async () => {
  const folder = await Deno.makeTempDir({ prefix: "sluice_xds_tls_" });
  const backend = startBackend("one");
  const authority = await newAuthority("authority");
  const files = { certificate: `${folder}/tls.crt`, key: `${folder}/tls.key`, clientAuthority: `${folder}/ca.crt` };
  const pair = await issue(authority, "server", ["localhost"]);
  const edge = await issue(authority, "edge", ["edge.example"]);
  await Deno.writeTextFile(files.certificate, pair.certificate);
  await Deno.writeTextFile(files.key, pair.key);
  await Deno.writeTextFile(files.clientAuthority, authority.certificate);
  const cache = new XdsCache();
  const port = freePort();
  const all = [cluster("a"), endpoints("a", backend.port), listener("l", port), route("l", host("l/x.com", "a"))];
  cache.setSnapshot(ROLE, snapshot(...all));
  cache.setSnapshot("gloo-system~other", snapshot(...all));
  const common = { cache, clock: systemClock, logger: silentLogger, metrics: await createMetrics() };
  const server = await startXdsServer({
    ...common,
    address: "127.0.0.1:0",
    tls: files,
    clients: { "edge.example": [ROLE] },
  });
  const xdsTransportSocket = {
    name: "envoy.transport_sockets.tls",
    typed_config: {
      "@type": "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext",
      sni: "localhost",
      common_tls_context: {
        alpn_protocols: ["h2"],
        tls_certificates: [{
          certificate_chain: { inline_string: edge.certificate },
          private_key: { inline_string: edge.key },
        }],
        validation_context: { trusted_ca: { inline_string: authority.certificate } },
      },
    },
  };
  const start = (role: string, until: "live" | "admin") =>
    startEnvoy({ xds: server.address, role, xdsTransportSocket, until });
  const envoys: RunningEnvoy[] = [];
  try {
    envoys.push(await start(ROLE, "live"));
    assert.equal(await body(port, "x.com"), "one");
    assert.equal(server.clients()[0]!.certificate, "edge.example");
    const intruder = await start("gloo-system~other", "admin");
    envoys.push(intruder);
    await waitFor("the refusal", () => intruder.log().includes(`xds_cluster closed: ${status.PERMISSION_DENIED}`));
    assert.equal(await intruder.stat("cluster_manager.cds.update_success"), 0);
  } finally {
    for (const envoy of envoys) await envoy.stop();
    await server.close(1_000);
    await backend.stop();
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("the fallback answers 500 with its text", async () => {
  const port = freePort();
  const [fallback] = fallbackSnapshot().listeners.values();
  const shown = toJson("envoy.config.listener.v3.Listener", fallback!.bytes) as Record<string, unknown>;
  const address = { socketAddress: { address: "::", portValue: port, ipv4Compat: true } };
  const envoy = await startEnvoy({ bootstrap: { static_resources: { listeners: [{ ...shown, address }] } } });
  try {
    const answer = await send(port, "/any");
    assert.equal(answer.status, 500);
    assert.equal(answer.body, FALLBACK_TEXT);
  } finally {
    await envoy.stop();
  }
});
