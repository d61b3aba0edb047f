import assert from "node:assert/strict";
import { FakeClock } from "../telemetry/fake_clock.ts";
import { DiscoveryWriter, type DiscoveryWriterOptions, type ObjectStore } from "./discovery_writer.ts";
import type { UpstreamWrite } from "./upstream_writes.ts";

const ref = (name: string) => ({ namespace: "ns", name });
const apply = (name: string, version = "1"): UpstreamWrite => ({
  action: "apply",
  ref: ref(name),
  path: `/${name}`,
  object: { metadata: { resourceVersion: version } },
});
const remove = (name: string): UpstreamWrite => ({ action: "delete", ref: ref(name), path: `/${name}`, uid: "u" });

/** A writer on a fake clock, with what it asked of the API server and when. */
class Bench implements ObjectStore, AsyncDisposable {
  readonly clock = new FakeClock();
  readonly asked: string[] = [];
  plan: UpstreamWrite[] | undefined = [];
  plans = 0;
  isLeader = true;
  /** What the next requests reject with. */
  fault: string | undefined;
  told = 0;
  readonly writer: DiscoveryWriter;

  constructor(options: Partial<DiscoveryWriterOptions> = {}) {
    this.writer = new DiscoveryWriter({
      objects: this,
      plan: () => this.#work(),
      isLeader: () => this.isLeader,
      clock: this.clock,
      onReports: () => void this.told++,
      ...options,
    });
  }

  #work(): Generator<void, UpstreamWrite[]> | undefined {
    this.plans++;
    const { plan } = this;
    return plan && (function* () {
      yield;
      return plan;
    })();
  }

  apply(path: string, object: Readonly<Record<string, unknown>>, fieldManager: string): Promise<void> {
    const { resourceVersion } = object.metadata as { resourceVersion: string };
    return this.#answer(`apply ${path} ${resourceVersion} ${fieldManager}`);
  }

  delete(path: string, uid: string): Promise<void> {
    return this.#answer(`delete ${path} ${uid}`);
  }

  #answer(request: string): Promise<void> {
    this.asked.push(`${this.clock.elapsed()} ${request.replace(" sluice-discovery", "")}`);
    return this.fault === undefined ? Promise.resolve() : Promise.reject(new Error(this.fault));
  }

  /** A change that leads to this plan. */
  change(...plan: UpstreamWrite[]): void {
    this.plan = plan;
    this.writer.changed();
  }

  get messages(): string[] {
    return this.writer.reports().map(({ code, ref, message }) => `${code.slice(-4)} ${ref.name} ${message}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.writer.stop();
    assert.equal(this.clock.pending, 0);
  }
}

Deno.test("many changes are one plan, and its requests are made one after the other", async () => {
  await using bench = new Bench();
  bench.change(apply("x"));
  await bench.clock.advance(500);
  bench.change(apply("a"), remove("b"));
  await bench.clock.advance(499);
  assert.deepEqual([bench.asked, bench.plans], [[], 0]);
  await bench.clock.advance(1);
  await bench.writer.written();
  assert.deepEqual([bench.asked, bench.plans], [["1000 apply /a 1", "1000 delete /b u"], 1]);
});

Deno.test("requests keep to their rate, and what a new plan does not have any more is not written", async () => {
  await using bench = new Bench({ perSecond: 2, burst: 2, settleMs: 0 });
  bench.change(apply("a"), apply("b"), apply("c"), apply("d"));
  await bench.clock.advance(500);
  assert.deepEqual(bench.asked, ["0 apply /a 1", "0 apply /b 1", "500 apply /c 1"]);
  bench.change(apply("e"));
  await bench.clock.advance(5000);
  assert.deepEqual(bench.asked.slice(3), ["1000 apply /e 1"]);
});

Deno.test("what was done is not done again while the watch is late, but for another version, or later", async () => {
  await using bench = new Bench({ settleMs: 0 });
  bench.change(apply("a"));
  await bench.clock.advance(1);
  bench.change(apply("a"));
  await bench.clock.advance(1);
  bench.change(apply("a", "2"));
  await bench.clock.advance(1);
  assert.deepEqual(bench.asked, ["0 apply /a 1", "2 apply /a 2"]);
  await bench.clock.advance(10_000);
  bench.change(apply("a", "2"));
  await bench.clock.advance(1);
  assert.deepEqual(bench.asked.slice(2), ["10003 apply /a 2"]);
  bench.change();
  await bench.clock.advance(1);
  bench.change(apply("a", "2"));
  await bench.clock.advance(1);
  assert.equal(bench.asked.length, 4);
});

Deno.test("a request that fails is reported and tried again after ever longer pauses; others go on", async () => {
  await using bench = new Bench({ settleMs: 0 });
  bench.fault = "the server is gone";
  bench.change(remove("a"));
  await bench.clock.advance(6999);
  assert.deepEqual(bench.asked, ["0 delete /a u", "1000 delete /a u", "3000 delete /a u"]);
  assert.deepEqual(bench.messages, ["1604 a this discovered Upstream cannot be deleted: the server is gone"]);
  assert.equal(bench.told, 1);
  bench.fault = undefined;
  bench.change(remove("a"), apply("b"));
  await bench.clock.advance(0);
  assert.deepEqual(bench.asked.slice(3), ["6999 apply /b 1"]);
  await bench.clock.advance(1);
  assert.deepEqual(bench.asked.slice(4), ["7000 delete /a u"]);
  assert.deepEqual([bench.messages, bench.told], [[], 2]);
});

Deno.test("a server that refuses everything is asked once in a while, and all is written once it answers", async () => {
  await using bench = new Bench({ settleMs: 0 });
  bench.fault = "the server is gone";
  bench.change(...Array.from({ length: 50 }, (_, i) => apply(`${i}`)));
  await bench.clock.advance(14_999);
  const times = () => bench.asked.map((line) => Number(line.split(" ")[0]));
  assert.deepEqual(times(), [0, 0, 0, 0, 0, 5000, 10_000]);
  bench.fault = undefined;
  await bench.clock.advance(10_000);
  assert.deepEqual([bench.asked.length, bench.messages], [57, []]);
  assert.deepEqual([...new Set(times().slice(7))], [15_000]);
  bench.fault = "no";
  bench.change(apply("x"), apply("y"));
  await bench.clock.advance(0);
  assert.deepEqual(times().slice(57), [24_999, 24_999]);
});

Deno.test("a pause is never longer than a minute, and a report goes with what it is about", async () => {
  await using bench = new Bench({ settleMs: 0 });
  bench.fault = "no";
  bench.change(apply("a"));
  await bench.clock.advance(600_000);
  const times = bench.asked.map((line) => Number(line.split(" ")[0]));
  assert.deepEqual(times.slice(-2).map((time, i, all) => i === 0 ? 0 : time - all[0]!), [0, 60_000]);
  assert.deepEqual(bench.messages, ["1604 a this discovered Upstream cannot be written: no"]);
  bench.change();
  await bench.clock.advance(0);
  assert.deepEqual(bench.messages, []);
});

Deno.test("a process that does not lead plans and writes nothing; once it leads it does, by what is known then", async () => {
  await using bench = new Bench({ settleMs: 0 });
  bench.isLeader = false;
  bench.change(apply("a"));
  await bench.clock.advance(5500);
  assert.deepEqual([bench.asked, bench.plans], [[], 0]);
  bench.plan = [apply("b")];
  bench.isLeader = true;
  await bench.clock.advance(500);
  assert.deepEqual(bench.asked, ["6000 apply /b 1"]);
});

Deno.test("a process that leads no more stops within its plan", async () => {
  await using bench = new Bench({ settleMs: 0, perSecond: 1, burst: 1 });
  bench.change(apply("a"), apply("b"));
  await bench.clock.advance(0);
  bench.isLeader = false;
  await bench.clock.advance(10_000);
  assert.deepEqual(bench.asked, ["0 apply /a 1"]);
});

Deno.test("what a process could not write is not told any more when another leads", async () => {
  await using bench = new Bench({ settleMs: 0 });
  bench.fault = "no";
  bench.change(apply("a"));
  await bench.clock.advance(0);
  assert.equal(bench.messages.length, 1);
  bench.isLeader = false;
  await bench.clock.advance(1000);
  assert.deepEqual(bench.messages, []);
  bench.isLeader = true;
  bench.fault = undefined;
  await bench.clock.advance(1000);
  assert.deepEqual(bench.asked, ["0 apply /a 1", "2000 apply /a 1"]);
});

Deno.test("nothing is written before enough is known", async () => {
  await using bench = new Bench({ settleMs: 0 });
  bench.plan = undefined;
  bench.writer.changed();
  await bench.clock.advance(0);
  await bench.writer.written();
  assert.deepEqual([bench.asked, bench.plans], [[], 1]);
});
