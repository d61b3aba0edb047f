import { deepStrictEqual as deepEqual, doesNotMatch, match, ok } from "node:assert/strict";
import { silentLogger, systemClock } from "../telemetry/mod.ts";
import { Reflector } from "./reflector.ts";
import { testServer, watchAnswer } from "./test_server.ts";
import type { KubeObject } from "./watch_stream.ts";

const object = (name: string, version: number, more: object = {}): KubeObject => ({
  metadata: { name, resourceVersion: String(version) },
  ...more,
});
const event = (type: string, object: object): string => `${JSON.stringify({ type, object })}\n`;
const list = (version: number, ...items: KubeObject[]): Response =>
  Response.json({ metadata: { resourceVersion: String(version) }, items });

/** Answers in their order; of those that are asked for too early, nothing. */
async function follow(
  script: readonly ((url: URL) => Response)[],
  test: (bed: {
    readonly names: () => string[];
    readonly faults: string[];
    readonly asked: string[];
    until(what: () => boolean): Promise<void>;
  }) => Promise<void>,
): Promise<void> {
  const asked: string[] = [];
  await using server = await testServer((_, url) => {
    asked.push(url.searchParams.has("watch") ? `watch ${url.searchParams.get("resourceVersion")}` : "list");
    const next = script[asked.length - 1];
    return next ? next(url) : watchAnswer().response;
  });
  const objects = new Map<string, KubeObject>();
  const faults: string[] = [];
  const waiting = new Set<() => void>();
  const changed = (): void => waiting.forEach((look) => look());
  const ended = new AbortController();
  const running = new Reflector<KubeObject>({
    ...{ api: server.api, path: "/things", clock: systemClock, logger: silentLogger },
    events: {
      take: (object) => object,
      replace(all) {
        objects.clear();
        for (const one of all) objects.set(one.metadata.name, one);
        changed();
      },
      change(changes) {
        for (const { gone, object } of changes) {
          if (gone) objects.delete(object.metadata.name);
          else objects.set(object.metadata.name, object);
        }
        changed();
      },
      fault(error) {
        if (error !== undefined) faults.push(String(error));
        changed();
      },
    },
  }).run(ended.signal);
  await test({
    ...{ faults, asked },
    names: () => [...objects.keys()].sort(),
    async until(what) {
      while (!what()) {
        await new Promise<void>((resolve) => waiting.add(resolve));
        waiting.clear();
      }
    },
  });
  ended.abort();
  await running;
}

Deno.test("events in pieces, half an event at the end, and garbage: each object is told, and none twice as another", () => {
  const [first, second, third] = [watchAnswer(), watchAnswer(), watchAnswer()];
  const b = event("ADDED", object("b", 2, { text: "ü".repeat(100_000) }));
  return follow([
    () => list(1, object("a", 1)),
    () => first.response,
    () => second.response,
    () => third.response,
  ], async ({ names, faults, asked, until }) => {
    await until(() => names().join() === "a");
    for (let at = 0; at < b.length; at += 7_001) first.push(b.slice(at, at + 7_001));
    await until(() => names().join() === "a,b");
    first.push(event("ADDED", object("c", 3)).slice(0, 20));
    first.end();
    await until(() => asked.length === 3);
    second.push(event("ADDED", object("c", 3)) + '{"type":"ADDED","object":{"data":"c2VjcmV0"}\n');
    await until(() => asked.length === 4);
    third.push(event("ADDED", object("c", 3)) + event("BOOKMARK", object("", 9)) + event("DELETED", object("a", 10)));
    await until(() => names().join() === "b,c");
    deepEqual(asked, ["list", "watch 1", "watch 2", "watch 2"]);
    deepEqual(faults, ["Error: the watch gives something that is no event"]);
  });
});

Deno.test("what is no list empties nothing, and what it is is not told: it may be a Secret's", () => {
  const watch = watchAnswer();
  const expired = event("ERROR", { metadata: {}, code: 410, reason: "Expired", message: "too old" });
  return follow([
    () => list(1, object("a", 1)),
    () => watch.response,
    () => Response.json({}),
    () => Response.json({ metadata: {}, items: [] }),
    () => new Response('{"metadata":{"resourceVersion":"5"},"items":[{"data":"c2VjcmV0'),
    () => new Response("<html>sign in</html>"),
    () => new Response(null, { status: 302, headers: { location: "/elsewhere" } }),
    () => list(7, object("b", 7)),
  ], async ({ names, faults, asked, until }) => {
    await until(() => names().join() === "a");
    watch.push(expired);
    await until(() => faults.length === 5);
    deepEqual(names(), ["a"]);
    await until(() => names().join() === "b");
    doesNotMatch(faults.join(), /c2Vj|sign in/);
    match(faults.at(-1)!, /302/);
    deepEqual(asked.slice(0, 8), ["list", "watch 1", ...Array(6).fill("list")]);
  });
});

Deno.test("an API server whose every list is too old at once is not asked without a pause", () => {
  const expired = () => Response.json({ code: 410, reason: "Expired", message: "too old" }, { status: 410 });
  return follow(
    Array.from({ length: 8 }, (_, i) => i % 2 === 0 ? () => list(i) : expired),
    async ({ faults, asked, until }) => {
      await until(() => asked.length >= 8 && faults.length > 0);
      // Each that failed was told of, and waited after.
      ok(faults.length >= 4, `${faults.length} pauses`);
    },
  );
});
