import assert from "node:assert/strict";
import { decode, TYPE_URL } from "../envoy/mod.ts";
import { FakeClock } from "../telemetry/fake_clock.ts";
import { XdsCache } from "./cache.ts";
import { vhdsExcept } from "./route_view.ts";
import { routeResource } from "./route_resource.ts";
import type { EnvoySnapshot, RouteResource, XdsResource } from "./resource.ts";
import { cluster, endpoints, host, listener, route, snapshot } from "./test_snapshot.ts";
import { BASE, type Client, newClient, ROLE } from "./test_stream.ts";

const [X, Y] = [host("l/x", "a"), host("l/y", "a")];

interface Scene {
  readonly cache: XdsCache;
  readonly clock: FakeClock;
  readonly client: Client;
  /** Makes these the configuration, besides {@link BASE}. */
  show(...resources: XdsResource[]): EnvoySnapshot;
}

function scene(inline: readonly string[] = []): Scene {
  const cache = new XdsCache();
  const clock = new FakeClock(1_000);
  const show = (...resources: XdsResource[]) => {
    const shown = snapshot(...BASE, ...resources);
    cache.setSnapshot(ROLE, shown);
    return shown;
  };
  return { cache, clock, show, client: newClient(true, cache, clock, vhdsExcept(inline)) };
}

/** As Envoy does it: what refers goes last, and virtual hosts are asked for when the first route configuration is there. */
function settle(client: Client, ...routes: string[]): void {
  client.ask("cluster");
  client.ask("endpoint", ["a"]);
  client.ask("listener");
  client.sent(true);
  client.ask("route", routes);
  client.sent(true);
  client.ask("virtualHost");
  client.sent(true);
  assert.deepEqual(client.sent(), []);
}

/** The route configuration with another frame. */
function framed({ name, frameOrigins, virtualHosts }: RouteResource, extra = 1): RouteResource {
  const frame = new Uint8Array([...route(name).frame, 0x18, extra]);
  return routeResource({ name, frame, frameOrigins, virtualHosts });
}

Deno.test("a route configuration comes without its hosts and says where they are; they follow it, none before", () => {
  const { client, show } = scene();
  show(route("l", X, Y));
  client.ask("virtualHost");
  client.ask("listener");
  assert.deepEqual(client.sent(), ["listener l"], "virtual hosts without their route configuration are lost");
  client.ask("route", ["l"]);
  assert.deepEqual(client.sent(), ["route l", "virtualHost l/x l/y"]);
  const { bytes, origins } = client.last.get("route")!.resources[0]!;
  const told = decode("envoy.config.route.v3.RouteConfiguration", bytes);
  assert.deepEqual(told.vhds!.configSource!.ads, {});
  assert.equal(told.vhds!.configSource!.resourceApiVersion, "V3");
  assert.equal(told.virtualHosts, undefined);
  assert.deepEqual(origins, [{ kind: "Test", namespace: "test", name: "l" }], "of its own, not of its hosts");
});

Deno.test("one edit sends one host; a removed one is removed by its name; the whole is never joined", () => {
  const { client, show } = scene();
  const many = Array.from({ length: 500 }, (_, index) => host(`l/${index}`, "a"));
  show(route("l", X, ...many));
  settle(client, "l");
  const next = show(route("l", host("l/x", "a", ["other"]), ...many)).routes.get("l")!;
  Object.defineProperties(next, {
    bytes: { get: () => assert.fail("the whole was joined") },
    origins: { get: () => assert.fail("origins were united") },
    refs: { get: () => assert.fail("refs were united") },
  });
  assert.deepEqual(client.sent(true), ["virtualHost l/x"]);
  show(route("l", ...many));
  assert.deepEqual(client.sent(true), ["virtualHost -l/x"]);
  assert.deepEqual(client.sent(), []);
});

Deno.test("what a client has and asks for again is sent again with all its hosts, those of others are not", () => {
  const { client, show } = scene();
  show(route("l", X, Y), listener("m", 81), route("m", host("m/x", "a")));
  settle(client, "l", "m");
  client.ask("route", ["m"]);
  assert.deepEqual(client.sent(), []);
  client.ask("route", ["l", "m"]);
  assert.deepEqual(client.sent(true), ["route l", "virtualHost l/x l/y"]);
});

Deno.test("a listener that is added again brings its route configuration and that its hosts", () => {
  const { client, cache, show } = scene();
  const all = show(route("l", X, Y));
  settle(client, "l");
  cache.setSnapshot(ROLE, { ...all, listeners: new Map() });
  assert.deepEqual(client.sent(true), ["listener -l"]);
  cache.setSnapshot(ROLE, all);
  assert.deepEqual(client.sent(true), ["listener l", "route l", "virtualHost l/x l/y"]);
});

Deno.test("a changed frame is followed by all hosts, and those that went meanwhile are removed", () => {
  const { client, show } = scene();
  const other = [listener("m", 81), route("m", host("m/x", "a"))];
  show(route("l", X, Y), ...other);
  settle(client, "l", "m");
  show(framed(route("l", X)), ...other);
  assert.deepEqual(client.sent(true), ["route l", "virtualHost -l/y l/x"]);
  show(framed(route("l", X), 0), ...other);
  assert.deepEqual(client.sent(true), ["route l", "virtualHost l/x"]);
});

Deno.test("a route configuration that appears later brings its hosts, though nobody asks for them", () => {
  const { client, show } = scene();
  show(route("l", X));
  settle(client, "l");
  show(route("l", X), listener("m", 81), route("m", host("m/x", "a")));
  assert.deepEqual(client.sent(true), ["listener m"]);
  client.ask("route", ["l", "m"]);
  assert.deepEqual(client.sent(true), ["route m", "virtualHost m/x"]);
});

Deno.test("hosts of a route configuration that is gone are left to connections that drain, and not lost count of", async () => {
  const { client, clock, show } = scene();
  const m = [listener("m", 81), route("m", host("m/x", "a"), host("m/y", "a"))];
  show(route("l", X), ...m);
  settle(client, "l", "m");
  show(route("l", X));
  assert.deepEqual(client.sent(true), ["listener -m"]);
  await clock.advance(60_000);
  assert.deepEqual(client.sent(true), ["route -m"]);
  show(route("l", X), listener("m", 81), route("m", host("m/x", "a")));
  assert.deepEqual(client.sent(true), ["listener m", "route m", "virtualHost -m/y m/x"]);
});

Deno.test("hosts of a route configuration that the client dropped are neither removed nor kept up", () => {
  const { client, show } = scene();
  const m = (...hosts: XdsResource[]) => [listener("m", 81), route("m", ...hosts)];
  show(route("l", X), ...m(host("m/x", "a")));
  settle(client, "l", "m");
  client.ask("route", ["l"]);
  show(route("l", X, Y), ...m(host("m/y", "a")));
  assert.deepEqual(client.sent(true), ["virtualHost l/y"]);
});

Deno.test("who comes back is sent what changed, and what vanished is removed", () => {
  const { client, show } = scene();
  const last = show(route("l", X, Y));
  const kept = (resources: Iterable<XdsResource>, ...more: [string, string][]) =>
    JSON.stringify([...[...resources].map(({ name, version }) => [name, version]), ...more]);
  const frame = vhdsExcept([]).shown(last.routes).values();
  client.ask("cluster", [], kept(last.clusters.values()));
  client.ask("listener", [], kept(last.listeners.values()));
  client.ask("virtualHost", [], kept([X], ["l/y", "old"], ["l/gone", "old"]));
  assert.deepEqual(client.sent(), [], "what it holds is not known before it says which route configurations it has");
  client.ask("route", ["l"], kept(frame));
  assert.deepEqual(client.sent(true), ["virtualHost -l/gone l/y"]);
});

Deno.test("who comes back to another frame is sent all its hosts, whatever it says that it kept", () => {
  const { client, show } = scene();
  const last = show(route("l", X, Y));
  const kept = JSON.stringify([
    ...[...last.routes.get("l")!.virtualHosts.values()].map(({ name, version }) => [name, version]),
    [
      "l/gone",
      "old",
    ],
  ]);
  client.ask("cluster", [], JSON.stringify([...last.clusters.values()].map(({ name, version }) => [name, version])));
  client.ask("route", ["l"], JSON.stringify([["l", "another"]]));
  assert.deepEqual(client.sent(), ["route l"]);
  client.ask("virtualHost", [], kept);
  assert.deepEqual(client.sent(true), ["virtualHost -l/gone l/x l/y"]);
});

Deno.test("on demand: a name that is asked for is answered, and everything is sent all the same", () => {
  const { client, show } = scene();
  show(route("l", X, Y));
  client.ask("route", ["l"]);
  client.ask("virtualHost", ["l/nobody.com"]);
  assert.deepEqual(client.sent(true), ["route l", "virtualHost -l/nobody.com l/x l/y"]);
  client.ask("virtualHost", ["l/nobody.com", "l/x"]);
  assert.deepEqual(client.sent(true), ["virtualHost l/x"]);
  client.ask("virtualHost", ["l/nobody.com", "l/x", "*"]);
  client.sent(true);
  client.ask("virtualHost", []);
  client.sent(true);
  show(route("l", X, host("l/y", "a", ["other"])));
  assert.deepEqual(client.sent(true), ["virtualHost l/y"]);
});

Deno.test("a host that names a new cluster waits for it, with those that share its domains; others do not", () => {
  const { client, show } = scene();
  show(route("l", X, Y, host("l/z", "a")));
  settle(client, "l");
  // w takes x's domain and names a new cluster: x keeps its own until then.
  const after = [host("l/x", "a", ["free"]), host("l/y", "a", ["y", "more"]), host("l/w", "b", ["x"])];
  show(cluster("b"), endpoints("b", 2), route("l", ...after));
  assert.deepEqual(client.sent(), ["cluster b", "virtualHost -l/z l/y"]);
  client.accept("virtualHost");
  client.accept("cluster");
  assert.deepEqual(client.sent(), ["virtualHost l/w l/x"], "a domain that moves is given and taken in one response");
});

Deno.test("removed clusters go after the client took over the hosts that no longer name them, and a grace", async () => {
  const { client, clock, cache } = scene();
  const rest = [listener("l", 80), cluster("b"), endpoints("b", 2)];
  cache.setSnapshot(ROLE, snapshot(...BASE, ...rest.slice(1), route("l", X)));
  settle(client, "l");
  cache.setSnapshot(ROLE, snapshot(...rest, route("l", host("l/x", "b"))));
  assert.deepEqual(client.sent(), ["virtualHost l/x"]);
  await clock.advance(60_000);
  assert.deepEqual(client.sent(), []);
  client.accept("virtualHost");
  await clock.advance(5_000);
  assert.deepEqual(client.sent(), ["cluster -a", "endpoint -a"]);
});

Deno.test("what a client refused of a route configuration that it dropped keeps nothing from going", async () => {
  const { client, clock, cache } = scene();
  const rest = [listener("l", 80), cluster("b"), endpoints("b", 2), route("l", host("l/x", "b"))];
  const m = [listener("m", 81), route("m", host("m/x", "a"))];
  cache.setSnapshot(ROLE, snapshot(...rest, ...m, cluster("a"), endpoints("a", 1)));
  settle(client, "l", "m");
  cache.setSnapshot(ROLE, snapshot(...rest, m[0]!, route("m", host("m/x", "b"))));
  client.sent();
  client.refuse("virtualHost", "m/x: no");
  await clock.advance(60_000);
  assert.deepEqual(client.sent(true), [], "what it has of m still needs cluster a");
  client.ask("route", ["l"]);
  cache.setSnapshot(ROLE, snapshot(...rest));
  client.sent(true);
  await clock.advance(5_000);
  assert.deepEqual(client.sent(), ["cluster -a", "endpoint -a"]);
});

Deno.test("a refused host is told with its origin; what came with it comes again, when Envoy named the guilty at once", () => {
  const { client, show } = scene();
  show(route("l", X, Y));
  settle(client, "l");
  const changed = host("l/x", "a", ["other"]);
  show(route("l", changed, host("l/bad", "a")));
  client.sent();
  client.refuse("virtualHost", "virtual host l/bad: no");
  assert.deepEqual(client.nacks.at(-1)!.resources, [{ name: "l/bad", origins: host("l/bad", "a").origins }]);
  assert.deepEqual(client.sent(), ["virtualHost -l/y l/x"], "Envoy took over nothing of what it refused");
  client.accept("virtualHost");
  assert.deepEqual(client.sent(true), ["virtualHost l/bad", "virtualHost l/bad"], "without its route, and closed");
  assert.deepEqual(client.sent(), []);
});

Deno.test("where Envoy names nobody, the guilty is found by halves", () => {
  const { client, show } = scene();
  show(route("l", X, Y));
  settle(client, "l");
  const changed = host("l/x", "a", ["other"]);
  show(route("l", changed, Y, host("l/bad", "a", ["*"])));
  client.sent();
  client.refuse("virtualHost", "Only a single wildcard domain is permitted in route l");
  assert.deepEqual(client.nacks.at(-1)!.resources.map(({ name }) => name), ["l/bad", "l/x"]);
  assert.deepEqual(client.sent(), ["virtualHost l/bad"]);
  client.refuse("virtualHost", "Only a single wildcard domain is permitted in route l");
  assert.deepEqual(client.sent(), ["virtualHost l/bad"], "without its route");
  client.refuse("virtualHost", "Only a single wildcard domain is permitted in route l");
  assert.deepEqual(client.sent(), ["virtualHost l/x"]);
  client.accept("virtualHost");
  assert.deepEqual(client.sent(), ["virtualHost l/bad"], "closed on its domain");
  client.refuse("virtualHost", "Only a single wildcard domain is permitted in route l");
  assert.deepEqual(client.sent(), [], "it stays away");
});

Deno.test("route configurations that Settings name stay inline, `*` means all; others are apart on the same stream", () => {
  const { client, show } = scene(["m"]);
  const m = route("m", host("m/x", "a"));
  show(route("l", X), listener("m", 81), m);
  client.ask("route", ["l", "m"]);
  client.ask("virtualHost");
  assert.deepEqual(client.sent(true), ["route l m", "virtualHost l/x"]);
  assert.equal(client.last.get("route")!.resources[1]!.version, m.version);
  show(route("l", X), listener("m", 81), route("m", host("m/x", "a"), host("m/y", "a")));
  assert.deepEqual(client.sent(true), ["route m"]);
  const all = scene(["*"]);
  all.show(route("l", X));
  all.client.ask("route", ["l"]);
  all.client.ask("virtualHost", ["l/x"]);
  assert.deepEqual(all.client.sent(true), ["route l", "virtualHost -l/x"]);
});

/** A set that counts how often somebody goes through all of it. */
class CountingSet extends Map<string, XdsResource> {
  walks = 0;
  override [Symbol.iterator](): MapIterator<[string, XdsResource]> {
    this.walks++;
    return super[Symbol.iterator]();
  }
  override values(): MapIterator<XdsResource> {
    this.walks++;
    return super.values();
  }
  override keys(): MapIterator<string> {
    this.walks++;
    return super.keys();
  }
}

Deno.test("one edit is worked out once for all streams, which are given the very same list", () => {
  const walks = [1, 50].map((count) => {
    const { cache, clock, show } = scene();
    const view = vhdsExcept([]);
    show(route("l", X, Y));
    const clients = Array.from({ length: count }, () => newClient(true, cache, clock, view));
    for (const client of clients) settle(client, "l");
    assert.equal(new Set(clients.map((client) => client.last.get("virtualHost")!.resources)).size, 1);
    const hosts = new CountingSet([["l/x", host("l/x", "a", ["other"])], ["l/y", Y]]);
    const { name, frame, frameOrigins } = route("l");
    show(routeResource({ name, frame, frameOrigins, virtualHosts: hosts }));
    const lists = new Set<unknown>();
    for (const client of clients) {
      assert.deepEqual(client.sent(true), ["virtualHost l/x"]);
      lists.add(client.last.get("virtualHost")!.resources);
    }
    assert.equal(lists.size, 1);
    return hosts.walks;
  });
  assert.equal(walks[1], walks[0]);
});

Deno.test("virtual hosts are in no state of the world, and a client without VHDS is told that there are none", () => {
  for (const delta of [false, true]) {
    const cache = new XdsCache();
    cache.setSnapshot(ROLE, snapshot(...BASE, route("l", X)));
    const client = newClient(delta, cache, new FakeClock());
    client.ask("route", ["l"]);
    client.ask("virtualHost", ["l/x"]);
    assert.deepEqual(client.sent(), delta ? ["route l", "virtualHost -l/x"] : ["route l"]);
    assert.equal(client.last.get("route")!.typeUrl, TYPE_URL.route);
    assert.equal((client.last.get("route")!.resources[0] as RouteResource).virtualHosts.size, 1);
  }
});
