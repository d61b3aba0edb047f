/** What a client knows from the client before it, whose process ended. */
import assert from "node:assert/strict";
import type { FormerRecords, JsonValue, ResourceClient, Transaction } from "../contract.ts";
import { FakeClock } from "../../telemetry/fake_clock.ts";
import type { Clock } from "../../telemetry/mod.ts";
import { ALL_KINDS } from "../../api/mod.ts";
import { createDirectoryClient } from "./directory_client.ts";
import { artifact, decodeForTests, stream, TemporaryFolder } from "./test_bench.ts";

function artifactsClient(path: string, former?: FormerRecords, clock?: Clock): ResourceClient {
  const roots = [{ path, layout: "mixed" }] as const;
  const client = createDirectoryClient({ roots, decode: decodeForTests, defaultNamespace: "ns", former, clock });
  client.register({ kinds: ALL_KINDS });
  return client;
}

/** All that a client wants kept, as it comes back from a disk. */
function kept({ records }: ResourceClient): FormerRecords {
  const all = new Map([...records!.keys()].map((key) => [key, JSON.stringify(records!.get(key))]));
  return { keys: () => all.keys(), get: (key) => all.has(key) ? JSON.parse(all.get(key)!) as JsonValue : undefined };
}

const listOf = async (client: ResourceClient): Promise<Transaction> => await client.list(new AbortController().signal);

function texts({ put }: Transaction): Record<string, unknown> {
  return Object.fromEntries(
    put.map(({ metadata, spec }): [string, unknown] => [metadata.name, (spec as { data: { text: unknown } }).data.text])
      .sort(),
  );
}

const codes = ({ reports }: Transaction): string[] => reports.map(({ code }) => code).sort();

/** A folder with three files, read once. */
async function readOnce(folder: TemporaryFolder): Promise<FormerRecords> {
  folder.write("one.yaml", artifact("one", "1"));
  folder.write("two.yaml", stream(artifact("two", "1"), artifact("three", "1")));
  folder.write("sub/four.yaml", artifact("four", "1"));
  const client = artifactsClient(folder.path);
  await listOf(client);
  return kept(client);
}

Deno.test("what can be read is read; what was deleted meanwhile is gone", async () => {
  using folder = new TemporaryFolder();
  const former = await readOnce(folder);
  folder.write("one.yaml", artifact("one", "2"));
  Deno.removeSync(folder.at("two.yaml"));
  const client = artifactsClient(folder.path, former);
  const listed = await listOf(client);
  assert.deepEqual(texts(listed), { one: 2, four: 1 });
  assert.deepEqual(codes(listed), []);
  assert.deepEqual(texts(await listOf(artifactsClient(folder.path, kept(client)))), { one: 2, four: 1 });
});

Deno.test("a document that is bad at the first look keeps its last good form; so does a file that is emptied or cannot be read", async () => {
  using folder = new TemporaryFolder();
  const former = await readOnce(folder);
  folder.write("one.yaml", "kind: [Artifact\n");
  folder.write("two.yaml", stream(artifact("two", "2"), artifact("three", "2").replace("{data", "{bad: 1, data")));
  folder.write("sub/four.yaml", "");
  const listed = await listOf(artifactsClient(folder.path, former));
  assert.deepEqual(texts(listed), { one: 1, two: 2, three: 1, four: 1 });
  const held = listed.put.filter(({ metadata }) => metadata.name !== "two");
  assert.ok(held.every((resource) => Object.isFrozen(resource) && Object.isFrozen(resource.spec)));
  Deno.removeSync(folder.at("one.yaml"));
  assert.equal(texts(await listOf(artifactsClient(folder.path, former))).one, undefined);
});

Deno.test("a missing folder keeps all that was read from it, an emptied one keeps nothing, and another empty one all", async () => {
  using folder = new TemporaryFolder();
  using elsewhere = new TemporaryFolder();
  const former = await readOnce(folder);
  const all = { one: 1, two: 1, three: 1, four: 1 };
  const away = `${elsewhere.path}/away`;
  Deno.renameSync(folder.path, away);
  const without = artifactsClient(folder.path, former);
  const missing = await listOf(without);
  assert.deepEqual([texts(missing), codes(missing)], [all, ["SLUICE-1107"]]);
  Deno.mkdirSync(folder.path);
  const clock = new FakeClock(Date.now());
  const other = artifactsClient(folder.path, kept(without), clock);
  const empty = await listOf(other);
  assert.deepEqual([texts(empty), codes(empty)], [all, ["SLUICE-1111"]]);
  // The empty folder is not what was read, however often it is looked at.
  for (let i = 0; i < 3; i++) {
    await other.rescan!();
    await clock.advance(1000);
  }
  const again = await listOf(artifactsClient(folder.path, kept(other)));
  assert.deepEqual([texts(again), codes(again)], [all, ["SLUICE-1111"]]);
  Deno.removeSync(folder.path);
  Deno.renameSync(away, folder.path);
  for (const name of ["one.yaml", "two.yaml", "sub/four.yaml"]) Deno.removeSync(folder.at(name));
  const emptied = await listOf(artifactsClient(folder.path, former));
  assert.deepEqual([texts(emptied), codes(emptied)], [{}, []]);
});

Deno.test("before it has listed, it says what the client before had, and keeps that", async () => {
  using folder = new TemporaryFolder();
  const former = await readOnce(folder);
  const client = artifactsClient(folder.path, former);
  assert.deepEqual(texts(client.former!()!), { one: 1, two: 1, three: 1, four: 1 });
  assert.deepEqual([...kept(client).keys()].sort(), [...former.keys()].sort());
});

Deno.test("what changed is told once, by the file that it is in", async () => {
  using folder = new TemporaryFolder();
  await readOnce(folder);
  const client = artifactsClient(folder.path);
  await listOf(client);
  assert.deepEqual([...client.records!.takeChanged()].sort(), [...client.records!.keys()].sort());
  assert.deepEqual(client.records!.takeChanged(), []);
});
