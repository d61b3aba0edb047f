import assert from "node:assert/strict";
import { callHook, reportLines } from "../test_hooks.ts";
import { plugin } from "./mod.ts";

const listener = (options: Record<string, unknown>) => callHook(plugin, "listener", { options });

Deno.test("a listener without options gets nothing", () => assert.equal(listener({}), undefined));

Deno.test("buffers, socket options, balance", () => {
  const socketOptions = [
    { description: "keepalive", level: "1", name: "9", intValue: "1", state: "STATE_LISTENING" },
    { level: "6", name: "5", bufValue: "AQI=" },
  ];
  const options = { perConnectionBufferLimitBytes: 4096, socketOptions, connectionBalanceConfig: { exactBalance: {} } };
  const { fragment, reports } = listener(options)!;
  assert.deepEqual(fragment.perConnectionBufferLimitBytes, { value: 4096 });
  assert.equal(fragment.socketOptions[0].intValue, "1");
  assert.equal(fragment.socketOptions[0].state, "STATE_LISTENING");
  assert.deepEqual([...fragment.socketOptions[1].bufValue], [1, 2]);
  assert.deepEqual(fragment.connectionBalanceConfig, { exactBalance: {} });
  assert.equal(reports, undefined);
});

Deno.test("a buffer limit of 0 is none, as in Gloo", () => {
  assert.equal(listener({ perConnectionBufferLimitBytes: 0 })?.fragment.perConnectionBufferLimitBytes, undefined);
});

Deno.test("a socket option without value, a balance without balancer", () => {
  assert.deepEqual(reportLines(listener({ socketOptions: [{ level: "1" }] })), ["error SLUICE-1433 socketOptions[0]"]);
  assert.deepEqual(reportLines(listener({ connectionBalanceConfig: {} })), [
    "error SLUICE-1434 connectionBalanceConfig",
  ]);
});
