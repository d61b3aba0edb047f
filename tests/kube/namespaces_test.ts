/** Which namespaces are read, changed while Sluice runs and across its restarts. */
import assert from "node:assert/strict";
import { freePort, send, startEnvoy, waitFor } from "../envoy/harness.ts";
import { makeFolder, startSluice } from "../envoy/product.ts";
import { until } from "../envoy/traffic.ts";
import { allow, kubeconfigOf } from "./accounts.ts";
import { backendOn } from "./backends.ts";
import { settings, withServed } from "./served.ts";
import { routing, service, slice } from "./services.ts";
import { steadily } from "./steadily.ts";
import { answering, gateway, type Manifest, World } from "./world.ts";

Deno.test("namespaces are added and removed in Settings while nothing of those that stay fails", async () => {
  const backend = backendOn("10.77.4.1", "pets");
  try {
    await withServed({
      namespaces: ["shop", "late", "never"],
      objects: [
        settings({ watchNamespaces: ["shop"] }),
        service("pets"),
        slice("pets", ["10.77.4.1"]),
        routing("pets", "pets.test", { upstream: { name: "shop-pets-80", namespace: "gloo-system" } }, "shop"),
        answering("late", "late", "late.test", "late"),
        answering("never", "never", "never.test", "never"),
      ],
    }, async ({ port, apply, answers }) => {
      await answers("pets.test", "pets");
      await answers("late.test", 404);
      const traffic = steadily(port, "pets.test", "pets");
      for (let round = 0; round < 3; round++) {
        await apply(settings({ watchNamespaces: ["shop", "late"] }));
        await answers("late.test", "late");
        await apply(settings({ watchNamespaces: ["shop"] }));
        await answers("late.test", 404);
      }
      await apply(settings({ watchNamespaces: [""] }));
      await answers("never.test", "never");
      await answers("late.test", "late");
      await traffic.stop();
      assert.equal(traffic.counts.failed, 0, traffic.counts.last);
    });
  } finally {
    await backend.stop();
  }
});

const ALL_BUT_NAMESPACES = [
  {
    apiGroups: ["gateway", "gloo", "enterprise.gloo", "ratelimit", "graphql.gloo"].map((group) => `${group}.solo.io`),
    resources: ["*"],
    verbs: ["*"],
  },
  {
    apiGroups: ["networking.k8s.io", "discovery.k8s.io", "coordination.k8s.io", "events.k8s.io"],
    resources: ["*"],
    verbs: ["*"],
  },
  { apiGroups: [""], resources: ["services", "secrets", "pods"], verbs: ["*"] },
];

Deno.test("namespaces by their labels: the labels change live, and a restart loses nothing of them", async () => {
  const world = await World.start();
  const port = freePort();
  const folder = await makeFolder({ "config/.keep": "" });
  const namespace = (name: string, labels: object): Manifest => ({
    apiVersion: "v1",
    kind: "Namespace",
    metadata: { name, labels },
  });
  for (
    const object of [
      namespace("shop", { team: "a" }),
      namespace("late", { team: "b" }),
      gateway(port),
      settings({ watchNamespaceSelectors: [{ matchLabels: { team: "a" } }] }),
      answering("shop", "shop", "shop.test", "shop"),
      answering("late", "late", "late.test", "late"),
    ]
  ) await world.apply(object);
  const xdsAddress = `127.0.0.1:${freePort()}`;
  const start = (kubeconfig: string, until: "ready" | "serving" = "ready") =>
    startSluice({ folder, sources: ["--kubeconfig", kubeconfig], xdsAddress, until });
  let sluice = await start(world.server.ready.kubeconfig);
  const envoy = await startEnvoy({ xds: sluice.xds, delta: true });
  const asked = async (host: string) => {
    const { status, body } = await send(port, "/", { host });
    return status === 200 ? body : status;
  };
  try {
    await until("the chosen one", () => asked("shop.test"), "shop");
    assert.equal(await asked("late.test"), 404);
    const traffic = steadily(port, "shop.test", "shop");
    await world.apply(namespace("late", { team: "a" }));
    await until("the other", () => asked("late.test"), "late");

    // After the restart it may read all but namespaces: until it knows which are chosen, what it served last is served.
    await sluice.stop();
    sluice = await start(await kubeconfigOf(world, folder, "restricted", ALL_BUT_NAMESPACES), "serving");
    await waitFor("it to say what is missing", () => sluice.log().includes("namespaces cannot be read now"));
    await waitFor("Envoy to be back", async () => await sluice.metric("sluice_xds_streams") > 0);
    assert.equal(await asked("late.test"), "late");
    await world.apply(answering("late", "later", "late.test", "late"));
    await allow(world, "restricted");
    await until("the change that was made meanwhile", () => asked("late.test"), "later");
    await world.apply(namespace("late", { team: "b" }));
    await until("the other to go", () => asked("late.test"), 404);
    await traffic.stop();
    assert.equal(traffic.counts.failed, 0, traffic.counts.last);
  } finally {
    await envoy.stop();
    await sluice.stop();
    await Deno.remove(folder, { recursive: true });
    await world.stop();
  }
});
