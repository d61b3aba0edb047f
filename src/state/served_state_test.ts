import assert from "node:assert/strict";
import { type Clock, createMetrics, systemClock } from "../telemetry/mod.ts";
import type { JsonValue, SourceRecords } from "../watchers/mod.ts";
import { EMPTY_MEMORY, type Memory } from "../syncer/mod.ts";
import { host, listener, route, snapshot } from "../xds/test_snapshot.ts";
import { readFrames } from "./frames.ts";
import { loadMemory } from "./load_memory.ts";
import { ServedState, type StateFault } from "./served_state.ts";
import { StateBusy } from "./state_folder.ts";

const SCRATCH = ".cache/test";

async function withFolder(test: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ dir: SCRATCH, prefix: "state_" });
  try {
    await test(`${folder}/served`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

interface Opened {
  readonly state: ServedState;
  readonly told: (StateFault | undefined)[];
  metric(name: string): Promise<number>;
}

async function open(folder: string, clock = systemClock): Promise<Opened> {
  const told: (StateFault | undefined)[] = [];
  const metrics = await createMetrics();
  const state = await ServedState.open({
    ...{ folder, clock, metrics },
    onWriting: (fault) => told.push(fault),
  });
  const metric = async (name: string): Promise<number> =>
    Number(new RegExp(`^${name} (.*)$`, "m").exec(await metrics.text())?.[1] ?? 0);
  return { state, told, metric };
}

/** A memory in which a proxy serves one host that leads to this cluster. */
function memoryOf(cluster: string, claims: Memory["claims"] = new Map()): Memory {
  const pieces = { listeners: [], routes: [], clusters: [], endpoints: [], secrets: [] };
  const served = snapshot(listener("l", 80), route("l", host("l/x", cluster)));
  return { claims, served: new Map([["ns/proxy", { pieces, since: { "route x": 5 }, snapshot: served }]]) };
}

/** What was found, as far as the tests look at it. */
function clusterIn({ found }: ServedState): string | undefined {
  return found?.snapshots.get("ns/proxy")?.routes.get("l")?.virtualHosts.get("l/x")?.refs.clusters?.[0];
}

const bytesOf = (folder: string): Uint8Array => Deno.readFileSync(`${folder}/log`);
const size = (folder: string): number => Deno.statSync(`${folder}/log`).size;
const names = (folder: string): string[] => [...Deno.readDirSync(folder)].map(({ name }) => name).sort();

async function until(what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
  for (let i = 0; i < 1000; i++) {
    if (await isSo()) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`never: ${what}`);
}

/** Opens it, records, and ends as if killed: nothing is written that was not before. */
async function leave(folder: string, ...memories: readonly Memory[]): Promise<void> {
  const { state } = await open(folder);
  for (const memory of memories) state.record(memory);
  await state.stop();
}

Deno.test("state: what was recorded is found, with claims, times, slots and what sources keep; for its owner alone", async () => {
  await withFolder(async (folder) => {
    const files = new Map<string, JsonValue>([["a.yaml", { x: [1, "é"] }]]);
    const source: SourceRecords = { keys: () => files.keys(), get: (key) => files.get(key), takeChanged: () => [] };
    const first = await open(folder);
    assert.equal(first.state.found, undefined);
    first.state.put("holds", { route: { why: "NACK" } });
    first.state.record(memoryOf("one", new Map([["scope", new Map([["a.com", "VirtualService/ns/a"]])]])), source);
    await first.state.stop();
    assert.deepEqual(first.told, []);
    const { state } = await open(folder);
    assert.equal(clusterIn(state), "one");
    const work = state.found!.memory();
    let step = work.next();
    while (!step.done) step = work.next();
    assert.deepEqual(step.value.claims, new Map([["scope", new Map([["a.com", "VirtualService/ns/a"]])]]));
    assert.deepEqual(step.value.served.get("ns/proxy")!.since, { "route x": 5 });
    assert.deepEqual(state.found!.slot("holds"), { route: { why: "NACK" } });
    assert.deepEqual([...state.found!.source.keys()], ["a.yaml"]);
    assert.deepEqual(state.found!.source.get("a.yaml"), { x: [1, "é"] });
    await state.stop();
    assert.equal(Deno.statSync(folder).mode! & 0o777, 0o700);
    for (const name of names(folder)) assert.equal(Deno.statSync(`${folder}/${name}`).mode! & 0o777, 0o600, name);
  });
});

Deno.test("state: a change is in the file before record() returns, as one set of a few records", async () => {
  await withFolder(async (folder) => {
    await leave(folder, memoryOf("one"));
    const { state, metric } = await open(folder);
    state.record(memoryOf("two"));
    await until("it is written anew after the start", () => names(folder).join() === "lock,log" && size(folder) > 0);
    const before = size(folder);
    const records = await metric("sluice_state_records_total");
    state.record(memoryOf("three"));
    const copy = bytesOf(folder);
    await state.stop();
    assert.ok(copy.length > before);
    assert.ok(await metric("sluice_state_records_total") - records <= 3);
    const other = `${folder}/copy`;
    Deno.mkdirSync(other);
    Deno.writeFileSync(`${other}/log`, copy);
    const { state: next } = await open(other);
    assert.equal(clusterIn(next), "three");
    await next.stop();
  });
});

Deno.test("state: at no moment is the file older than what was recorded, also while it is written anew", async () => {
  await withFolder(async (folder) => {
    const claims = new Map();
    const many = Array.from({ length: 2000 }, (_, i) => host(`l/${i}`, "a"));
    const pieces = { listeners: [], routes: [], clusters: [], endpoints: [], secrets: [] };
    const edit = (i: number): Memory => {
      const served = snapshot(route("l", host("l/x", `edit ${i}`), ...many));
      return { claims, served: new Map([["ns/proxy", { pieces, since: {}, snapshot: served }]]) };
    };
    await leave(folder, edit(0));
    const { state } = await open(folder);
    // A new file has come when the number of its inode is another.
    const inode = () => Deno.statSync(`${folder}/log`).ino;
    const before = inode();
    let [i, draft] = [0, false];
    while (inode() === before) {
      state.record(edit(++i));
      draft ||= names(folder).includes("log.new");
      const read = readFrames([bytesOf(folder)]);
      assert.ok(!("fault" in read), `edit ${i}`);
      const found = loadMemory(read.records).snapshots.get("ns/proxy")!.routes.get("l")!.virtualHosts.get("l/x")!;
      assert.deepEqual(found.refs.clusters, [`edit ${i}`]);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    assert.ok(draft && i > 2, `only ${i} edits came while it was written anew`);
    await state.stop();
    const { state: next } = await open(folder);
    assert.equal(clusterIn(next), `edit ${i}`);
    await next.stop();
  });
});

Deno.test("state: the file stays within twice what there is and a mebibyte, however many changes there were", async () => {
  await withFolder(async (folder) => {
    const { state } = await open(folder);
    const large = "x".repeat(50_000);
    // 200 changes are 20 MB. While it is written anew some come to the old one, as nothing waits for that.
    for (let i = 0; i < 200; i++) {
      state.record(memoryOf(`${i}${large}`));
      await until("it is written anew", () => state.isUpToDate && size(folder) < 3 * 512 * 1024);
    }
    await state.stop();
    const { state: next } = await open(folder);
    assert.equal(clusterIn(next), `199${large}`);
    await next.stop();
  });
});

Deno.test("state: what cannot be believed is set aside and told, and no more than three of that are kept", async () => {
  await withFolder(async (folder) => {
    await leave(folder, memoryOf("one"));
    const good = bytesOf(folder);
    for (let i = 0; i < 5; i++) {
      const damaged = good.slice();
      damaged[good.length - 5 - i]! ^= 1;
      Deno.writeFileSync(`${folder}/log`, damaged);
      const { state } = await open(folder);
      assert.equal(state.found, undefined);
      assert.equal(state.fault?.what, "set aside");
      assert.match(state.fault!.message, /set aside as rejected-.* and is not served: it is damaged between bytes/);
      state.record(memoryOf("two"));
      await state.stop();
      const { state: next } = await open(folder);
      assert.deepEqual([clusterIn(next), next.fault], ["two", undefined]);
      await next.stop();
    }
    assert.equal(names(folder).filter((name) => name.startsWith("rejected-")).length, 3);
  });
});

Deno.test("state: what is whole but says nonsense is set aside too", async () => {
  await withFolder(async (folder) => {
    const { FrameWriter, headerBytes } = await import("./frames.ts");
    Deno.mkdirSync(folder);
    const frame = new FrameWriter();
    frame.add(["c\0ns/proxy\0x", [new Uint8Array([3, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3])]]);
    Deno.writeFileSync(`${folder}/log`, new Uint8Array([...headerBytes(), ...frame.take(true, 0)]));
    const { state } = await open(folder);
    assert.deepEqual([state.found, state.fault?.what], [undefined, "set aside"]);
    await state.stop();
  });
});

Deno.test("state: where it cannot be written that is told once; as soon as it can be, all of it is written", async () => {
  await withFolder(async (folder) => {
    // A file where the folder should be.
    Deno.writeTextFileSync(folder, "");
    const { state, told, metric } = await open(folder);
    state.record(memoryOf("one"));
    await until("told", () => told.length > 0);
    state.record(memoryOf("two"));
    state.record(memoryOf("three"));
    await until("tried again", async () => await metric("sluice_state_write_failures_total") >= 2);
    assert.deepEqual(told.map((fault) => fault?.what), ["unwritable"]);
    assert.equal(state.isUpToDate, false);
    Deno.removeSync(folder);
    await until("written", () => told.length === 2);
    assert.equal(told[1], undefined);
    await state.stop();
    const { state: next } = await open(folder);
    assert.equal(clusterIn(next), "three");
    await next.stop();
  });
});

Deno.test("state: two processes do not share a folder; a lock whose process is gone is none", async () => {
  await withFolder(async (folder) => {
    const { state } = await open(folder);
    state.record(memoryOf("one"));
    let now = 0;
    const hasty: Clock = { ...systemClock, elapsed: () => now += 500 };
    await assert.rejects(
      open(folder, hasty),
      (error) => error instanceof StateBusy && /another sluice uses/.test(error.message),
    );
    await state.stop();
    const { state: next } = await open(folder);
    assert.equal(clusterIn(next), "one");
    await next.stop();
  });
});

Deno.test("state: a folder that somebody removes is made again, with all that there is", async () => {
  await withFolder(async (folder) => {
    await leave(folder, memoryOf("one"));
    const { state, told } = await open(folder);
    const before = Deno.statSync(`${folder}/log`).ino;
    state.record(memoryOf("two"));
    await until("it is written anew", () => Deno.statSync(`${folder}/log`).ino !== before);
    Deno.removeSync(folder, { recursive: true });
    state.record(memoryOf("three"));
    await until("it is noticed and made anew", () => told.length === 2);
    assert.match(told[0]!.message, /cannot be written/);
    await state.stop();
    const { state: next } = await open(folder);
    assert.equal(clusterIn(next), "three");
    await next.stop();
  });
});

Deno.test("state: what is disregarded is neither served nor added to", async () => {
  await withFolder(async (folder) => {
    await leave(folder, memoryOf("one"));
    const { state } = await open(folder);
    state.disregard();
    const before = bytesOf(folder);
    state.record(memoryOf("two"));
    assert.deepEqual(bytesOf(folder), before);
    state.record(EMPTY_MEMORY);
    await state.stop();
    const { state: next } = await open(folder);
    assert.equal(next.found!.snapshots.size, 0);
    await next.stop();
  });
});
