import assert from "node:assert/strict";
import { freePort, send, startEnvoy, waitFor } from "../envoy/harness.ts";
import { startSluice } from "../envoy/product.ts";
import { socketOf } from "./envoy_socket.ts";
import { answering, gateway, type Manifest, World } from "./world.ts";

/** A VirtualService whose route leads nowhere, so that it is rejected. */
const broken = (name: string, domain: string): Manifest => ({
  ...answering(name, "", domain),
  spec: { virtualHost: { domains: [domain], routes: [{ matchers: [{ prefix: "/" }], routeAction: { single: {} } }] } },
});

Deno.test("a replica that starts while something is held has it from the other one, or says what it lacks", async () => {
  const world = await World.start();
  const [port, xds] = [freePort(), freePort()];
  const start = (name: string, peer: string, own = "127.0.0.1:0") =>
    startSluice({
      sources: ["--kubeconfig", world.server.ready.kubeconfig],
      flags: ["--kube-certificates", "--peer", peer],
      xdsAddress: own,
      // The name's, and what it leads to.
      hosts: ["localhost", "[::1]"],
      env: { POD_NAME: name },
    });
  await world.apply(gateway(port));
  await world.apply(answering("held", "good", "held.test"));
  const one = await start("one", `127.0.0.1:${freePort()}`, `127.0.0.1:${xds}`);
  try {
    await waitFor("the first state", async () => (await one.metric("sluice_state_bytes")) > 0);
    await world.apply(broken("held", "held.test"));
    await waitFor("the rejection", async () => (await one.status("VirtualService", "held"))?.state === "Rejected");
    const secret: Manifest = { apiVersion: "v1", kind: "Secret", metadata: { name: "sluice-envoy-gateway-proxy" } };
    const mounted = await waitFor("the Secret of the Envoys", () => world.get(secret));

    // By name, as in a cluster.
    const two = await start("two", `localhost:${xds}`);
    const envoy = await startEnvoy({ xds: two.xds, xdsTransportSocket: socketOf(mounted) });
    assert.equal((await send(port, "/", { host: "held.test" })).body, "good", two.log());
    const held = await two.status("VirtualService", "held");
    assert.match(held?.messages.join() ?? "", /last good form/);
    await envoy.stop();
    const page = async (sluice: typeof one) =>
      await (await sluice.page("/snapshots/xds?node=gloo-system~gateway-proxy")).text();
    assert.equal(await page(two), await page(one));
    await two.stop();

    const three = await start("three", `127.0.0.1:${freePort()}`);
    const told = (await three.statuses()).find(({ kind }) => kind === "File")?.reasons[0];
    assert.equal(told?.code, "SLUICE-1505");
    assert.match(told?.message ?? "", /VirtualService gloo-system\/held.*none could be taken from another replica/);
    await three.stop();
  } finally {
    await one.stop();
    await world.stop();
  }
});
