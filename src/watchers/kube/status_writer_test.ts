import { deepStrictEqual as deepEqual, ok } from "node:assert/strict";
import type { Kind } from "../../api/mod.ts";
import { testServer } from "../../kubernetes/test_server.ts";
import type { ResourceStatus } from "../../report/mod.ts";
import { createMetrics, silentLogger, systemClock } from "../../telemetry/mod.ts";
import { KubeStatusWriter } from "./status_writer.ts";

const COUNT = 40;
const names = Array.from({ length: COUNT }, (_, index) => `o-${index}`);
const accepted = (kind: Kind, name: string): ResourceStatus => ({
  ...{ kind, namespace: "ns", name, state: "Accepted", reason: "" },
  reports: [],
  messages: [],
});

Deno.test("where the statuses of some cannot be written the others are, and these when they can", async () => {
  /** What each path is answered with; by default as the API server does. */
  const codes = new Map([["virtualservices", 500], ["routetables", 403]]);
  const written: string[] = [];
  const asked: string[] = [];
  const waiting = new Set<() => void>();
  await using server = await testServer(async (request, { pathname }) => {
    const [, , , , , , plural = "", name = ""] = pathname.split("/");
    asked.push(plural);
    waiting.forEach((look) => look());
    const code = codes.get(plural);
    if (code) return Response.json({ code, message: "no" }, { status: code });
    written.push(`${plural} ${name}`);
    return Response.json({ status: (await request.json()).status });
  });
  const until = async (what: () => boolean) => {
    while (!what()) await new Promise<void>((resolve) => waiting.add(resolve));
  };
  const messages: string[] = [];
  const logger = { ...silentLogger, warn: (message: string) => void messages.push(message) };
  const writer = new KubeStatusWriter({
    ...{ api: server.api, namespace: "ns", clock: systemClock, logger },
    metrics: await createMetrics(),
  });
  writer.limit(1000, 1000);
  writer.setLeads(true);
  const kinds = ["VirtualService", "RouteTable", "Upstream"] as const;
  for (const kind of kinds) {
    for (const name of names) writer.seen({ kind, namespace: "ns", name }, "uid", undefined);
    await writer.write(names.map((name) => accepted(kind, name)), []);
  }
  await until(() => written.length === COUNT);
  deepEqual(new Set(written), new Set(names.map((name) => `upstreams ${name}`)));
  ok(asked.length < COUNT + 10, `${asked.length} requests`);
  deepEqual(messages.length, 2, "one for each kind");
  codes.clear();
  await until(() => written.length === 3 * COUNT);
  deepEqual(new Set(written).size, 3 * COUNT);
  await writer.stop();
});
