import assert from "node:assert/strict";
import type { AnyResource, Kind } from "../api/mod.ts";
import { makeReport } from "../report/mod.ts";
import { ApiSnapshot } from "../snapshot/mod.ts";
import { StatusBook, type StatusChanges, statusesOf as listOf, type StatusInput } from "./statuses.ts";

function snapshotOf(...resources: AnyResource[]): ApiSnapshot {
  const kinds: Partial<Record<Kind, Map<string, AnyResource>>> = {};
  for (const resource of resources) {
    (kinds[resource.kind] ??= new Map()).set(`${resource.metadata.namespace}/${resource.metadata.name}`, resource);
  }
  return new ApiSnapshot(1, kinds as ConstructorParameters<typeof ApiSnapshot>[1]);
}
const vs: AnyResource = { kind: "VirtualService", metadata: { name: "a", namespace: "n" }, spec: {} };
const upstream: AnyResource = { kind: "Upstream", metadata: { name: "u", namespace: "n" }, spec: {} };
const statusesOf = (input: StatusInput) =>
  new Map(listOf(input).map((status) => [`${status.kind}/${status.namespace}/${status.name}`, status]));
function updated(book: StatusBook, input: StatusInput): StatusChanges {
  const work = book.update(input);
  for (;;) {
    const step = work.next();
    if (step.done) return step.value;
  }
}
const empty = { reports: [], held: [], hasProxy: true };

Deno.test("statuses: errors reject, warnings warn, else accepted; equal reports count once", () => {
  const error = makeReport(
    "error",
    "SLUICE-1003",
    vs.metadata && { kind: "VirtualService", ...vs.metadata },
    "x.y",
    "wrong",
  );
  const warning = makeReport("warning", "SLUICE-1401", { kind: "Upstream", namespace: "n", name: "u" }, "", "odd");
  const statuses = statusesOf({ ...empty, snapshot: snapshotOf(vs, upstream), reports: [error, warning, error] });
  const status = statuses.get("VirtualService/n/a")!;
  assert.equal(status.state, "Rejected");
  assert.equal(status.reason, "1 error occurred:\n* SLUICE-1003 x.y: wrong");
  assert.equal(statuses.get("Upstream/n/u")!.state, "Warning");
  assert.equal(statuses.get("Upstream/n/u")!.reason, "warning: SLUICE-1401 odd");
  const fine = statusesOf({ ...empty, snapshot: snapshotOf(vs) }).get("VirtualService/n/a")!;
  assert.deepEqual([fine.state, fine.reason], ["Accepted", ""]);
});

Deno.test("statuses: a resource that could not be read has one; without a proxy an Upstream is Pending", () => {
  const report = makeReport("error", "SLUICE-1001", { kind: "Gateway", namespace: "n", name: "g" }, "", "no YAML");
  const statuses = statusesOf({ snapshot: snapshotOf(upstream), reports: [report], held: [], hasProxy: false });
  assert.equal(statuses.get("Gateway/n/g")!.state, "Rejected");
  assert.equal(statuses.get("Upstream/n/u")!.state, "Pending");
});

Deno.test("statuses: what nothing serves yet is Rejected and says so", () => {
  const auth: AnyResource = { kind: "AuthConfig", metadata: { name: "a", namespace: "n" }, spec: {} };
  const status = statusesOf({ ...empty, snapshot: snapshotOf(auth) }).get("AuthConfig/n/a")!;
  assert.equal(status.state, "Rejected");
  assert.match(status.reason, /not served yet/);
});

Deno.test("statuses: what is held is told with the time since when", () => {
  const held = [{
    origin: { kind: "VirtualService" as const, namespace: "n", name: "a", path: "r[0]" },
    what: "route" as const,
    since: 0,
  }];
  const status = statusesOf({ ...empty, snapshot: snapshotOf(vs), held }).get("VirtualService/n/a")!;
  assert.deepEqual(status.messages, [
    "the route at r[0] is served in its last good form since 1970-01-01T00:00:00.000Z",
  ]);
});

Deno.test("statuses: only what differs is written, and what is gone is removed", () => {
  const book = new StatusBook();
  updated(book, { ...empty, snapshot: snapshotOf(vs, upstream) });
  assert.deepEqual(updated(book, { ...empty, snapshot: snapshotOf(vs, upstream) }), { changed: [], removed: [] });
  const report = makeReport("warning", "SLUICE-1401", { kind: "VirtualService", namespace: "n", name: "a" }, "", "odd");
  const { changed, removed } = updated(book, { ...empty, snapshot: snapshotOf(vs), reports: [report] });
  assert.deepEqual(changed.map(({ name, state }) => [name, state]), [["a", "Warning"]]);
  assert.deepEqual(removed, [{ kind: "Upstream", namespace: "n", name: "u" }]);
  assert.deepEqual(Object.fromEntries(book.counts), { Accepted: 0, Warning: 1, Rejected: 0, Pending: 0 });
  const after = updated(book, { ...empty, snapshot: snapshotOf(vs) });
  assert.deepEqual(after.changed.map(({ name, state }) => [name, state]), [["a", "Accepted"]]);
});

Deno.test("statuses: patched from one to the next they are those of the last ApiSnapshot by itself", () => {
  const others: AnyResource[] = [upstream, { kind: "AuthConfig", metadata: { name: "a", namespace: "n" }, spec: {} }];
  const id = { kind: "VirtualService" as const, namespace: "n", name: "a" };
  const reports = [
    makeReport("error", "SLUICE-1003", id, "x", "wrong"),
    makeReport("error", "SLUICE-1001", { ...id, name: "unread" }, "", "no YAML"),
    makeReport("warning", "SLUICE-1401", id, "", "odd"),
  ];
  const held = [{ origin: { ...id, path: "r[0]" }, what: "route" as const, since: 0 }];
  const book = new StatusBook();
  // Every pair of states follows each other.
  const states = [0, 1, 2, 3, 4, 5, 6, 7].map((bits): StatusInput => ({
    snapshot: bits & 1 ? snapshotOf(vs, ...others) : snapshotOf(vs),
    reports: reports.slice(0, bits & 2 ? 3 : bits & 1),
    held: bits & 2 ? held : [],
    hasProxy: (bits & 4) === 0,
  }));
  for (const from of states) {
    for (const to of states) {
      updated(book, from);
      updated(book, to);
      assert.deepEqual(book.statuses, listOf(to));
    }
  }
});
