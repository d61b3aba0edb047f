import assert from "node:assert/strict";
import { freePort, send, startEnvoy, waitFor } from "../envoy/harness.ts";
import { startSluice } from "../envoy/product.ts";
import { backendOn } from "./backends.ts";
import { kubeUpstream, routing, service, slice } from "./services.ts";
import { answering, gateway, World } from "./world.ts";

Deno.test("objects of a cluster become traffic, and so does each change of them", async (test) => {
  const world = await World.start(["gloo-system", "shop"]);
  const port = freePort();
  const [one, two] = [backendOn("10.77.0.11", "one"), backendOn("10.77.0.12", "two")];
  for (
    const object of [
      gateway(port),
      service("pets"),
      slice("pets", ["10.77.0.11"]),
      kubeUpstream("pets", "pets"),
      routing("pets", "pets.test", { upstream: { name: "pets" } }),
      routing("direct", "direct.test", { kube: { ref: { name: "pets", namespace: "shop" }, port: 80 } }),
    ]
  ) await world.apply(object);
  const sluice = await startSluice({ sources: ["--kubeconfig", world.server.ready.kubeconfig] });
  const envoy = await startEnvoy({ xds: sluice.xds, delta: true });
  const answers = (host: string, body: string | number) =>
    waitFor(`${host} to answer ${body}`, async () => {
      const answer = await send(port, "/", { host });
      return typeof body === "number" ? answer.status === body : answer.body === body;
    });
  const stateOf = async (object: Parameters<World["get"]>[0]) =>
    (await world.get(object)).status?.statuses?.["gloo-system"]?.state;
  try {
    await test.step("an Upstream of a Service, and a destination without an Upstream", async () => {
      await answers("pets.test", "one");
      await answers("direct.test", "one");
      await waitFor("its status", async () => await stateOf(kubeUpstream("pets", "pets")) === "Accepted");
    });

    await test.step("pods come and go, and nothing but endpoints is sent", async () => {
      const clusters = await envoy.stat("cluster_manager.cds.update_success");
      const routes = await envoy.stat("cluster_manager.cluster_modified");
      await world.apply(slice("pets", ["10.77.0.12"]));
      await answers("pets.test", "two");
      await answers("direct.test", "two");
      await world.apply(slice("pets", [{ address: "10.77.0.12", ready: false }]));
      await answers("pets.test", 503);
      await world.apply(slice("pets", ["10.77.0.11", { address: "10.77.0.12", ready: false }]));
      await answers("pets.test", "one");
      assert.equal(await envoy.stat("cluster_manager.cds.update_success"), clusters);
      assert.equal(await envoy.stat("cluster_manager.cluster_modified"), routes);
    });

    await test.step("a VirtualService is made, changed, broken, mended and deleted", async () => {
      await world.apply(answering("late", "first", "late.test"));
      await answers("late.test", "first");
      await world.apply(answering("late", "second", "late.test"));
      await answers("late.test", "second");
      const broken = routing("late", "late.test", { upstream: { name: "" } });
      await world.apply(broken);
      await waitFor("its rejection", async () => await stateOf(broken) === "Rejected");
      assert.equal((await send(port, "/", { host: "late.test" })).body, "second");
      await world.apply(answering("late", "third", "late.test"));
      await answers("late.test", "third");
      await waitFor("its acceptance", async () => await stateOf(broken) === "Accepted");
      await world.delete(broken);
      await answers("late.test", 404);
    });

    await test.step("a Service that goes takes nothing else with it, and is served when it is back", async () => {
      await world.delete(service("pets"));
      await world.delete(slice("pets", []));
      await answers("pets.test", 503);
      await world.apply(answering("other", "other", "other.test"));
      await answers("other.test", "other");
      await world.apply(service("pets"));
      await world.apply(slice("pets", ["10.77.0.12"]));
      await answers("pets.test", "two");
      await answers("direct.test", "two");
    });
  } finally {
    await envoy.stop();
    await sluice.stop();
    await Promise.all([one.stop(), two.stop()]);
    await world.stop();
  }
});
