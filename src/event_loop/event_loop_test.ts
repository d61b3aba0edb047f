import { deepStrictEqual as deepEqual, match, strictEqual as equal } from "node:assert/strict";
import { ApiSnapshot } from "../snapshot/mod.ts";
import { FakeClock } from "../telemetry/fake_clock.ts";
import { silentLogger } from "../telemetry/mod.ts";
import { EventLoop } from "./event_loop.ts";
import type { SyncContext, Syncer } from "./event_loop.ts";

const snapshot = (sequence: number) => new ApiSnapshot(sequence, {});

/** A syncer whose syncs take `ms` of the clock. */
class SlowSyncer implements Syncer {
  readonly name: string;
  readonly started: number[] = [];
  readonly ended: number[] = [];
  context: SyncContext | undefined;
  failing = false;
  readonly #clock: FakeClock;
  readonly #ms: number;

  constructor(name: string, clock: FakeClock, ms: number) {
    this.name = name;
    this.#clock = clock;
    this.#ms = ms;
  }

  async sync({ sequence }: ApiSnapshot, context: SyncContext): Promise<void> {
    this.started.push(sequence);
    this.context = context;
    await new Promise<void>((resolve) => this.#clock.setTimeout(resolve, this.#ms));
    if (this.failing) throw new Error("as told");
    this.ended.push(sequence);
  }
}

function bench(makeSyncers: (clock: FakeClock) => SlowSyncer[]) {
  const clock = new FakeClock();
  const syncers = makeSyncers(clock);
  const errors: string[] = [];
  const logger = { ...silentLogger, error: (text: string) => void errors.push(text) };
  const loop = new EventLoop({ syncers, clock, logger });
  const end = new AbortController();
  const running = loop.run(end.signal);
  return { clock, syncers, errors, loop, end, running };
}

Deno.test("ApiSnapshots that come faster than syncs still get through, the newest first, each sync to its end", async () => {
  const { clock, syncers, loop, end, running } = bench((clock) => [new SlowSyncer("slow", clock, 1000)]);
  const replaced: number[] = [];
  for (let i = 1; i <= 50; i++) {
    if (!loop.offer(snapshot(i))) replaced.push(i);
    await clock.advance(100);
  }
  const [slow] = syncers;
  deepEqual(slow!.ended, [1, 10, 20, 30, 40]);
  await clock.advance(5000);
  deepEqual(slow!.ended, [1, 10, 20, 30, 40, 50]);
  deepEqual(slow!.started, slow!.ended);
  equal(replaced.length, 50 - 6);
  end.abort();
  await running;
});

Deno.test("syncers run in their order, and a failing one stops neither the next nor the loop", async () => {
  const { clock, syncers, errors, loop, end, running } = bench((clock) => [
    new SlowSyncer("first", clock, 10),
    new SlowSyncer("second", clock, 10),
  ]);
  const [first, second] = syncers as [SlowSyncer, SlowSyncer];
  let ready = false;
  loop.ready.then(() => ready = true);
  first.failing = true;
  loop.offer(snapshot(1));
  await clock.advance(5);
  deepEqual([first.started, second.started], [[1], []]);
  await clock.advance(20);
  deepEqual([second.ended, ready], [[1], false]);
  match(errors.join(), /first syncer failed/);
  first.failing = false;
  loop.offer(snapshot(2));
  await clock.advance(20);
  deepEqual([first.ended, second.ended, ready], [[2], [1, 2], true]);
  end.abort();
  await running;
});

Deno.test("a sync is told when a newer ApiSnapshot waits, and when all ends", async () => {
  const { clock, syncers, loop, end, running } = bench((clock) => [new SlowSyncer("slow", clock, 10)]);
  loop.offer(snapshot(1));
  await clock.advance(5);
  const { superseded, signal } = syncers[0]!.context!;
  equal(superseded.aborted, false);
  loop.offer(snapshot(2));
  equal(superseded.aborted, true);
  await clock.advance(7);
  equal(syncers[0]!.context!.superseded.aborted, false);
  end.abort();
  equal(signal.aborted, true);
  await clock.advance(10);
  await running;
  deepEqual(syncers[0]!.ended, [1, 2]);
});

Deno.test("what is offered before the loop runs is not lost", async () => {
  const clock = new FakeClock();
  const syncer = new SlowSyncer("one", clock, 0);
  const loop = new EventLoop({ syncers: [syncer], clock, logger: silentLogger });
  deepEqual([loop.offer(snapshot(1)), loop.offer(snapshot(2))], [true, false]);
  const end = new AbortController();
  const running = loop.run(end.signal);
  await clock.advance(1);
  deepEqual(syncer.ended, [2]);
  end.abort();
  await running;
});

Deno.test("a sync is told since when its earliest change was heard of, also of those that were passed over", async () => {
  const { clock, syncers, loop, end, running } = bench((clock) => [new SlowSyncer("slow", clock, 10)]);
  loop.offer(snapshot(1), 5);
  await clock.advance(1);
  equal(syncers[0]!.context!.since, 5);
  loop.offer(snapshot(2));
  loop.offer(snapshot(3), 7);
  loop.offer(snapshot(4), 9);
  await clock.advance(10);
  deepEqual([syncers[0]!.started, syncers[0]!.context!.since], [[1, 4], 7]);
  loop.offer(snapshot(5));
  await clock.advance(10);
  equal(syncers[0]!.context!.since, undefined);
  end.abort();
  await clock.advance(10);
  await running;
});
