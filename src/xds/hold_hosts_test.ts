import assert from "node:assert/strict";
import { decode } from "../envoy/mod.ts";
import { domainsOf } from "./domains.ts";
import { holdHosts } from "./hold_hosts.ts";
import type { RouteResource, XdsResource } from "./resource.ts";
import { host, route } from "./test_snapshot.ts";

const usesNew = (each: XdsResource) => each.refs.clusters?.includes("new") ?? false;

/** Name, domains and cluster of each host, as Envoy reads them. */
function read({ bytes }: RouteResource): string[] {
  const { virtualHosts = [] } = decode("envoy.config.route.v3.RouteConfiguration", bytes);
  return virtualHosts.map(({ name, domains, routes }) => `${name} ${domains} ${routes![0]!.route!.cluster}`).sort();
}

Deno.test("the bytes of a route configuration are its frame and its hosts", () => {
  const { name, virtualHosts } = decode("envoy.config.route.v3.RouteConfiguration", route("l", host("l/x", "a")).bytes);
  assert.equal(name, "l");
  assert.equal(virtualHosts!.length, 1);
});

Deno.test("domains are read from the bytes, wherever they stand", () => {
  assert.deepEqual(domainsOf(host("l/x", "a", ["one", "*.two", "ü"]).bytes), ["one", "*.two", "ü"]);
  assert.deepEqual(domainsOf(new Uint8Array()), []);
});

Deno.test("a held host keeps its old form, a new one stays away, others go on", () => {
  const from = route("l", host("l/x", "a"), host("l/y", "a"));
  const to = route("l", host("l/x", "new"), host("l/y", "b"), host("l/z", "new"));
  assert.deepEqual(read(holdHosts(from, to, usesNew)), ["l/x x a", "l/y y b"]);
});

Deno.test("without anything to hold it is the new one itself; with everything held the old one itself", () => {
  const from = route("l", host("l/x", "a"));
  const to = route("l", host("l/x", "b"));
  assert.equal(holdHosts(from, to, usesNew), to);
  assert.equal(holdHosts(from, route("l", host("l/x", "new")), usesNew).version, from.version);
});

Deno.test("hosts tied by domains are held together, through others too, and removed ones stay", () => {
  const from = route("l", host("l/gone", "a", ["one"]), host("l/x", "a", ["two"]), host("l/far", "a", ["far"]));
  const to = route(
    "l",
    host("l/n", "new", ["one"]),
    host("l/x", "b", ["two", "one.more"]),
    host("l/m", "b", ["one.more.still", "far"]),
    host("l/far", "b", ["two.free"]),
  );
  // n takes "one" from gone: gone stays. x, m and far have nothing to do with "one".
  assert.deepEqual(read(holdHosts(from, to, usesNew)), [
    "l/far two.free b",
    "l/gone one a",
    "l/m one.more.still,far b",
    "l/x two,one.more b",
  ]);
  const chain = route(
    "l",
    host("l/x", "new", ["two"]),
    host("l/far", "b", ["two.b"]),
    host("l/c", "b", ["far", "two.b2"]),
  );
  assert.deepEqual(read(holdHosts(from, chain, usesNew)), ["l/c far,two.b2 b", "l/far two.b b", "l/x two a"]);
  const tied = route("l", host("l/x", "new", ["far"]), host("l/far", "b", ["two"]));
  assert.deepEqual(read(holdHosts(from, tied, usesNew)), ["l/far far a", "l/x two a"]);
});
