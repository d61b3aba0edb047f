import assert from "node:assert/strict";
import { Notices } from "./notices.ts";

function watched(watchdogMs?: number): { notices: Notices; said: object[] } {
  const said: object[] = [];
  return { notices: new Notices({ socket: { send: (one) => said.push(one) }, watchdogMs, ask: () => {} }), said };
}

Deno.test("a start that goes on is given more time, until it is ready", () => {
  const { notices, said } = watched();
  notices.begins();
  notices.lives();
  notices.fares(true, "fine");
  notices.lives();
  notices.close();
  assert.deepEqual(said, [{ STATUS: "Starting" }, { EXTEND_TIMEOUT_USEC: 30_000_000 }, { READY: 1, STATUS: "fine" }]);
});

Deno.test("a start that fails is never ready, and no reload", () => {
  const { notices, said } = watched();
  notices.fares(false, "bad");
  notices.reloads();
  notices.reloaded();
  notices.close();
  assert.deepEqual(said, [{ STATUS: "bad" }, { STATUS: "Looking at every source" }, { STATUS: "bad" }]);
});

Deno.test("what comes in a reload is told at its end, and another start ends it", () => {
  const { notices, said } = watched(1000);
  notices.fares(true, "one");
  notices.reloads();
  notices.fares(true, "two");
  notices.reloaded();
  notices.reloads();
  notices.begins();
  notices.fares(true, "three");
  notices.close();
  assert.deepEqual(said, [
    { READY: 1, STATUS: "one" },
    { RELOADING: 1, STATUS: "Looking at every source" },
    { READY: 1, STATUS: "two" },
    { RELOADING: 1, STATUS: "Looking at every source" },
    { STATUS: "Starting anew, as Settings want it" },
    { READY: 1, STATUS: "three" },
  ]);
});

Deno.test("after the end begins, only signs of life are told", () => {
  const { notices, said } = watched(1000);
  notices.fares(true, "one");
  notices.stops();
  notices.stops();
  notices.fares(false, "two");
  notices.lives();
  notices.close();
  assert.deepEqual(said, [{ READY: 1, STATUS: "one" }, { STOPPING: 1, STATUS: "Stopping" }, { WATCHDOG: 1 }]);
});
