import assert from "node:assert/strict";
import type { Kind } from "../../src/api/mod.ts";
import type { ApiClient } from "../../src/kubernetes/mod.ts";
import { makeReport, type ResourceStatus, type State } from "../../src/report/mod.ts";
import { createMetrics, silentLogger } from "../../src/telemetry/mod.ts";
import { EventWriter, KubeStatusWriter, KubeView, watchedKind } from "../../src/watchers/kube/mod.ts";
import { waitFor } from "../envoy/harness.ts";
import { fastClock } from "./fast_clock.ts";
import { adminCredentials, apiClient, decode } from "./views.ts";
import { answering, type Manifest, type Stored, World } from "./world.ts";

const status = (name: string, state: State, reason = "", kind: Kind = "VirtualService"): ResourceStatus => ({
  ...{ kind, namespace: "gloo-system", name, state, reason },
  reports: [],
  messages: [],
});

/** A writer that sees the VirtualServices and RouteOptions of a cluster, as in a running Sluice. */
class Replica {
  readonly writer: KubeStatusWriter;
  readonly metrics;
  readonly #views: KubeView[];
  readonly #ended = new AbortController();

  private constructor(api: ApiClient, metrics: Awaited<ReturnType<typeof createMetrics>>) {
    // What rests for seconds rests for a hundredth of them here.
    const clock = fastClock(100);
    this.metrics = metrics;
    this.writer = new KubeStatusWriter({ api, namespace: "gloo-system", clock, logger: silentLogger, metrics });
    this.writer.limit(1000, 1000);
    this.#views = (["VirtualService", "RouteOption"] as const).map((kind) =>
      new KubeView({
        kind: watchedKind(kind)!,
        ...{ api, decode, clock, logger: silentLogger },
        onObject: (_, { namespace, name, uid, status }) => this.writer.seen({ kind, namespace, name }, uid, status),
        onGone: (_, { namespace, name }) => this.writer.gone({ kind, namespace, name }),
      })
    );
  }

  static async start(api: ApiClient): Promise<Replica> {
    const replica = new Replica(api, await createMetrics());
    for (const view of replica.#views) {
      view.register({ kinds: [view.kind] });
      await view.list(replica.#ended.signal);
    }
    return replica;
  }

  /** How many patches were tried, by what came of them. */
  async writes(how = "written"): Promise<number> {
    const line = (await this.metrics.text()).split("\n").find((one) =>
      one.startsWith(`sluice_status_writes_total{how="${how}"}`)
    );
    return Number(line?.split(" ").at(-1) ?? 0);
  }

  async stop(): Promise<void> {
    this.#ended.abort();
    for (const view of this.#views) view.close();
    await this.writer.stop();
  }
}

Deno.test("faults are told by Events, each once", async () => {
  const world = await World.start();
  const api = await apiClient(await adminCredentials(world.server));
  const object = answering("faulty", "x", "faulty.test");
  const { metadata: { uid } } = await world.apply(object);
  const clock = fastClock(1);
  let passed = 0;
  const writer = new EventWriter({
    ...{ api, identity: "replica-1", logger: silentLogger },
    uidOf: ({ name }) => name === "faulty" ? uid : undefined,
    clock: { ...clock, elapsed: () => clock.elapsed() + passed },
  });
  interface Event {
    readonly note: string;
    readonly reason: string;
    readonly regarding: { readonly uid: string };
    readonly series?: { readonly count: number };
  }
  const events = async (): Promise<readonly Event[]> => {
    const path = "/apis/events.k8s.io/v1/namespaces/gloo-system/events";
    return (await world.server.request<{ items: Event[] }>("GET", path)).items;
  };
  const tell = (state: State, messages: readonly string[], name = "faulty") => {
    const severity = state === "Rejected" ? "error" : "warning";
    const about = status(name, state);
    const reports = messages.map((message) => makeReport(severity, "SLUICE-1003", about, "spec.x", message));
    return writer.write([{ ...about, reports }], []);
  };
  try {
    await tell("Rejected", ["one"]);
    assert.deepEqual(await events(), []);
    writer.setLeads(true);
    await waitFor("the first", async () => (await events()).length === 1);
    await tell("Accepted", []);
    await tell("Rejected", ["one"]);
    await tell("Rejected", ["of nothing that is there"], "gone");
    await tell("Warning", ["two", "of\nthree"]);
    await waitFor("the others", async () => (await events()).length === 3);
    const told = (await events()).map(({ reason, note, regarding, series }) => [reason, note, regarding.uid, series]);
    assert.deepEqual(told.sort(), [
      ["Rejected", "SLUICE-1003 spec.x: one", uid, undefined],
      ["Warning", "SLUICE-1003 spec.x: of three", uid, undefined],
      ["Warning", "SLUICE-1003 spec.x: two", uid, undefined],
    ]);
    passed = 601_000;
    await tell("Rejected", ["one"]);
    await waitFor("it to be counted up", async () => (await events()).some(({ series }) => series?.count === 2));
    assert.equal((await events()).length, 3);
  } finally {
    await writer.stop();
    api.close();
    await world.stop();
  }
});

Deno.test("statuses in the objects", async (test) => {
  const world = await World.start();
  const api = await apiClient(await adminCredentials(world.server));
  const stored = async (object: Manifest): Promise<NonNullable<Stored["status"]>["statuses"]> =>
    (await world.get(object)).status?.statuses ?? {};
  const says = (object: Manifest, state: State) =>
    waitFor(`${object.metadata.name} to be ${state}`, async () => {
      const entry = (await stored(object))?.["gloo-system"];
      return entry?.state === state && entry;
    });
  try {
    await test.step("only the leader writes, each status once, and only where it is another one", async () => {
      const objects = Array.from({ length: 30 }, (_, i) => answering(`v-${i}`, "x", `${i}.test`));
      for (const object of objects) await world.apply(object);
      const replica = await Replica.start(api);
      await replica.writer.write(objects.map(({ metadata }) => status(metadata.name, "Accepted")), []);
      assert.deepEqual(await stored(objects[0]!), {}, "a replica that does not lead writes nothing");
      replica.writer.setLeads(true);
      for (const object of objects) {
        assert.deepEqual(await says(object, "Accepted"), { state: "Accepted", reportedBy: "gateway" });
      }
      assert.equal(await replica.writes(), 30);
      await replica.writer.write(objects.map(({ metadata }) => status(metadata.name, "Accepted")), []);
      await replica.writer.write([status("v-3", "Warning", "first")], []);
      await replica.writer.write([status("v-3", "Rejected", "1 error occurred:\n* bad")], []);
      assert.deepEqual(await says(objects[3]!, "Rejected"), {
        state: "Rejected",
        reportedBy: "gateway",
        reason: "1 error occurred:\n* bad",
      });
      assert.equal(await replica.writes(), 31, "two changes before its turn are one write");
      await replica.stop();

      const next = await Replica.start(api);
      next.writer.setLeads(true);
      const known = objects.map(({ metadata: { name } }) =>
        name === "v-3" ? status(name, "Rejected", "1 error occurred:\n* bad") : status(name, "Accepted")
      );
      await next.writer.write(known, []);
      await next.writer.write([status("v-4", "Warning", "w")], []);
      await says(objects[4]!, "Warning");
      assert.equal(await next.writes(), 1, "a process that starts again writes nothing that is there");
      await next.stop();
    });

    await test.step("what others wrote beside it stays, and who overwrites it is overwritten, less and less often", async () => {
      const object = answering("shared", "x", "shared.test");
      await world.apply(object);
      const path = "/apis/gateway.solo.io/v1/namespaces/gloo-system/virtualservices/shared/status";
      const foreign = (statuses: unknown) =>
        world.server.request("PATCH", path, { status: { statuses } }, "application/merge-patch+json");
      await foreign({ other: { state: 2, reportedBy: "somebody" } });
      const replica = await Replica.start(api);
      replica.writer.setLeads(true);
      await replica.writer.write([status("shared", "Accepted")], []);
      await says(object, "Accepted");
      assert.equal((await stored(object))?.["other"]?.reportedBy, "somebody");
      for (let round = 0; round < 3; round++) {
        await foreign({ "gloo-system": { state: 2, reportedBy: "gloo" } });
        await says(object, "Accepted");
      }
      assert.equal(await replica.writes(), 4);
      await replica.stop();
    });

    await test.step("of what Gloo wrote into the same entry nothing stays, and it is written once", async () => {
      const objects = ["taken-over", "taken-over-faulty"].map((name) => answering(name, "x", `${name}.test`));
      const gloos = {
        state: "Warning",
        reportedBy: "gloo",
        reason: "warning: of Gloo",
        subresourceStatuses: { "*v1.Proxy.gateway-proxy_gloo-system": { state: "Rejected", reportedBy: "gloo" } },
      };
      for (const object of objects) {
        await world.apply(object);
        const path = `/apis/gateway.solo.io/v1/namespaces/gloo-system/virtualservices/${object.metadata.name}/status`;
        const patch = { status: { statuses: { "gloo-system": gloos, other: gloos } } };
        await world.server.request("PATCH", `${path}?fieldManager=gloo`, patch, "application/merge-patch+json");
      }
      const replica = await Replica.start(api);
      replica.writer.setLeads(true);
      await replica.writer.write([
        status("taken-over", "Accepted"),
        status("taken-over-faulty", "Warning", "of Sluice"),
      ], []);
      for (const [i, rest] of [{ state: "Accepted" }, { state: "Warning", reason: "of Sluice" }].entries()) {
        await waitFor(`${objects[i]!.metadata.name} to be told anew`, async () => {
          assert.deepEqual(await stored(objects[i]!), {
            "gloo-system": { ...rest, reportedBy: "gateway" },
            other: gloos,
          });
          return true;
        });
      }
      await replica.stop();
    });

    await test.step("of an object that is gone, or another one of its name, nothing is made and nothing is wrong", async () => {
      const object = answering("gone", "x", "gone.test");
      await world.apply(object);
      const replica = await Replica.start(api);
      await world.delete(object);
      await waitFor("the deletion to be seen", async () => {
        await replica.writer.write([status("gone", "Accepted")], []);
        return replica.writer.due === 0;
      });
      // Made again behind the writer's back: it believes in the one of before.
      replica.writer.seen({ kind: "VirtualService", namespace: "gloo-system", name: "gone" }, "of-before", undefined);
      replica.writer.setLeads(true);
      await waitFor("the write to come to nothing", async () => await replica.writes("obsolete") === 1);
      await assert.rejects(world.get(object), /404/);
      await world.apply(object);
      await says(object, "Accepted");
      await replica.stop();
    });

    await test.step("a CRD without a status subresource, as some of Gloo's, has its statuses too", async () => {
      const path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/routeoptions.gateway.solo.io";
      const patch = [{ op: "remove", path: "/spec/versions/0/subresources" }];
      await world.server.request("PATCH", path, patch, "application/json-patch+json");
      const object: Manifest = {
        apiVersion: "gateway.solo.io/v1",
        kind: "RouteOption",
        metadata: { name: "whole" },
        spec: { options: { timeout: "1s" } },
      };
      const statusPath = "/apis/gateway.solo.io/v1/namespaces/gloo-system/routeoptions/whole/status";
      await world.apply(object);
      await waitFor("the subresource to be gone", async () => {
        const answer = await world.server.raw("GET", statusPath);
        await answer.body?.cancel();
        return answer.status === 404;
      });
      const replica = await Replica.start(api);
      replica.writer.setLeads(true);
      await replica.writer.write([status("whole", "Accepted", "", "RouteOption")], []);
      await says(object, "Accepted");
      assert.deepEqual((await world.get(object)).spec, object.spec);

      // A patch of a whole object would make one that is gone.
      await world.delete(object);
      const id = { kind: "RouteOption", namespace: "gloo-system", name: "whole" } as const;
      await waitFor("the deletion to be seen", () => replica.writer.write([], []).then(() => replica.writer.due === 0));
      replica.writer.seen(id, "11111111-1111-4111-8111-111111111111", undefined);
      await replica.writer.write([status("whole", "Rejected", "late", "RouteOption")], []);
      await waitFor("the write to come to nothing", async () => await replica.writes("obsolete") === 1);
      await assert.rejects(world.get(object), /404/);

      // Definitions with a subresource are put in the place of Gloo's while Sluice runs.
      await world.apply(object);
      const add = [{ op: "add", path: "/spec/versions/0/subresources", value: { status: {} } }];
      await world.server.request("PATCH", path, add, "application/json-patch+json");
      await waitFor("the subresource to be there", async () => {
        const answer = await world.server.raw("GET", statusPath);
        await answer.body?.cancel();
        return answer.ok;
      });
      await replica.writer.write([status("whole", "Warning", "of the new definition", "RouteOption")], []);
      await says(object, "Warning");
      await replica.stop();
    });

    await test.step("while the API server is away statuses wait, and the newest is written when it is back", async () => {
      const object = answering("patient", "x", "patient.test");
      await world.apply(object);
      const replica = await Replica.start(api);
      replica.writer.setLeads(true);
      await world.server.command("kill-apiserver");
      await replica.writer.write([status("patient", "Rejected", "older")], []);
      await waitFor("a try that fails", async () => await replica.writes("failed") > 0);
      await replica.writer.write([status("patient", "Accepted")], []);
      await world.server.command("start-apiserver");
      await says(object, "Accepted");
      assert.equal(await replica.writes(), 1);
      await replica.stop();
    });
  } finally {
    api.close();
    await world.stop();
  }
});
