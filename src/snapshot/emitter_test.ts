import { deepStrictEqual as deepEqual, ok, strictEqual as equal } from "node:assert/strict";
import type { AnyResource, Kind } from "../api/mod.ts";
import { makeReport } from "../report/mod.ts";
import type { Report } from "../report/mod.ts";
import { FakeClock } from "../telemetry/fake_clock.ts";
import type { ResourceClient, Transaction } from "../watchers/mod.ts";
import type { ApiSnapshot } from "./api_snapshot.ts";
import { Emitter } from "./emitter.ts";
import type { EmitterOptions } from "./emitter.ts";

function resource(name: string, data = "", namespace = "ns", kind: Kind = "Artifact"): AnyResource {
  return { kind, metadata: { name, namespace }, spec: { data: { data } } } as unknown as AnyResource;
}

const id = (name: string) => ({ kind: "Artifact", namespace: "ns", name }) as const;

/** A client that does what the test says. */
class FakeClient implements ResourceClient {
  readonly name: string;
  readonly lists: { resolve: (put: AnyResource[]) => void; reject: (error: Error) => void }[] = [];
  #watch: { commit: (transaction: Transaction) => void; fail: (error: Error) => void } | undefined;

  readonly #had: AnyResource[];

  /** @param had What the client of the last process had. */
  constructor(name: string, had: AnyResource[] = []) {
    this.name = name;
    this.#had = had;
  }

  former(): Transaction {
    return { put: this.#had, removed: [], reports: [] };
  }

  register(): void {}

  async list(): Promise<Transaction> {
    const { promise, resolve, reject } = Promise.withResolvers<AnyResource[]>();
    this.lists.push({ resolve, reject });
    return { put: await promise, removed: [], reports: [] };
  }

  watch(commit: (transaction: Transaction) => void, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#watch = { commit, fail: reject };
      signal.addEventListener("abort", () => resolve());
    });
  }

  commit(put: AnyResource[], removed: ReturnType<typeof id>[] = [], reports: Report[] = [], since?: number): void {
    this.#watch!.commit({ put, removed, reports, since });
  }

  fail(error: Error): void {
    this.#watch!.fail(error);
  }
}

/** An emitter on a fake clock, that was started and is stopped with the test. */
class Bench implements AsyncDisposable {
  readonly clock = new FakeClock(1_000_000);
  readonly emitted: { at: number; snapshot: ApiSnapshot; since: number | undefined }[] = [];
  readonly emitter: Emitter;
  readonly #end = new AbortController();
  readonly #running: Promise<void>;

  constructor(clients: FakeClient[], options: Partial<EmitterOptions> = {}) {
    const interest = { kinds: ["Artifact", "Upstream", "EndpointSlice"] } as const;
    this.emitter = new Emitter({ clients, interest, clock: this.clock, ...options });
    this.emitter.subscribe((snapshot, since) =>
      void this.emitted.push({ at: this.clock.now() - 1_000_000, snapshot, since })
    );
    this.#running = this.emitter.run(this.#end.signal);
  }

  get times(): number[] {
    return this.emitted.map(({ at }) => at);
  }

  get last(): ApiSnapshot {
    return this.emitted.at(-1)!.snapshot;
  }

  get codes(): string[] {
    return this.emitter.reports().map(({ code, ref }) => `${code.slice(-4)} ${ref.name}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#end.abort();
    await this.#running;
    equal(this.clock.pending, 0);
  }
}

/** A bench with one client that has listed `put`, with quiet since the first emission. */
async function started(put: AnyResource[], settleMs?: number): Promise<{ bench: Bench; client: FakeClient }> {
  const client = new FakeClient("one");
  const bench = new Bench([client], { settleMs });
  client.lists[0]!.resolve(put);
  await bench.clock.advance(10_000);
  bench.emitted.length = 0;
  return { bench, client };
}

Deno.test("the first ApiSnapshot comes when every client has listed", async () => {
  const [one, two] = [new FakeClient("one"), new FakeClient("two")];
  await using bench = new Bench([one, two]);
  one.lists[0]!.resolve([resource("a")]);
  await bench.clock.advance(5000);
  deepEqual(bench.times, []);
  two.lists[0]!.resolve([resource("b")]);
  await bench.clock.advance(0);
  deepEqual(bench.times, [5000]);
  deepEqual(bench.last.list("Artifact").map(({ metadata }) => metadata.name), ["a", "b"]);
});

Deno.test("a client that is late is named, and its list comes after", async () => {
  const [one, two] = [new FakeClient("one"), new FakeClient("two")];
  await using bench = new Bench([one, two], { firstListTimeoutMs: 3000 });
  one.lists[0]!.resolve([resource("a")]);
  await bench.clock.advance(2999);
  deepEqual(bench.times, []);
  await bench.clock.advance(1);
  deepEqual([bench.times, bench.last.size], [[3000], 1]);
  deepEqual(bench.emitter.reports().map(({ code, message }) => [code, message.slice(0, 3)]), [["SLUICE-1109", "two"]]);
  two.lists[0]!.resolve([resource("b")]);
  await bench.clock.advance(2000);
  deepEqual([bench.times, bench.last.size, bench.codes], [[3000, 4000], 2, []]);
});

Deno.test("a client that is late counts as having what it had in the last process, until it lists", async () => {
  const kept = resource("kept");
  const [one, two] = [new FakeClient("one"), new FakeClient("two", [kept, resource("gone")])];
  await using bench = new Bench([one, two], { firstListTimeoutMs: 3000 });
  one.lists[0]!.resolve([resource("a")]);
  await bench.clock.advance(3000);
  deepEqual(bench.last.list("Artifact").map(({ metadata }) => metadata.name), ["a", "gone", "kept"]);
  two.lists[0]!.resolve([resource("kept")]);
  await bench.clock.advance(2000);
  deepEqual(bench.last.list("Artifact").map(({ metadata }) => metadata.name), ["a", "kept"]);
  equal(bench.last.get("Artifact", id("kept")), kept);
});

Deno.test("after a quiet second a change comes at once, with what belongs to it", async () => {
  const { bench, client } = await started([], 5);
  await using _ = bench;
  client.commit([resource("a")]);
  await bench.clock.advance(4);
  client.commit([resource("b")]);
  deepEqual(bench.times, []);
  await bench.clock.advance(1);
  deepEqual([bench.times, bench.last.size], [[10_005], 2]);
});

Deno.test("of one client nothing more is waited for, as its transactions are whole; of several it is", async () => {
  const { bench, client } = await started([]);
  await using _ = bench;
  client.commit([resource("a"), resource("b")]);
  deepEqual([bench.times, bench.last.size], [[10_000], 2]);
  client.commit([resource("c")]);
  await bench.clock.advance(999);
  deepEqual(bench.times, [10_000]);
  await bench.clock.advance(1);
  deepEqual(bench.times, [10_000, 11_000]);

  const [one, two] = [new FakeClient("one"), new FakeClient("two")];
  await using both = new Bench([one, two]);
  one.lists[0]!.resolve([]);
  two.lists[0]!.resolve([]);
  await both.clock.advance(10_000);
  one.commit([resource("a")]);
  await both.clock.advance(4);
  two.commit([resource("b")]);
  await both.clock.advance(1);
  deepEqual([both.times, both.last.size], [[0, 10_005], 2]);
});

Deno.test("an emission tells since when the earliest of its changes was heard of", async () => {
  const { bench, client } = await started([], 5);
  await using _ = bench;
  client.commit([resource("a")], [], [], 70);
  client.commit([resource("b")]);
  client.commit([resource("c")], [], [], 60);
  await bench.clock.advance(1005);
  client.commit([resource("d")]);
  await bench.clock.advance(1005);
  deepEqual(bench.emitted.map(({ since }) => since), [60, undefined]);
});

Deno.test("endpoints that go first tell of themselves, and what waits keeps its own moment", async () => {
  const { bench, client } = await started([], 0);
  await using _ = bench;
  client.commit([resource("a")]);
  client.commit([resource("b")], [], [], 60);
  client.commit([resource("slice", "1", "ns", "EndpointSlice")], [], [], 70);
  await bench.clock.advance(1000);
  deepEqual(bench.emitted.map(({ since }) => since), [undefined, 70, 60]);
});

Deno.test("a storm gives one ApiSnapshot a second, with the newest state", async () => {
  const { bench, client } = await started([], 5);
  await using _ = bench;
  for (let i = 0; i < 300; i++) {
    client.commit([resource("a", `${i}`)]);
    await bench.clock.advance(10);
  }
  deepEqual(bench.times, [10_005, 11_005, 12_005]);
  await bench.clock.advance(1000);
  deepEqual(bench.times.length, 4);
  deepEqual(bench.last.get("Artifact", id("a"))!.spec, { data: { data: "299" } });
  await bench.clock.advance(10_000);
  equal(bench.times.length, 4);
});

Deno.test("nothing is emitted when nothing changed", async () => {
  const { bench, client } = await started([resource("a", "1")], 5);
  await using _ = bench;
  client.commit([resource("a", "1")]);
  client.commit([], [id("never")]);
  client.commit([resource("b")]);
  client.commit([], [id("b")]);
  client.commit([resource("unwanted", "", "ns", "Secret")]);
  await bench.clock.advance(5000);
  deepEqual(bench.times, []);
});

Deno.test("objects and maps stay the same while equal, even over a detour", async () => {
  const first = resource("a", "1");
  const { bench, client } = await started([first, resource("u", "", "ns", "Upstream")], 5);
  await using _ = bench;
  const before = bench.emitter.current!;
  client.commit([resource("a", "2")]);
  client.commit([resource("a", "1"), resource("b")]);
  await bench.clock.advance(5);
  equal(bench.last.get("Artifact", id("a")), first);
  equal(bench.last.map("Upstream"), before.map("Upstream"));
  ok(bench.last.map("Artifact") !== before.map("Artifact"));
  ok(bench.last.sequence > before.sequence);
});

Deno.test("new reports alone emit the same ApiSnapshot", async () => {
  const { bench, client } = await started([resource("a")], 5);
  await using _ = bench;
  const before = bench.emitter.current;
  const report = makeReport("error", "SLUICE-1001", id("a"), "", "bad");
  client.commit([], [], [report]);
  await bench.clock.advance(5);
  deepEqual([bench.times, bench.last === before, bench.codes], [[10_005], true, ["1001 a"]]);
  client.commit([], [], [{ ...report }]);
  await bench.clock.advance(5000);
  equal(bench.times.length, 1);
});

Deno.test("endpoints alone are emitted every 100 ms, and leave other changes for the interval of these", async () => {
  const { bench, client } = await started([resource("a")]);
  await using _ = bench;
  const slice = (data: string) => resource("slice", data, "ns", "EndpointSlice");
  client.commit([resource("b")]);
  client.commit([slice("1")]);
  client.commit([resource("c")]);
  await bench.clock.advance(50);
  client.commit([slice("2")]);
  deepEqual(bench.times, [10_000]);
  await bench.clock.advance(50);
  client.commit([slice("3")]);
  await bench.clock.advance(100);
  deepEqual(bench.times, [10_000, 10_100, 10_200]);
  deepEqual(bench.last.list("Artifact").map(({ metadata }) => metadata.name), ["a", "b"]);
  equal((bench.last.list("EndpointSlice")[0]!.spec as { data: { data: string } }).data.data, "3");
  await bench.clock.advance(800);
  deepEqual(bench.times, [10_000, 10_100, 10_200, 11_000]);
  deepEqual(bench.last.list("Artifact").map(({ metadata }) => metadata.name), ["a", "b", "c"]);
  client.commit([slice("4")]);
  await bench.clock.advance(5000);
  deepEqual(bench.times, [10_000, 10_100, 10_200, 11_000, 11_100]);
});

Deno.test("forceEmit emits at once, changed or not", async () => {
  const { bench, client } = await started([resource("a")]);
  await using _ = bench;
  bench.emitter.forceEmit();
  deepEqual(bench.times, [10_000]);
  client.commit([resource("b")]);
  bench.emitter.forceEmit();
  deepEqual([bench.times, bench.last.size], [[10_000, 10_000], 2]);
  await bench.clock.advance(5000);
  equal(bench.times.length, 2);
});

Deno.test("forceEmit waits for the first lists", async () => {
  const client = new FakeClient("one");
  await using bench = new Bench([client]);
  bench.emitter.forceEmit();
  deepEqual(bench.times, []);
});

Deno.test("an earlier client has precedence, and the clash is a report on the later", async () => {
  const [one, two] = [new FakeClient("one"), new FakeClient("two")];
  await using bench = new Bench([one, two]);
  one.lists[0]!.resolve([]);
  two.lists[0]!.resolve([resource("a", "two")]);
  await bench.clock.advance(2000);
  deepEqual(bench.last.get("Artifact", id("a"))!.spec, { data: { data: "two" } });
  one.commit([resource("a", "one")]);
  await bench.clock.advance(2000);
  deepEqual(bench.last.get("Artifact", id("a"))!.spec, { data: { data: "one" } });
  deepEqual(bench.codes, ["1106 a"]);
  ok(bench.emitter.reports()[0]!.message.startsWith("two"));
  one.commit([], [id("a")]);
  await bench.clock.advance(2000);
  deepEqual(bench.last.get("Artifact", id("a"))!.spec, { data: { data: "two" } });
  deepEqual(bench.codes, []);
});

Deno.test("a client that fails is reported, keeps what it gave, and is asked again", async () => {
  const { bench, client } = await started([resource("a"), resource("b")]);
  await using _ = bench;
  client.fail(new Error("gone"));
  await bench.clock.advance(5);
  deepEqual([bench.codes, bench.last.size], [["1108 "], 2]);
  await bench.clock.advance(1000);
  equal(client.lists.length, 2);
  client.lists[1]!.reject(new Error("still gone"));
  await bench.clock.advance(1000);
  client.lists[2]!.resolve([resource("a")]);
  await bench.clock.advance(2000);
  deepEqual([bench.codes, bench.last.size], [[], 1]);
});

Deno.test("an emitter that follows another goes on from its last ApiSnapshot", async () => {
  const first = await started([resource("a"), resource("b")]);
  const after = first.bench.emitter.current!;
  await first.bench[Symbol.asyncDispose]();
  const client = new FakeClient("one");
  await using bench = new Bench([client], { after });
  client.lists[0]!.resolve([resource("a"), resource("c")]);
  await bench.clock.advance(0);
  equal(bench.last.get("Artifact", id("a")), after.get("Artifact", id("a")));
  deepEqual(bench.last.list("Artifact").map(({ metadata }) => metadata.name), ["a", "c"]);
});

Deno.test("without clients there is one empty ApiSnapshot", async () => {
  await using bench = new Bench([]);
  await bench.clock.advance(5000);
  deepEqual([bench.times, bench.last.size], [[0], 0]);
});

Deno.test("a listener that fails or leaves disturbs no other", async () => {
  const { bench, client } = await started([], 5);
  await using _ = bench;
  const leave = bench.emitter.subscribe(() => {
    throw new Error("bug");
  });
  const heard: number[] = [];
  bench.emitter.subscribe(({ size }) => void heard.push(size));
  client.commit([resource("a")]);
  await bench.clock.advance(1005);
  leave();
  client.commit([resource("b")]);
  await bench.clock.advance(1005);
  deepEqual([heard, bench.times.length], [[1, 2], 2]);
});
