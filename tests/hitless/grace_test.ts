/** What routes used outlives them, by what Envoy itself tells of its configuration. */
import assert from "node:assert/strict";
import { type RunningEnvoy, waitFor } from "../envoy/harness.ts";
import { clustersIn, type Dump } from "./envoy_watch.ts";
import { FORMS, play, service } from "./stage.ts";

const GRACE_MS = 2_000;

/** Whether routes use a cluster, and whether it is there: the different states in their order, until it is gone. */
async function statesOf(envoy: RunningEnvoy, name: string): Promise<string[]> {
  const states: string[] = [];
  await waitFor("the cluster to go", async () => {
    const { active, used } = clustersIn(await envoy.admin("config_dump") as Dump);
    const state = `${used.has(name) ? "used" : "unused"} ${active.has(name) ? "there" : "gone"}`;
    if (states.at(-1) !== state) states.push(state);
    return !active.has(name);
  });
  return states;
}

/** The newest time at which Envoy took over something of a type, in milliseconds since the epoch. */
async function updated(envoy: RunningEnvoy, stat: string): Promise<number> {
  const text = await (await fetch(`${envoy.adminUrl}/stats?filter=${stat}`)).text();
  return Math.max(...text.split("\n").filter((line) => line !== "").map((line) => Number(line.split(": ")[1])));
}

Deno.test("a removed Upstream's cluster outlives the routes that used it by the grace", async () => {
  await play({ removalGrace: `${GRACE_MS / 1000}s` }, async ({ sluice, envoys, asked }, { two }) => {
    await sluice.write("x.yaml", `${two}---\n${service("x", "two")}`);
    await waitFor("the Upstream's start", async () => await asked("x") === "two");
    await sluice.write("x.yaml", service("x", "one"));
    const states = await Promise.all(envoys.map((envoy) => statesOf(envoy, "two_gloo-system")));
    const all = ["used there", "unused there", "unused gone"];
    // The edit may have arrived before the first look.
    for (const seen of states) assert.deepEqual(seen, all.slice(-seen.length));
    for (const [i, envoy] of envoys.entries()) {
      const routes = await updated(envoy, FORMS[i] === "delta" ? "vhds.*update_time" : "rds.*update_time");
      const clusters = await updated(envoy, "cluster_manager.cds.update_time");
      assert.ok(routes > 0);
      assert.ok(clusters - routes >= GRACE_MS, `clusters went ${clusters - routes} ms after their routes`);
    }
  });
});
