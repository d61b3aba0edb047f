/**
 * What is kept of a run is what the run knew, and a run that begins with it pushes nothing where nothing changed: for random
 * sequences of edits, with restarts in between. SLUICE_SEED=<n> runs that sequence alone, SLUICE_STEPS=<n> longer ones.
 */
import assert from "node:assert/strict";
import { createAuthority } from "../../scripts/certificates.ts";
import type { Served } from "../../src/holds/mod.ts";
import { Incremental } from "../../src/incremental/mod.ts";
import { plugins } from "../../src/plugins/mod.ts";
import type { ApiSnapshot } from "../../src/snapshot/mod.ts";
import { FrameWriter, headerBytes, readFrames, type StateRecord } from "../../src/state/frames.ts";
import { loadMemory } from "../../src/state/load_memory.ts";
import { memoryChanges } from "../../src/state/memory_records.ts";
import { firstByName } from "../../src/state/sections.ts";
import { EMPTY_MEMORY, type Memory, translate } from "../../src/syncer/mod.ts";
import { type EnvoySnapshot, type ResourceSet, roleOfProxy, XdsCache, type XdsResource } from "../../src/xds/mod.ts";
import { firstDifference } from "./difference.ts";
import { CORNERS, Documents } from "./documents.ts";
import { randomEdits } from "./edits.ts";
import { WRITE_NAMESPACE } from "./names.ts";
import { Random } from "./random.ts";
import { finish, settingsOf } from "./twin.ts";
import { World } from "./world.ts";

const SEED = Deno.env.get("SLUICE_SEED");
const STEPS = Number(Deno.env.get("SLUICE_STEPS") ?? 40);
const SEEDS = SEED ? [Number(SEED)] : [1, 2, 3, 4, 5, 6];

const certificates = [await createAuthority("one"), await createAuthority("two")];

/** A file that is written as the product writes it, but in memory. */
class File {
  #bytes = headerBytes();

  append(records: Iterable<StateRecord>): number {
    const frame = new FrameWriter();
    let count = 0;
    for (const record of records) {
      frame.add(record);
      count++;
    }
    const added = frame.take(true, 0);
    const whole = new Uint8Array(this.#bytes.length + added.length);
    whole.set(this.#bytes);
    whole.set(added, this.#bytes.length);
    this.#bytes = whole;
    return count;
  }

  load(): { readonly memory: Memory; readonly snapshots: ReadonlyMap<string, EnvoySnapshot> } {
    const read = readFrames([this.#bytes]);
    if ("fault" in read) throw new Error(read.fault);
    const loaded = loadMemory(read.records);
    return { snapshots: loaded.snapshots, memory: finish(loaded.memory()) };
  }
}

/** One process after the other. */
class Run {
  memory: Memory = EMPTY_MEMORY;
  cache = new XdsCache();
  #incremental = new Incremental();
  #file = new File();
  /** All that is known is in the file, and not only what is served. */
  #isWhole = true;

  sync(snapshot: ApiSnapshot, now: number): void {
    const settings = settingsOf(snapshot);
    const { memory, proxies } = finish(translate({
      ...{ snapshot, settings, writeNamespace: WRITE_NAMESPACE, plugins, now },
      ...{ memory: this.memory, incremental: this.#incremental },
    }));
    this.#file.append(memoryChanges(this.memory, memory, { servedOnly: !this.#isWhole }));
    this.memory = memory;
    for (const { role, snapshot } of proxies) this.cache.setSnapshot(role, snapshot);
  }

  loaded() {
    return this.#file.load();
  }

  rewrite(): void {
    this.#file = new File();
    this.#file.append(memoryChanges(EMPTY_MEMORY, this.memory));
    this.#isWhole = true;
  }

  /** The process is killed, and another goes on from the file. */
  restart(): void {
    const { memory, snapshots } = this.loaded();
    this.memory = memory;
    this.#isWhole = false;
    this.#incremental = new Incremental();
    this.cache = new XdsCache();
    for (const [proxy, snapshot] of snapshots) this.cache.setSnapshot(roleOfProxy(proxy), snapshot);
  }
}

for (const seed of SEEDS) {
  Deno.test(`${STEPS} steps of edits: what is loaded is what was served, and a restart pushes nothing (SLUICE_SEED=${seed})`, async () => {
    const random = new Random(seed);
    const documents = new Documents(random, certificates, CORNERS[seed % CORNERS.length]!);
    await using world = new World();
    for (const document of documents.configuration()) world.put(document);
    const run = new Run();
    for (let step = 0; step <= STEPS; step++) {
      const snapshot = await world.commit();
      run.sync(snapshot, step);
      const fault = servedDifference(run.loaded().memory, run.memory);
      assert.equal(fault, undefined, `SLUICE_SEED=${seed}, step ${step}`);
      if (random.oneIn(4)) {
        restart(run, snapshot, step, `SLUICE_SEED=${seed}, step ${step}`);
      }
      randomEdits({ world, documents, random, past: [] });
    }
  });
}

function restart(run: Run, snapshot: ApiSnapshot, step: number, where: string): void {
  run.rewrite();
  assert.equal(memoryDifference(run.loaded().memory, run.memory), undefined, where);
  run.restart();
  const before = new Map(run.cache.roles().map((role) => [role, run.cache.snapshot(role)]));
  run.sync(snapshot, step);
  const after = new Map(run.cache.roles().map((role) => [role, run.cache.snapshot(role)]));
  for (const [role, served] of after) assert.ok(before.get(role) === served, `${where}: ${role} is pushed again`);
  assert.equal(servedDifference(run.loaded().memory, run.memory), undefined, `${where}, after the restart`);
  run.rewrite();
  assert.equal(memoryDifference(run.loaded().memory, run.memory), undefined, `${where}, written anew`);
}

function servedDifference(one: Memory, other: Memory): string | undefined {
  return firstDifference(plain(one, plainServed), plain(other, plainServed));
}

function memoryDifference(one: Memory, other: Memory): string | undefined {
  return firstDifference(plain(one, plainAll), plain(other, plainAll));
}

function plain({ claims, served }: Memory, of: (served: Served) => unknown): unknown {
  const holders = [...claims].flatMap(([scope, found]) => [...found].map((one) => [scope, ...one].join(" | ")));
  return {
    claims: holders.sort(),
    served: Object.fromEntries([...served].map(([proxy, one]) => [proxy, of(one)])),
  };
}

function plainServed({ snapshot, since }: Served): Record<string, unknown> {
  const { listeners, clusters, endpoints, secrets, routes } = snapshot;
  return {
    since,
    ...{ listeners: listed(listeners), clusters: listed(clusters) },
    ...{ endpoints: listed(endpoints), secrets: listed(secrets) },
    routes: byName([...routes.values()].map(({ name, version, frame, frameOrigins, virtualHosts }) => ({
      ...{ name, version, frame, frameOrigins },
      virtualHosts: listed(virtualHosts),
    }))),
  };
}

function plainAll(served: Served): Record<string, unknown> {
  const { listeners, clusters, endpoints, secrets, routes } = served.pieces;
  return {
    ...plainServed(served),
    pieces: {
      ...{ listeners: pieces(listeners), clusters: pieces(clusters) },
      ...{ endpoints: pieces(endpoints), secrets: pieces(secrets) },
      routes: pieces(routes.map(({ faultyHosts: _, ...one }) => ({ ...one, virtualHosts: pieces(one.virtualHosts) }))),
    },
  };
}

/** Order says nothing, and of several of one name the first counts. */
const pieces = <P extends { readonly name: string }>(list: readonly P[]) => byName([...firstByName(list).values()]);

const listed = (set: ResourceSet) =>
  byName([...set.values()].map(({ typeUrl, name, version, bytes, origins, refs }: XdsResource) => ({
    ...{ typeUrl, name, version, bytes, origins, refs },
  })));

const byName = <T extends { readonly name: string }>(list: readonly T[]) =>
  Object.fromEntries(list.map((one) => [one.name, one]));
