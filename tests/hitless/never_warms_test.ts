/** An Upstream that never gets ready delays the hosts that newly use it, only so long, and nobody else. */
import assert from "node:assert/strict";
import { waitFor } from "../envoy/harness.ts";
import { play, service } from "./stage.ts";

Deno.test("never ready: edits of other hosts arrive meanwhile, those that use a new Upstream of their own as well", async () => {
  // What waits for this bound is late for sure.
  await play({ warmTimeout: "600s" }, async ({ sluice, envoys, asked, waiting }, { mute, two }) => {
    await sluice.write("x.yaml", `${mute}---\n${service("x", "never")}`);
    await waitFor("both to wait", async () => (await waiting()).length === 2);
    await sluice.write("y.yaml", service("y", "one", { prefixRewrite: "/y" }));
    await sluice.write("z.yaml", `${two}---\n${service("z", "two")}`);
    await waitFor("the host with a new Upstream that is ready", async () => await asked("z") === "two");
    await sluice.write("y.yaml", service("y", "two"));
    await waitFor("a host that comes to use it as well", async () => await asked("y") === "two");
    assert.deepEqual([...new Set(await waiting())], ["never_gloo-system"]);
    assert.equal(await asked("x"), "one");
    for (const envoy of envoys) assert.equal(await envoy.stat("cluster_manager.warming_clusters"), 1);
    await sluice.write("x.yaml", service("x", "two"));
    await waitFor("the host that waited to go elsewhere", async () => await asked("x") === "two");
    assert.deepEqual(await waiting(), []);
  });
});

Deno.test("never ready: the wait has an end, and other hosts lose nothing by it", async () => {
  await play({ warmTimeout: "0.5s" }, async ({ sluice, envoys, asked, during }, { mute, two }) => {
    const seen = await during("y", async () => {
      await sluice.write("x.yaml", `${mute}---\n${service("x", "never")}`);
      await sluice.write("z.yaml", `${two}---\n${service("z", "two")}`);
      await waitFor("the route to what is not ready", async () => await asked("x") === "503");
      await waitFor("the other host", async () => await asked("z") === "two");
      await sluice.write("y.yaml", service("y", "two"));
      await waitFor("an edit afterwards", async () => await asked("y") === "two");
    });
    assert.deepEqual(seen, [["one", "two"], ["one", "two"]]);
    for (const envoy of envoys) assert.equal(await envoy.stat("cluster_manager.warming_clusters"), 1);
    assert.match(sluice.log(), /never_gloo-system/);
  });
});

for (const fault of ["unknown", "unsigned"] as const) {
  const what = fault === "unknown" ? "a name that does not resolve" : "a secret that is missing";
  Deno.test(`never ready: ${what} is the trouble of its own host alone`, async () => {
    await play({ warmTimeout: "600s" }, async ({ sluice, asked, during }, upstreams) => {
      const seen = await during("y", async () => {
        await sluice.write("x.yaml", `${upstreams[fault]}---\n${service("x", "never")}`);
        await sluice.write("z.yaml", `${upstreams.two}---\n${service("z", "two")}`);
        await waitFor("the other host", async () => await asked("z") === "two");
        await sluice.write("y.yaml", service("y", "two"));
        await waitFor("another one", async () => await asked("y") === "two");
      });
      assert.deepEqual(seen, [["one", "two"], ["one", "two"]]);
      assert.match(await asked("x"), /^(one|503)$/);
    });
  });
}
