/** Discovered Upstreams in a cluster: in memory, changed by annotations, and as objects. */
import assert from "node:assert/strict";
import { waitFor } from "../envoy/harness.ts";
import { startSluice } from "../envoy/product.ts";
import { kubeconfigOf } from "./accounts.ts";
import { AuditLog } from "./audit.ts";
import { backendOn } from "./backends.ts";
import { makePod, runs } from "./pods.ts";
import { eventsOf, settings, withServed } from "./served.ts";
import { pod, routing, selecting, service, slice } from "./services.ts";
import { steadily } from "./steadily.ts";
import { answering, type Manifest, type Stored, type World } from "./world.ts";

const NAME = "shop-pets-80";
const CLUSTER = `${NAME}_gloo-system`;
const upstream = (spec: object): Manifest => ({
  apiVersion: "gloo.solo.io/v1",
  kind: "Upstream",
  metadata: { name: NAME },
  spec,
});
const toPets = routing("pets", "pets.test", { upstream: { name: NAME } });

interface Cluster {
  readonly name: string;
  readonly connect_timeout: string;
}

/** The cluster as Envoy has it. */
async function clusterIn(envoy: { admin(path: string): Promise<unknown> }): Promise<Cluster | undefined> {
  const { configs = [] } = await envoy.admin("config_dump?resource=dynamic_active_clusters") as {
    configs?: { cluster: Cluster }[];
  };
  return configs.map(({ cluster }) => cluster).find(({ name }) => name === CLUSTER);
}

const objects = async (world: World): Promise<Stored[]> =>
  (await world.server.request<{ items: Stored[] }>("GET", "/apis/gloo.solo.io/v1/upstreams")).items;

Deno.test("traffic follows the readiness of Pods to an Upstream that nobody wrote", async () => {
  const backends = [backendOn("10.77.1.1", "one"), backendOn("10.77.1.2", "two")];
  const [one, two] = ["one", "two"].map((name) => pod(`pets-${name}`, { app: "pets" })) as [Manifest, Manifest];
  try {
    await withServed({ objects: [selecting("pets"), toPets] }, async ({ world, envoy, answers }) => {
      await answers("pets.test", 503);
      for (const each of [one, two]) await makePod(world, each);
      await runs(world, one, "10.77.1.1", true);
      await runs(world, two, "10.77.1.2", false);
      await answers("pets.test", "one");
      const clusters = await envoy.stat("cluster_manager.cluster_modified");
      await runs(world, two, "10.77.1.2", true);
      await runs(world, one, "10.77.1.1", false);
      await answers("pets.test", "two");
      await world.server.request("DELETE", "/api/v1/namespaces/shop/pods/pets-two", { gracePeriodSeconds: 0 });
      await answers("pets.test", 503);
      await runs(world, one, "10.77.1.1", true);
      await answers("pets.test", "one");
      assert.equal(await envoy.stat("cluster_manager.cluster_modified"), clusters, "no cluster was touched");
      assert.deepEqual(await objects(world), []);
    });
  } finally {
    await Promise.all(backends.map((each) => each.stop()));
  }
});

Deno.test("annotations of a Service change its Upstream at once, and a faulty one is told on the Service and harms nobody", async (test) => {
  const backend = backendOn("10.77.1.3", "pets");
  const other = routing("other", "other.test", { upstream: { name: "shop-other-80" } });
  const faulty = { "gloo.solo.io/upstream_config": '{"connectionConfig": {"conectTimeout": "7s"}}' };
  try {
    await withServed({
      objects: [service("pets"), slice("pets", ["10.77.1.3"]), service("other"), slice("other", ["10.77.1.3"])],
    }, async ({ world, sluice, envoy, apply, answers }) => {
      const annotated = (annotations: Record<string, string>): Manifest => ({
        ...service("pets"),
        metadata: { name: "pets", namespace: "shop", annotations },
      });
      await apply(toPets, other);
      await answers("pets.test", "pets");

      await test.step("the protocol and fields of the Upstream", async () => {
        assert.equal(await envoy.stat(`cluster.${CLUSTER}.upstream_cx_http2_total`), 0);
        await apply(annotated({ "gloo.solo.io/h2_service": "true" }));
        await waitFor("HTTP/2", async () => {
          await answers("pets.test", "pets");
          return await envoy.stat(`cluster.${CLUSTER}.upstream_cx_http2_total`) > 0;
        });
        await apply(annotated({ "gloo.solo.io/upstream_config": '{"connectionConfig": {"connectTimeout": "7s"}}' }));
        await waitFor("the time limit", async () => (await clusterIn(envoy))?.connect_timeout === "7s");
        await answers("pets.test", "pets");
      });

      await test.step("a faulty one", async () => {
        await apply(annotated({ ...faulty, "gloo.solo.io/h2_service": "true" }));
        const event = await waitFor("the Event", async () => (await eventsOf(world, "Service", "shop", "pets"))[0]);
        assert.equal(
          event,
          'Rejected SLUICE-1601 metadata.annotations["gloo.solo.io/upstream_config"]: connectionConfig.conectTimeout: ' +
            "unknown field conectTimeout, did you mean connectTimeout?",
        );
        await answers("pets.test", "pets");
        await answers("other.test", "pets");
        for (const name of ["pets", "other"]) {
          assert.equal((await sluice.status("VirtualService", name))?.state, "Accepted");
        }
        await apply(annotated({}));
        await waitFor("no word about the Service", async () => await sluice.status("Service", "pets") === undefined);
      });

      await test.step("discovery is switched off and on", async () => {
        await apply(settings({ discovery: { udsOptions: { enabled: false } } }));
        await waitFor(
          "its routes to be told of",
          async () => (await sluice.status("VirtualService", "pets"))?.reason.includes(NAME),
        );
        await waitFor("its cluster to go", async () => await clusterIn(envoy) === undefined);
        await answers("pets.test", 503);
        await apply(settings({ discovery: { udsOptions: { enabled: true } } }));
        await answers("pets.test", "pets");
      });
    });
  } finally {
    await backend.stop();
  }
});

Deno.test("discovered Upstreams become objects and back while Sluice runs, by the leader alone; what users write stays", async (test) => {
  const audit = await AuditLog.create();
  const backends = [backendOn("10.77.1.4", "pets"), backendOn("10.77.1.5", "mine")];
  try {
    await withServed({
      objects: [service("pets"), slice("pets", ["10.77.1.4"]), toPets],
      args: audit.args,
    }, async ({ world, sluice, envoy, port, apply, answers }) => {
      const follower = await startSluice({
        sources: ["--kubeconfig", await kubeconfigOf(world, sluice.folder, "another")],
      });
      try {
        await answers("pets.test", "pets");
        const cluster = await clusterIn(envoy);
        const traffic = steadily(port, "pets.test", "pets");

        await test.step("objects", async () => {
          await apply(settings({ sluice: { discoveredUpstreams: "OBJECTS" } }));
          await waitFor(
            "the object and its status",
            async () => (await world.get(upstream({}))).status?.statuses?.["gloo-system"]?.state === "Accepted",
          );
          assert.deepEqual(await clusterIn(envoy), cluster);
        });

        await test.step("a user's edit is used and stays", async () => {
          const path = `/apis/gloo.solo.io/v1/namespaces/gloo-system/upstreams/${NAME}?fieldManager=kubectl-edit`;
          const edit = { spec: { connectionConfig: { connectTimeout: "9s" } } };
          await world.server.request("PATCH", path, edit, "application/merge-patch+json");
          await waitFor("the edit in Envoy", async () => (await clusterIn(envoy))?.connect_timeout === "9s");
          await apply({ ...service("pets"), metadata: { name: "pets", namespace: "shop", labels: { team: "a" } } });
          const { spec } = await waitFor("the label in the object", async () => {
            const object = await world.get(upstream({}));
            return JSON.stringify(object.spec).includes('"team":"a"') && object;
          });
          assert.deepEqual((spec as { connectionConfig: unknown }).connectionConfig, edit.spec.connectionConfig);
        });

        await test.step("in memory again: the object is left, and is a user's from then on", async () => {
          await apply(settings({ sluice: { discoveredUpstreams: "MEMORY" } }));
          await apply(answering("marker", "marker", "marker.test"));
          await answers("marker.test", "marker");
          await answers("pets.test", "pets");
          assert.equal((await clusterIn(envoy))?.connect_timeout, "9s");
          await world.delete(upstream({}));
          await waitFor(
            "what is discovered",
            async () => (await clusterIn(envoy))?.connect_timeout === cluster?.connect_timeout,
          );
          await answers("pets.test", "pets");
        });

        await traffic.stop();
        assert.equal(traffic.counts.failed, 0, traffic.counts.last);

        await test.step("a user's Upstream of the name is used", async () => {
          await apply(upstream({ static: { hosts: [{ addr: "10.77.1.5", port: 8080 }] } }));
          await answers("pets.test", "mine");
          await apply(settings({ sluice: { discoveredUpstreams: "OBJECTS" } }));
          await apply(service("late"));
          await waitFor(
            "another object",
            async () => (await objects(world)).some(({ metadata }) => metadata.name === "shop-late-80"),
          );
          await answers("pets.test", "mine");
          await world.delete(upstream({}));
          await answers("pets.test", "pets");
        });
        const writes = (await audit.ofSluice("upstreams")).filter(({ verb }) => verb !== "list" && verb !== "watch");
        assert.ok(writes.length > 2);
        assert.deepEqual([...new Set(writes.map(({ user }) => user))].length, 1, JSON.stringify(writes));
      } finally {
        await follower.stop();
      }
    });
  } finally {
    await audit.remove();
    await Promise.all(backends.map((each) => each.stop()));
  }
});
