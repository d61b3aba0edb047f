import assert from "node:assert/strict";
import type { ResourceStatus } from "../report/mod.ts";
import { FakeClock } from "../telemetry/fake_clock.ts";
import { StatusQueue } from "./status_queue.ts";

const id = (name: string) => ({ kind: "Upstream" as const, namespace: "n", name });
const status = (name: string, reason: string): ResourceStatus => ({
  ...id(name),
  state: "Rejected",
  reason,
  reports: [],
  messages: [],
});

const fail = (error: unknown) => assert.fail(String(error));

/** A writer whose batches end when they are told to. */
function slowWriter() {
  const batches: string[] = [];
  const ends: (() => void)[] = [];
  return {
    batches,
    end: () => ends.shift()!(),
    write(changed: readonly ResourceStatus[], removed: readonly { name: string }[]): Promise<void> {
      batches.push([
        ...changed.map(({ name, reason }) => `${name}:${reason}`),
        ...removed.map(({ name }) => `-${name}`),
      ].join(" "));
      return new Promise((resolve) => ends.push(resolve));
    },
  };
}

Deno.test("what changes while statuses are written is written next, in its newest form only", async () => {
  const writer = slowWriter();
  const queue = new StatusQueue([writer], fail);
  queue.add([status("a", "1"), status("b", "1")], []);
  queue.add([status("a", "2")], [id("b")]);
  queue.add([status("a", "3"), status("c", "3")], []);
  queue.add([status("b", "4")], [id("c")]);
  assert.deepEqual(writer.batches, ["a:1 b:1"]);
  writer.end();
  const all = queue.written();
  while (writer.batches.length < 2) await Promise.resolve();
  writer.end();
  await all;
  assert.deepEqual(writer.batches, ["a:1 b:1", "a:3 b:4 -c"]);
});

Deno.test("writers are called for the first time also when there is nothing to write, and again after a pause", async () => {
  const batches: number[] = [];
  const queue = new StatusQueue(
    [{ write: (changed) => Promise.resolve(void batches.push(changed.length)) }],
    fail,
  );
  queue.add([], []);
  await queue.written();
  queue.add([status("a", "1")], []);
  await queue.written();
  assert.deepEqual(batches, [0, 1]);
});

Deno.test("a writer that fails is told of, and keeps no other from writing", async () => {
  const errors: string[] = [];
  const written: string[] = [];
  const bad = {
    write() {
      throw new Error("no disk");
    },
  };
  const good = {
    write: (changed: readonly ResourceStatus[]) =>
      Promise.resolve(void written.push(...changed.map(({ name }) => name))),
  };
  const queue = new StatusQueue([bad, good], (error) => void errors.push(String(error)));
  queue.add([status("a", "1")], []);
  await queue.written();
  assert.deepEqual([errors, written], [["Error: no disk"], ["a"]]);
});

Deno.test("the first statuses wait for a while, what comes later does not; who waits for them ends that", async () => {
  const clock = new FakeClock();
  const writer = slowWriter();
  const queue = new StatusQueue([writer], fail, { clock, ms: 1000 });
  queue.add([status("a", "1"), status("b", "1")], []);
  await clock.advance(999);
  queue.add([status("a", "2")], []);
  assert.deepEqual(writer.batches, []);
  await clock.advance(1);
  assert.deepEqual(writer.batches, ["a:2 b:1"]);
  writer.end();
  await queue.written();
  queue.add([status("c", "1")], []);
  await clock.advance(0);
  assert.deepEqual(writer.batches, ["a:2 b:1", "c:1"]);

  const other = slowWriter();
  const hurried = new StatusQueue([other], fail, { clock, ms: 1000 });
  hurried.add([status("a", "1")], []);
  const all = hurried.written();
  await clock.advance(0);
  other.end();
  await all;
  assert.deepEqual([other.batches, clock.pending], [["a:1"], 0]);
});
