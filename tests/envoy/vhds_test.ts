/** Virtual hosts one by one (VHDS) for a real Envoy: what was measured of Envoy 1.40, each as a test of what it then serves. */
import assert from "node:assert/strict";
import type { XdsServer } from "../../src/server/mod.ts";
import { cluster, endpoints, host, listener, route, snapshot } from "../../src/xds/test_snapshot.ts";
import { type EnvoySnapshot, type RouteResource, routeResource, type XdsResource } from "../../src/xds/mod.ts";
import { encode } from "../../src/envoy/mod.ts";
import { freePort, send, startEnvoy, waitFor } from "./harness.ts";
import { withEnvoy } from "./traffic.ts";
import { answersDuring, body, ROLE, type Scene, stage } from "./xds_stage.ts";
import { answer, httpGateway, resource, virtualService } from "./yaml.ts";

/** The configuration of most tests: listener l with a bystander, and more. */
interface Play extends Scene {
  /** Two clusters, a and b, and these besides. */
  with(...more: XdsResource[]): EnvoySnapshot;
  readonly edge: XdsResource;
}

const BYSTANDER = host("l/by.com", "a");

function test(name: string, play: (scene: Play) => Promise<void>): void {
  Deno.test(`VHDS: ${name}`, () =>
    stage(true, async (scene) => {
      const { one, two, port } = scene;
      const base = [cluster("a"), endpoints("a", one.port), cluster("b"), endpoints("b", two.port)];
      const edge = listener("l", port);
      await play({
        ...scene,
        get server() {
          return scene.server;
        },
        edge,
        with: (...more) => snapshot(...base, ...more),
      });
    }));
}

/** How many resources a stream was sent of a type is not told; what was sent last, and what Envoy says of it, is. */
const versions = (server: XdsServer) => {
  const { types } = server.clients()[0]!;
  return { route: types.route!.versionSent, virtualHost: types.virtualHost!.versionSent };
};

test("a start: the listener opens with all its hosts, which come apart from their route configuration", async (scene) => {
  const { cache, edge, port, start } = scene;
  cache.setSnapshot(ROLE, scene.with(edge, route("l", BYSTANDER, host("l/x.com", "b"), host("l/all", "b", ["*"]))));
  const envoy = await start();
  assert.deepEqual(
    [await body(port, "by.com"), await body(port, "x.com"), await body(port, "any.com")],
    ["one", "two", "two"],
  );
  const dump = JSON.stringify(await envoy.admin("config_dump?resource=dynamic_route_configs"));
  assert.match(dump, /"vhds"/);
  assert.equal(scene.server.clients()[0]!.types.virtualHost!.lastNack, undefined);
});

test("an edited host, a new one, a removed one; the bystander is served all along", async (scene) => {
  const { cache, edge, port, server, start } = scene;
  cache.setSnapshot(ROLE, scene.with(edge, route("l", BYSTANDER, host("l/x.com", "a"))));
  const envoy = await start();
  const before = versions(server);
  const seen = await answersDuring(port, "by.com", async () => {
    cache.setSnapshot(ROLE, scene.with(edge, route("l", BYSTANDER, host("l/x.com", "b"))));
    await waitFor("the edit", async () => await body(port, "x.com") === "two");
    cache.setSnapshot(ROLE, scene.with(edge, route("l", BYSTANDER, host("l/x.com", "b"), host("l/y.com", "b"))));
    await waitFor("the new host", async () => await body(port, "y.com") === "two");
    cache.setSnapshot(ROLE, scene.with(edge, route("l", BYSTANDER, host("l/y.com", "b"))));
    await waitFor("the removal", async () => await body(port, "x.com") === 404);
  });
  assert.deepEqual(seen, ["one"]);
  const after = versions(server);
  assert.equal(after.route, before.route, "the route configuration was sent again");
  assert.notEqual(after.virtualHost, before.virtualHost);
  assert.equal(await envoy.stat("http.l.rds.l.update_success"), 1);
  assert.equal(await envoy.stat("listener_manager.listener_modified"), 0);
});

test("none left: what stands in for the last host answers, and one that comes later is served", async (scene) => {
  const { cache, edge, port, start } = scene;
  const none = encode("envoy.config.route.v3.VirtualHost", {
    name: "l/answers-404",
    domains: ["*"],
    routes: [{ match: { prefix: "/" }, directResponse: { status: 404 } }],
  });
  const standIn = { ...host("l/answers-404", "a", ["*"]), version: "stand-in", bytes: none, refs: {} };
  cache.setSnapshot(ROLE, scene.with(edge, route("l", host("l/x.com", "a"))));
  await start();
  assert.equal(await body(port, "x.com"), "one");
  cache.setSnapshot(ROLE, scene.with(edge, route("l", standIn)));
  await waitFor("the stand-in", async () => await body(port, "x.com") === 404);
  cache.setSnapshot(ROLE, scene.with(edge, route("l", host("l/z.com", "b"))));
  await waitFor("the later host", async () => await body(port, "z.com") === "two");
  assert.equal(await body(port, "x.com"), 404);
});

test("a listener that appears later gets its hosts although Envoy asks for virtual hosts but once", async (scene) => {
  const { cache, edge, port, start } = scene;
  const first = route("l", BYSTANDER);
  cache.setSnapshot(ROLE, scene.with(edge, first));
  await start();
  const later = freePort();
  const seen = await answersDuring(port, "by.com", async () => {
    cache.setSnapshot(ROLE, scene.with(edge, first, listener("m", later), route("m", host("m/m.com", "b"))));
    await waitFor("the other listener", async () => await body(later, "m.com") === "two", 5_000);
    cache.setSnapshot(ROLE, scene.with(edge, first, listener("m", later), route("m", host("m/m.com", "a"))));
    await waitFor("an edit of the other listener", async () => await body(later, "m.com") === "one", 5_000);
  });
  assert.deepEqual(seen, ["one"]);
  assert.equal(await body(later, "by.com"), 404);
});

test("a listener that is removed and added again opens again, with its hosts of today", async (scene) => {
  const { cache, edge, port, start } = scene;
  const other = freePort();
  const stays = [listener("m", other), route("m", host("m/by.com", "a"))];
  cache.setSnapshot(ROLE, scene.with(edge, route("l", BYSTANDER, host("l/old.com", "a")), ...stays));
  const envoy = await start();
  const seen = await answersDuring(other, "by.com", async () => {
    for (const round of [1, 2]) {
      cache.setSnapshot(ROLE, scene.with(...stays));
      await waitFor("the removal", async () => await envoy.stat("listener_manager.listener_removed") === round);
      cache.setSnapshot(ROLE, scene.with(edge, route("l", BYSTANDER, host(`l/new${round}.com`, "b")), ...stays));
      await waitFor("the new host", async () => await body(port, `new${round}.com`) === "two", 5_000);
      assert.equal(await body(port, "by.com"), "one");
      assert.equal(await body(port, "old.com"), 404);
    }
  });
  assert.deepEqual(seen, ["one"]);
});

test("a listener that has drained away and is added again opens, though nothing of its hosts has changed", async (scene) => {
  const { cache, edge, port, server, start } = scene;
  const stays = [listener("m", freePort()), route("m", host("m/m.com", "a"))];
  const all = scene.with(edge, route("l", BYSTANDER), ...stays);
  cache.setSnapshot(ROLE, all);
  const envoy = await start({ drainSeconds: 1 });
  assert.equal(await body(port, "by.com"), "one");
  cache.setSnapshot(ROLE, scene.with(...stays));
  await waitFor("the drain", async () => await envoy.stat("listener_manager.total_listeners_draining") === 0);
  await waitFor("Envoy to drop the routes", () => server.clients()[0]!.types.route!.names === 1);
  cache.setSnapshot(ROLE, all);
  await waitFor("the listener", async () => await body(port, "by.com") === "one", 5_000);
});

test("a listener that is changed goes on with its hosts", async (scene) => {
  const { cache, edge, port, start } = scene;
  const routes = route("l", BYSTANDER);
  cache.setSnapshot(ROLE, scene.with(edge, routes));
  const envoy = await start();
  const changed = listener("l", port, { perConnectionBufferLimitBytes: { value: 9_999 } });
  cache.setSnapshot(ROLE, scene.with(changed, routes));
  await waitFor("the change", async () => await envoy.stat("listener_manager.listener_modified") === 1);
  await waitFor("its use", async () => await envoy.stat("listener_manager.total_listeners_warming") === 0, 5_000);
  assert.equal(await body(port, "by.com"), "one");
});

test("a changed frame: the route configuration is followed by its hosts, and no request is lost", async (scene) => {
  const { cache, edge, port, start } = scene;
  const hosts = [BYSTANDER, host("l/x.com", "b")];
  cache.setSnapshot(ROLE, scene.with(edge, route("l", ...hosts)));
  const envoy = await start();
  const framed = (value: string, ...virtualHosts: XdsResource[]): RouteResource => {
    const frame = encode("envoy.config.route.v3.RouteConfiguration", {
      name: "l",
      responseHeadersToAdd: [{ header: { key: "x-frame", value } }],
    });
    const plain = route("l", ...virtualHosts);
    return routeResource({ name: "l", frame, frameOrigins: plain.frameOrigins, virtualHosts: plain.virtualHosts });
  };
  const seen = await answersDuring(port, "by.com", async () => {
    for (const value of ["1", "2", "3"]) {
      cache.setSnapshot(ROLE, scene.with(edge, framed(value, ...hosts)));
      await waitFor("the header", async () => (await send(port, "/", { host: "x.com" })).headers["x-frame"] === value);
    }
    cache.setSnapshot(ROLE, scene.with(edge, framed("4", BYSTANDER)));
    await waitFor("the header", async () => (await send(port, "/", { host: "by.com" })).headers["x-frame"] === "4");
    await waitFor("the removal", async () => await body(port, "x.com") === 404);
  });
  assert.deepEqual(seen, ["one"]);
  assert.equal(await envoy.stat("http.l.rds.l.update_success"), 5);
});

test("Envoy comes back after a while in which hosts changed: it is sent what changed, and the removed one goes", async (scene) => {
  const { cache, edge, port, start, restart } = scene;
  cache.setSnapshot(ROLE, scene.with(edge, route("l", BYSTANDER, host("l/x.com", "a"), host("l/gone.com", "a"))));
  const envoy = await start();
  assert.equal(await body(port, "gone.com"), "one");
  const seen = await answersDuring(port, "by.com", async () => {
    const next = scene.with(edge, route("l", BYSTANDER, host("l/x.com", "b"), host("l/y.com", "b")));
    await restart(() => void cache.setSnapshot(ROLE, next));
    await waitFor("the new host", async () => await body(port, "y.com") === "two");
    await waitFor("the changed host", async () => await body(port, "x.com") === "two");
    await waitFor("the removal", async () => await body(port, "gone.com") === 404);
  });
  assert.deepEqual(seen, ["one"]);
  assert.equal(await envoy.stat("http.l.rds.l.update_success"), 1, "the route configuration was sent again");
  cache.setSnapshot(ROLE, scene.with(edge, route("l", BYSTANDER, host("l/x.com", "a"))));
  await waitFor("a later edit", async () => await body(port, "x.com") === "one");
});

test("Envoy comes back and the frame has changed: hosts are sent whatever it says that it kept", async (scene) => {
  const { cache, edge, port, start, restart } = scene;
  cache.setSnapshot(ROLE, scene.with(edge, route("l", BYSTANDER, host("l/gone.com", "a"))));
  await start();
  assert.equal(await body(port, "gone.com"), "one");
  const frame = encode("envoy.config.route.v3.RouteConfiguration", { name: "l", internalOnlyHeaders: ["x-own"] });
  const { virtualHosts, frameOrigins } = route("l", BYSTANDER);
  const seen = await answersDuring(port, "by.com", async () => {
    const next = scene.with(edge, routeResource({ name: "l", frame, frameOrigins, virtualHosts }));
    await restart(() => void cache.setSnapshot(ROLE, next));
    await waitFor("the removal", async () => await body(port, "gone.com") === 404);
  });
  assert.deepEqual(seen, ["one"]);
});

test("a domain moves from one host to another, back, and to a new one that replaces it, without a gap", async (scene) => {
  const { cache, edge, port, server, start } = scene;
  const placed = (...hosts: XdsResource[]) => scene.with(edge, route("l", BYSTANDER, ...hosts));
  cache.setSnapshot(ROLE, placed(host("l/p", "a", ["m.com", "p.com"]), host("l/q", "b", ["q.com"])));
  await start();
  const seen = await answersDuring(port, "m.com", async () => {
    assert.equal(await body(port, "m.com"), "one");
    cache.setSnapshot(ROLE, placed(host("l/p", "a", ["p.com"]), host("l/q", "b", ["q.com", "m.com"])));
    await waitFor("the move", async () => await body(port, "m.com") === "two");
    cache.setSnapshot(ROLE, placed(host("l/p", "a", ["p.com", "m.com"]), host("l/q", "b", ["q.com"])));
    await waitFor("the move back", async () => await body(port, "m.com") === "one");
    cache.setSnapshot(ROLE, placed(host("l/a-new", "b", ["m.com"]), host("l/q", "b", ["q.com"])));
    await waitFor("the replacement", async () => await body(port, "m.com") === "two");
  });
  assert.deepEqual([...new Set(seen)].sort(), ["one", "two"]);
  assert.equal(server.clients()[0]!.types.virtualHost!.lastNack, undefined);
});

test("a refused host is put down to its owner, and those that came along with it are served", async (scene) => {
  const { cache, edge, port, server, start } = scene;
  cache.setSnapshot(ROLE, scene.with(edge, route("l", BYSTANDER, host("l/x.com", "a"))));
  await start();
  const twice = host("l/bad", "a", ["*"]);
  const again = host("l/worse", "a", ["*"]);
  const seen = await answersDuring(port, "by.com", async () => {
    cache.setSnapshot(ROLE, scene.with(edge, route("l", BYSTANDER, host("l/x.com", "b"), twice, again)));
    const nack = await waitFor("the NACK", () => server.clients()[0]!.types.virtualHost!.lastNack);
    assert.equal(nack.resources.some(({ name, origins }) => name === "l/bad" && origins[0]!.name === "l/bad"), true);
    cache.setSnapshot(
      ROLE,
      scene.with(edge, route("l", BYSTANDER, host("l/x.com", "b"), host("l/bad", "a", ["b.com"]))),
    );
    await waitFor("the mended host", async () => await body(port, "b.com") === "one");
    await waitFor("its companion", async () => await body(port, "x.com") === "two");
  });
  assert.deepEqual(seen, ["one"]);
});

Deno.test("VHDS: Settings keep route configurations whole, for Envoys that connect from then on", async () => {
  const port = freePort();
  const settings = (names: string[]) =>
    resource("Settings", "default", { sluice: { inlineRouteConfigurations: names } });
  const files = {
    "settings.yaml": settings(["*"]),
    "gateway.yaml": httpGateway(port),
    "vs.yaml": virtualService("vs", ["*"], [answer("first")]),
  };
  await withEnvoy({ files, envoy: { delta: true } }, async (sluice) => {
    const types = async (): Promise<string[][]> => {
      const clients = await (await sluice.page("/clients")).json() as { types: Record<string, unknown> }[];
      return clients.map(({ types }) => Object.keys(types).filter((type) => type === "virtualHost"));
    };
    await waitFor("the answer", async () => await body(port, "any.com") === "first");
    assert.deepEqual(await types(), [[]]);
    await sluice.write("settings.yaml", settings([]));
    await sluice.write("vs.yaml", virtualService("vs", ["*"], [answer("second")]));
    await waitFor("the edit", async () => await body(port, "any.com") === "second");
    assert.deepEqual(await types(), [[]], "a stream keeps to the form that it began with");
    const later = await startEnvoy({ xds: sluice.xds, delta: true, nodeId: "later", until: "admin" });
    try {
      await waitFor("virtual hosts to be asked for", async () => (await types()).some((found) => found.length > 0));
    } finally {
      await later.stop();
    }
  });
});
