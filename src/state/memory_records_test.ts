import assert from "node:assert/strict";
import type { Served } from "../holds/mod.ts";
import type { Memory } from "../syncer/mod.ts";
import type { VirtualHostPiece } from "../translator/mod.ts";
import { editedSet, routeResource, type XdsResource } from "../xds/mod.ts";
import { host, snapshot } from "../xds/test_snapshot.ts";
import { memoryChanges } from "./memory_records.ts";

const origin = { kind: "VirtualService", namespace: "ns", name: "vs", path: "" } as const;

function pieceOf({ name, bytes }: XdsResource): VirtualHostPiece {
  const none = { refs: {}, domains: [], routes: [], clusters: [], faulty: false, replaceable: false };
  return { key: name, name, origin, bytes, joined: bytes, ...none };
}

/** A proxy that serves these hosts, `near` an earlier form where only these are others. */
function memoryOf(hosts: ReadonlyMap<string, XdsResource>, near?: Memory): Memory {
  const last = near?.served.get("ns/p");
  const before = new Map(last?.pieces.routes[0]?.virtualHosts.map((one) => [one.name, one]));
  const wasServed = last?.snapshot.routes.get("l");
  const frame = wasServed?.frame ?? new Uint8Array([1]);
  const virtualHosts = [...hosts.values()].map((one) => {
    const like = before.get(one.name);
    return like?.bytes === one.bytes ? like : pieceOf(one);
  });
  const set = wasServed && wasServed.virtualHosts.size === hosts.size
    ? editedSet(
      wasServed.virtualHosts,
      new Map([...hosts].filter(([name, one]) => wasServed.virtualHosts.get(name) !== one)),
    )
    : hosts;
  const route = routeResource({ name: "l", frame, frameOrigins: [], virtualHosts: set });
  const served: Served = {
    pieces: {
      ...{ listeners: [], clusters: [], endpoints: [], secrets: [] },
      routes: [{ key: "l", name: "l", origin, bytes: frame, refs: {}, virtualHosts, faultyHosts: [] }],
    },
    since: {},
    snapshot: { ...snapshot(), routes: new Map([["l", route]]) },
  };
  return { claims: near?.claims ?? new Map(), served: new Map([["ns/p", served]]) };
}

const namesOf = (before: Memory, after: Memory): string[] =>
  [...memoryChanges(before, after)].map(([key, value]) => `${value ? "+" : "-"}${key.split("\0").at(-1)}`);

Deno.test("of many hosts those become records that are others, be they edited, added or gone, and no more", () => {
  const hosts = new Map(Array.from({ length: 1000 }, (_, i) => [`l/${i}`, host(`l/${i}`, "a")]));
  const first = memoryOf(hosts);
  assert.deepEqual(namesOf(first, first), []);
  const edited = new Map(hosts).set("l/7", host("l/7", "b")).set("l/900", host("l/900", "b"));
  const second = memoryOf(edited, first);
  assert.deepEqual(namesOf(first, second).sort(), ["+l/7", "+l/900"]);
  // The same piece may be served as another resource: clusters came or went.
  const { pieces } = first.served.get("ns/p")!;
  const resources: Memory = { ...second, served: new Map([["ns/p", { ...second.served.get("ns/p")!, pieces }]]) };
  assert.deepEqual(namesOf(first, resources).sort(), ["+l/7", "+l/900"]);
  const third = memoryOf(new Map(edited).set("l/7", host("l/7", "c")), second);
  assert.deepEqual(namesOf(second, third), ["+l/7"]);
  const fewer = new Map(hosts);
  fewer.delete("l/3");
  assert.deepEqual(namesOf(first, memoryOf(fewer, first)), ["-l/3"]);
  assert.deepEqual(namesOf(memoryOf(fewer), first).length, 1000 + 1, "nothing in common: every host, and the frame");
});
