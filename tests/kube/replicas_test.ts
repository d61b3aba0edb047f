import assert from "node:assert/strict";
import { waitFor } from "../envoy/harness.ts";
import { type RunningSluice, startSluice } from "../envoy/product.ts";
import { routing } from "./services.ts";
import { answering, gateway, type Stored, World } from "./world.ts";

interface Lease {
  readonly spec: { readonly holderIdentity?: string };
}

/** What a replica serves: the names and versions of all resources. */
async function served(sluice: RunningSluice): Promise<string> {
  const snapshot = await (await sluice.page("/snapshots/xds?node=gloo-system~gateway-proxy")).json();
  return JSON.stringify(snapshot);
}

Deno.test("of two replicas one writes statuses, both serve the same, and the other goes on when the one is killed", async () => {
  const world = await World.start();
  const start = (name: string) =>
    startSluice({ sources: ["--kubeconfig", world.server.ready.kubeconfig], env: { POD_NAME: name } });
  const state = async (object: Stored) => (await world.get(object)).status?.statuses?.["gloo-system"]?.state;
  const broken = (name: string) => routing(name, `${name}.test`, { upstream: { name: "" } });
  await world.apply(gateway(18_080));
  const first = await world.apply(answering("first", "x", "first.test"));
  const replicas = { a: await start("a"), b: await start("b") };
  try {
    await waitFor("a status", async () => await state(first) === "Accepted");
    for (let i = 0; i < 5; i++) await world.apply(answering(`v-${i}`, "x", `v-${i}.test`));
    await waitFor("both to serve the same", async () => {
      const [a, b] = [await served(replicas.a), await served(replicas.b)];
      return a === b && a.includes("v-4.test");
    });
    const writes = async (sluice: RunningSluice) => await sluice.metric("sluice_status_writes_total");
    await waitFor("all statuses", async () => await writes(replicas.a) + await writes(replicas.b) === 7);
    assert.equal(Math.min(await writes(replicas.a), await writes(replicas.b)), 0, "one of them wrote nothing");

    const path = "/apis/coordination.k8s.io/v1/namespaces/gloo-system/leases/sluice";
    const holder = (await world.server.request<Lease>("GET", path)).spec.holderIdentity!;
    const [leader, follower] = holder.startsWith("a_") ? [replicas.a, replicas.b] : [replicas.b, replicas.a];
    await leader.stop("SIGKILL");
    const late = await world.apply(broken("late"));
    await waitFor("the status by the other", async () => await state(late) === "Rejected", 40_000);
    assert.equal(await writes(follower), 1, "what was written before is not written again");
  } finally {
    await Promise.all([replicas.a.stop(), replicas.b.stop()]);
    await world.stop();
  }
});
