import assert from "node:assert/strict";
import type { Memory } from "../../syncer/mod.ts";
import { host, listener, route, snapshot } from "../../xds/test_snapshot.ts";
import { handedOver } from "./handed_over.ts";

Deno.test("the memory can be sent to another Worker, with all that is held; EnvoySnapshots are left to be made again", () => {
  const bytes = new Uint8Array([1, 2]);
  const key = "l";
  const piece = {
    key,
    name: "l",
    origin: { kind: "Gateway", namespace: "ns", name: "gw", path: "" },
    bytes,
    refs: {},
  } as const;
  const memory: Memory = {
    claims: new Map(),
    served: new Map([["ns/proxy", {
      pieces: { listeners: [{ ...piece, filterChains: [] }], routes: [], clusters: [], endpoints: [], secrets: [] },
      since: { "listener l": 5 },
      snapshot: snapshot(listener("l", 80), route("l", host("l/x", "a"))),
    }]]),
  };
  const sent = structuredClone(handedOver(memory));
  const served = sent.served.get("ns/proxy")!;
  assert.deepEqual(served.pieces, memory.served.get("ns/proxy")!.pieces);
  assert.deepEqual(served.since, { "listener l": 5 });
  assert.equal(served.snapshot.routes.size + served.snapshot.listeners.size, 0);
});
