import assert from "node:assert/strict";
import { freePort, type RunningEnvoy, send, startEnvoy, waitFor } from "../envoy/harness.ts";
import { startSluice } from "../envoy/product.ts";
import { backendOn } from "./backends.ts";
import { Front } from "./front.ts";
import { writeKubeconfig } from "./kubeconfigs.ts";
import { steadily } from "./steadily.ts";
import { kubeUpstream, routing, service, slice } from "./services.ts";
import { answering, gateway, World } from "./world.ts";

Deno.test("while the API server is away nothing is lost, and after it all is as it should be", async () => {
  const world = await World.start(["gloo-system", "shop"]);
  const port = freePort();
  const backends = [backendOn("10.77.0.21", "one"), backendOn("10.77.0.22", "two")];
  for (
    const object of [
      gateway(port),
      service("pets"),
      slice("pets", ["10.77.0.21"]),
      kubeUpstream("pets", "pets"),
      routing("pets", "pets.test", { upstream: { name: "pets" } }),
      answering("going", "going", "going.test"),
      answering("changing", "before", "changing.test"),
    ]
  ) await world.apply(object);
  const sluice = await startSluice({ sources: ["--kubeconfig", world.server.ready.kubeconfig] });
  const envoy = await startEnvoy({ xds: sluice.xds, delta: true });
  // It listens on the same port: were it stopped under traffic, connections that the kernel gave to it would end with it.
  let other: RunningEnvoy | undefined;
  const answers = (host: string, body: string | number) =>
    waitFor(`${host} to answer ${body}`, async () => {
      const answer = await send(port, "/", { host });
      return typeof body === "number" ? answer.status === body : answer.body === body;
    });
  try {
    for (const [host, body] of [["pets.test", "one"], ["going.test", "going"]] as const) await answers(host, body);
    const traffic = steadily(port, "pets.test", "one");
    await world.server.command("kill-apiserver");
    const sent = traffic.counts.sent;
    await waitFor("traffic without an API server", () => traffic.counts.sent > sent + 1000, 60_000);
    // An Envoy that starts now is served as well.
    other = await startEnvoy({ xds: sluice.xds, nodeId: "late" });
    assert.ok(JSON.stringify(await other.admin("config_dump")).includes("pets.test"));
    await world.server.command("start-apiserver");
    await world.delete(answering("going", ""));
    await world.apply(answering("changing", "after", "changing.test"));
    await world.apply(answering("coming", "coming", "coming.test"));
    await answers("going.test", 404);
    await answers("changing.test", "after");
    await answers("coming.test", "coming");
    await traffic.stop();
    assert.equal(traffic.counts.failed, 0, traffic.counts.last);
    await world.apply(slice("pets", ["10.77.0.22"]));
    await answers("pets.test", "two");
    await waitFor(
      "statuses again",
      async () => (await world.get(answering("coming", ""))).status?.statuses?.["gloo-system"]?.state === "Accepted",
    );
  } finally {
    await other?.stop();
    await envoy.stop();
    await sluice.stop();
    await Promise.all(backends.map((one) => one.stop()));
    await world.stop();
  }
});

Deno.test("an API server that is away or hangs: Sluice waits for it, says that it lives, and ends when it is told to", async (test) => {
  const world = await World.start();
  const front = await Front.of(world.server);
  const folder = await Deno.makeTempDir({ prefix: "sluice_test_" });
  const { token } = world.server.ready;
  const kubeconfig = await writeKubeconfig(`${folder}/kubeconfig`, world.server, { token }, front);
  const hang = () => new Promise<Response>(() => {});
  const adminAddress = `127.0.0.1:${freePort()}`;
  const start = () => startSluice({ sources: ["--kubeconfig", kubeconfig], adminAddress });
  const get = (path: string) =>
    fetch(`http://${adminAddress}${path}`).then(
      async (answer) => (await answer.body?.cancel(), answer.status),
      () => 0,
    );
  try {
    await world.apply(gateway(18_080));
    await test.step("at the first start", async () => {
      front.instead = () => new Response("later", { status: 503 });
      const starting = start();
      await waitFor("health", async () => await get("/healthz") === 200);
      assert.equal(await get("/readyz"), 503);
      front.instead = () => undefined;
      assert.equal(await (await starting).stop(), 0);
    });
    await test.step("while statuses are written", async () => {
      const sluice = await start();
      await world.apply(answering("first", "x", "first.test"));
      await waitFor(
        "its status",
        async () => (await world.get(answering("first", ""))).status?.statuses?.["gloo-system"]?.state === "Accepted",
      );
      const asked: string[] = [];
      front.instead = ({ method }) => {
        asked.push(method);
        return hang();
      };
      await world.apply(answering("late", "x", "late.test"));
      await waitFor("a status to be written", () => asked.includes("PATCH"));
      assert.equal(await sluice.stop(), 0);
    });
  } finally {
    await front.stop();
    await world.stop();
    await Deno.remove(folder, { recursive: true });
  }
});
