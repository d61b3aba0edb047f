import assert from "node:assert/strict";
import { encode } from "../envoy/mod.ts";
import { XdsCache } from "./cache.ts";
import { routeResource } from "./route_resource.ts";
import { host, route, snapshot } from "./test_snapshot.ts";

Deno.test("what is of the whole comes from the parts: origins and needs once each", () => {
  const whole = route("l", host("l/x", "a"), host("l/y", "a"), host("l/z", "b"));
  assert.deepEqual(whole.origins.map(({ name }) => name), ["l", "l/x", "l/y", "l/z"]);
  assert.deepEqual(whole.refs, { clusters: ["a", "b"] });
  assert.deepEqual(route("l").refs, {});
  assert.equal(whole.bytes, whole.bytes);
});

Deno.test("the version tells frames, hosts and their content apart, but not their order; one near another has the same", () => {
  const [x, y] = [host("l/x", "a"), host("l/y", "a")];
  const whole = route("l", x, y);
  assert.equal(route("l", y, x).version, whole.version);
  const frame = encode("envoy.config.route.v3.RouteConfiguration", { name: "l", internalOnlyHeaders: ["x"] });
  const others = [
    route("l", x),
    route("l", x, host("l/y", "b")),
    route("m", x, y),
    routeResource({ name: "l", frame, frameOrigins: [], virtualHosts: whole.virtualHosts }),
  ];
  assert.equal(new Set([whole, ...others].map(({ version }) => version)).size, 5);
  const { name, frame: same, frameOrigins, virtualHosts } = route("l", x, host("l/y", "b"));
  assert.equal(routeResource({ name, frame: same, frameOrigins, virtualHosts }, whole).version, others[1]!.version);
});

Deno.test("the cache goes on with the hosts that it has where equal ones come, also beside one that changed", () => {
  const cache = new XdsCache();
  const role = "ns~proxy";
  cache.setSnapshot(role, snapshot(route("l", host("l/x", "a"), host("l/y", "a"))));
  const before = cache.snapshot(role)!.routes.get("l")!;
  cache.setSnapshot(role, snapshot(route("l", host("l/x", "a"), host("l/y", "b"))));
  const after = cache.snapshot(role)!.routes.get("l")!;
  assert.notEqual(after, before);
  assert.equal(after.virtualHosts.get("l/x"), before.virtualHosts.get("l/x"));
  assert.equal(cache.setSnapshot(role, snapshot(route("l", host("l/x", "a"), host("l/y", "b")))), false);
  const moved = { ...host("l/y", "b"), origins: [] };
  assert.equal(cache.setSnapshot(role, snapshot(route("l", host("l/x", "a"), moved))), true);
});
