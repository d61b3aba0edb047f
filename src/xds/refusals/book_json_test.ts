import assert from "node:assert/strict";
import { cluster, route } from "../test_snapshot.ts";
import { bookFromJson, bookToJson } from "./book_json.ts";
import type { ClientHold } from "./client_hold.ts";
import { RefusalBook } from "./refusal_book.ts";
import { hostOf } from "./test_envoy.ts";

const client = { role: "ns~proxy", nodeId: "n", userAgent: "envoy 1.40.0" };
const HOLDS: ClientHold[] = [
  {
    what: "resource",
    type: "cluster",
    name: "a",
    shows: "last accepted",
    refused: "v",
    instead: cluster("a"),
    also: [],
  },
  { what: "resource", type: "secret", name: "s", shows: "nothing", refused: "v", instead: undefined, also: [] },
  {
    ...{ what: "resource", type: "virtualHost", name: "l/x", configuration: "l", shows: "500", refused: "v" },
    ...{ instead: hostOf("l/x", ["/>a"]), also: [hostOf("l/y", ["/>b"])] },
  } as ClientHold,
  {
    ...{ what: "frame", type: "route", name: "l", shows: "last accepted", refused: "v", withHosts: false },
    instead: route("l", hostOf("l/x", ["/>a"])),
  } as ClientHold,
  {
    ...{ what: "part", type: "listener", name: "l", shows: "nothing", refused: ["v", "w"] },
    ...{ parts: [new Uint8Array([1, 2]), new Uint8Array()], instead: [], refs: { clusters: ["a"] } },
  } as ClientHold,
];
const book = [{ client, holds: HOLDS.map((hold) => ({ hold, detail: "no", since: 5 })) }];

Deno.test("a hold table goes to JSON and comes back", () => {
  const text = bookToJson(book);
  const back = bookFromJson(text);
  assert.equal(bookToJson(back), text);
  const [whole, , , frame, part] = back[0]!.holds.map(({ hold }) => hold);
  assert.deepEqual(whole?.what === "resource" && whole.instead, cluster("a"));
  const made = frame?.what === "frame" ? frame.instead! : undefined;
  const wanted = route("l", hostOf("l/x", ["/>a"]));
  assert.deepEqual([made!.version, made!.bytes, made!.refs], [wanted.version, wanted.bytes, wanted.refs]);
  assert.deepEqual(part?.what === "part" && part.parts, [new Uint8Array([1, 2]), new Uint8Array()]);
});

Deno.test("what is no hold table throws", () => {
  const good = bookToJson([{ client, holds: [{ hold: HOLDS[0]!, detail: "no", since: 5 }] }]);
  for (const text of ["", "{}", "[{}]", '[{"client":{"role":1}}]', good.replace('"cluster"', "1"), good.slice(1)]) {
    assert.throws(() => bookFromJson(text), text);
  }
  for (const field of ["refused", "what", "bytes", "refs", "origins", "since", "detail", "nodeId"]) {
    assert.throws(() => bookFromJson(good.replace(`"${field}":`, '"other":')), field);
  }
});

Deno.test("what is restored is present until the restore ends or the client came and went", () => {
  let changes = 0;
  const table = new RefusalBook();
  table.follow(() => changes++);
  table.restore([...book, { client: { ...client, nodeId: "other" }, holds: book[0]!.holds }]);
  assert.equal(table.present().length, 2);
  assert.equal(table.connected(client).length, HOLDS.length);
  table.endRestore();
  assert.deepEqual(table.present().map((one) => one.client.nodeId), ["n"]);
  table.left(client);
  assert.deepEqual(table.present(), []);
  assert.equal(table.all().length, 2);
  assert.equal(table.connected({ ...client, nodeId: "stranger" }).length, 0);
  assert.ok(changes > 0);
});

Deno.test("of many clients the oldest are forgotten", () => {
  const table = new RefusalBook();
  for (let i = 0; i < 5_000; i++) table.keep({ ...client, nodeId: String(i) }, book[0]!.holds);
  assert.equal(table.all().length, 4096);
  assert.equal(table.all()[0]!.client.nodeId, String(5_000 - 4096));
  const named = (name: string) => ({ hold: { ...HOLDS[0]!, name } as ClientHold, detail: "no", since: 5 });
  for (let i = 0; i < 5_000; i++) table.keep(client, [named(String(i))]);
  assert.deepEqual([table.suspected("cluster resource 4999 v"), table.suspected("cluster resource 1 v")], [
    true,
    false,
  ]);
});
