import assert from "node:assert/strict";
import { freePort, send, startEnvoy, waitFor } from "../envoy/harness.ts";
import { makeFolder, startSluice } from "../envoy/product.ts";
import { socketOf } from "./envoy_socket.ts";
import { answering, gateway, type Manifest, World } from "./world.ts";

const secret = (name: string): Manifest => ({ apiVersion: "v1", kind: "Secret", metadata: { name } });
const EVERYTHING = ["CREATE", "UPDATE", "DELETE"];

/** What the API server is to ask the webhook. */
const webhooks: Manifest = {
  apiVersion: "admissionregistration.k8s.io/v1",
  kind: "ValidatingWebhookConfiguration",
  metadata: { name: "sluice-gloo-system" },
  webhooks: [{
    name: "validation.sluice.dev",
    clientConfig: { service: { namespace: "gloo-system", name: "sluice", path: "/validation" } },
    rules: [{
      operations: EVERYTHING,
      apiGroups: ["gateway.solo.io", "gloo.solo.io"],
      apiVersions: ["v1"],
      resources: ["*"],
    }],
    failurePolicy: "Fail",
    sideEffects: "None",
    admissionReviewVersions: ["v1"],
  }],
};

/** The Service that the API server finds the webhook by; there is no kube-proxy, so its address is the webhook's own. */
const ADDRESS = "10.0.0.50";
const service: Manifest = {
  apiVersion: "v1",
  kind: "Service",
  metadata: { name: "sluice" },
  spec: { clusterIP: ADDRESS, ports: [{ port: 443 }] },
};

Deno.test("with the cluster's own certificates Envoys are served by mTLS alone, also while the API server is away", async (test) => {
  const world = await World.start();
  const port = freePort();
  const folder = await makeFolder({ "config/.keep": "" });
  const start = (until?: "serving") =>
    startSluice({
      folder,
      sources: ["--kubeconfig", world.server.ready.kubeconfig],
      flags: ["--kube-certificates", "--webhook-address", `${ADDRESS}:443`],
      hosts: [ADDRESS],
      ...(until && { until }),
    });
  await world.apply(service);
  await world.apply(gateway(port));
  await world.apply(answering("one", "one", "one.test"));
  let sluice = await start();
  const answers = (body: string) =>
    waitFor(`the answer ${body}`, async () => (await send(port, "/", { host: "one.test" })).body === body);
  try {
    const mounted = await waitFor("the Secret of the Envoys", () => world.get(secret("sluice-envoy-gateway-proxy")));
    const xds = (xdsTransportSocket: Record<string, unknown> | undefined, role = "gloo-system~gateway-proxy") => ({
      ...{ xds: sluice.xds, role, xdsTransportSocket },
    });

    await test.step("an Envoy with its Secret is served, one without it is not, and nobody has another's role", async () => {
      const envoy = await startEnvoy(xds(socketOf(mounted, "sluice.gloo-system.svc")));
      await answers("one");
      const [plain, thief] = [
        await startEnvoy({ ...xds(undefined), until: "admin", nodeId: "plain" }),
        await startEnvoy({
          ...xds(socketOf(mounted, "sluice.gloo-system.svc"), "gloo-system~other"),
          until: "admin",
          nodeId: "thief",
        }),
      ];
      await waitFor("both to be turned away", async () =>
        await plain.stat("control_plane.connected_state") === 0 &&
        await plain.stat("cluster.xds_cluster.upstream_cx_connect_fail") +
              await plain.stat("cluster.xds_cluster.upstream_cx_protocol_error") +
              await plain.stat("cluster.xds_cluster.upstream_cx_destroy_remote") > 0 &&
        await thief.stat("cluster_manager.cds.update_failure") > 0);
      for (const one of [plain, thief]) {
        assert.equal(await one.stat("listener_manager.total_listeners_active"), 0);
        await one.stop();
      }
      await envoy.stop();
    });

    await test.step("the webhook shows a certificate of the same authority, which the API server is told of", async () => {
      await world.apply({
        apiVersion: "gloo.solo.io/v1",
        kind: "Settings",
        metadata: { name: "default" },
        spec: { gateway: { validation: { alwaysAccept: false } } },
      });
      await world.apply(webhooks);
      const path = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/sluice-gloo-system";
      await waitFor("the authority in the webhook's configuration", async () => {
        const { webhooks: [webhook] } = await world.server.request<
          { webhooks: [{ clientConfig: { caBundle?: string } }] }
        >("GET", path);
        return webhook.clientConfig.caBundle;
      }, 60_000);
      const broken = answering("two", "two", "two.test");
      const bad = {
        ...broken,
        spec: { virtualHost: { domains: ["two.test"], routes: [{ matchers: [{ prefix: "/" }] }] } },
      };
      await waitFor("a refusal in Sluice's words", async () => {
        const response = await world.server.raw(
          "POST",
          "/apis/gateway.solo.io/v1/namespaces/gloo-system/virtualservices",
          bad,
        );
        const text = await response.text();
        return response.status === 422 && text.includes("SLUICE-") || undefined;
      });
      await world.apply(broken);
    });

    await test.step("a Sluice that starts while the API server is away serves Envoys with its last certificate", async () => {
      await sluice.stop();
      await world.server.command("kill-apiserver");
      sluice = await start("serving");
      const envoy = await startEnvoy(xds(socketOf(mounted, "sluice.gloo-system.svc")));
      await answers("one");
      await world.server.command("start-apiserver");
      await waitFor("changes again", async () => {
        await world.apply(answering("one", "changed", "one.test")).catch(() => {});
        return (await send(port, "/", { host: "one.test" })).body === "changed";
      }, 60_000);
      await envoy.stop();
    });
  } finally {
    await sluice.stop();
    await Deno.remove(folder, { recursive: true });
    await world.stop();
  }
});
