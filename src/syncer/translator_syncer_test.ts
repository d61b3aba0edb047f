import assert from "node:assert/strict";
import type { AnyResource, Kind } from "../api/mod.ts";
import { plugins } from "../plugins/mod.ts";
import { ApiSnapshot } from "../snapshot/mod.ts";
import { type Clock, createMetrics, silentLogger } from "../telemetry/mod.ts";
import { TranslatorSyncer } from "./translator_syncer.ts";

/** VirtualServices enough for several slices, with a domain that tells one generation from the other. */
function snapshotOf(sequence: number): ApiSnapshot {
  const metadata = (name: string) => ({ name, namespace: "gloo-system" });
  const gateway: AnyResource = { kind: "Gateway", metadata: metadata("gw"), spec: { bindPort: 80, httpGateway: {} } };
  const services = Array.from({ length: 300 }, (_, i): AnyResource => ({
    kind: "VirtualService",
    metadata: metadata(`vs-${i}`),
    spec: { virtualHost: { domains: [`${i}.${sequence}.test`], routes: [] } },
  }));
  const kinds: Partial<Record<Kind, Map<string, AnyResource>>> = {};
  for (const one of [gateway, ...services]) {
    (kinds[one.kind] ??= new Map()).set(`gloo-system/${one.metadata.name}`, one);
  }
  return new ApiSnapshot(sequence, kinds as ConstructorParameters<typeof ApiSnapshot>[1]);
}

Deno.test("syncer: long slices until something is served, short ones after; streams write before statuses are made", async () => {
  const seen: string[] = [];
  let [now, longest] = [0, 0];
  let slice = 0;
  // A millisecond goes by with each look at it.
  const clock: Clock = {
    now: () => now,
    elapsed: () => {
      longest = Math.max(longest, ++slice);
      return ++now;
    },
    setTimeout(callback, ms) {
      slice = 0;
      if (seen.at(-1) !== "rest" && ms === 0) seen.push("rest");
      queueMicrotask(callback);
      return () => {};
    },
  };
  const syncer = new TranslatorSyncer({
    cache: { setSnapshot: () => seen.push("served") },
    plugins,
    settingsOf: () => ({}),
    writeNamespace: "gloo-system",
    beforeServing: ({ served }) => seen.push(`${served.size} to be served`),
    sourceReports: () => {
      seen.push("statuses");
      return [];
    },
    locate: () => undefined,
    statusWriters: [],
    clock,
    logger: silentLogger,
    metrics: await createMetrics(),
  });
  await syncer.sync(snapshotOf(1));
  assert.deepEqual(seen.slice(0, 5), ["rest", "1 to be served", "served", "rest", "statuses"]);
  assert.ok(longest > 40, `nobody is served yet, so slices may be long: ${longest}`);
  longest = slice = 0;
  await syncer.sync(snapshotOf(2));
  assert.ok(longest < 15, `streams are served, so slices are short: ${longest}`);
});
