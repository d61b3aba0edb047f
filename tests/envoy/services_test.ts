/** Kubernetes Services through `sluice serve` and a real Envoy: pods come and go, Services go and return. */
import assert from "node:assert/strict";
import { freePort, send, startBackend } from "./harness.ts";
import { ref, statusIs, until, withEnvoy } from "./traffic.ts";
import { httpGateway, resource, to, virtualService } from "./yaml.ts";

const object = (apiVersion: string, kind: string, name: string, rest: object, labels = {}): string =>
  JSON.stringify({ apiVersion, kind, metadata: { name, namespace: "gloo-system", labels }, ...rest }) + "\n";

const service = (name: string): string =>
  object("v1", "Service", name, { spec: { clusterIP: "10.96.0.1", ports: [{ name: "web", port: 80 }] } });

/** A slice of one pod. */
function slice(of: string, pod: string, address: string, port: number, conditions = {}): string {
  const endpoints = [{ addresses: [address], conditions, zone: "a", targetRef: { kind: "Pod", name: pod } }];
  const addressType = address.includes(":") ? "IPv6" : "IPv4";
  const name = `${of}-${pod}-${addressType.toLowerCase()}`;
  const labels = { "kubernetes.io/service-name": of };
  const rest = { addressType, ports: [{ name: "web", port }], endpoints };
  return object("discovery.k8s.io/v1", "EndpointSlice", name, rest, labels);
}

const pod = (name: string, version: string): string => object("v1", "Pod", name, {}, { version });

const subset = (version: string): object => ({
  matchers: [{ prefix: `/${version}` }],
  routeAction: { single: { upstream: ref("pets"), subset: { values: { version } } } },
});
const direct = { matchers: [{ prefix: "/direct" }], routeAction: { single: { kube: { ref: ref("pets"), port: 80 } } } };

Deno.test("services: subsets by labels of pods, pods and Services that come and go, a destination without an Upstream", async () => {
  const port = freePort();
  const [one, two] = [startBackend("one"), startBackend("two")];
  const subsetSpec = { selectors: [{ keys: ["version"] }], fallbackPolicy: "NO_FALLBACK" };
  const kube = { serviceName: "pets", servicePort: 80, subsetSpec };
  const files = {
    "gw.yaml": httpGateway(port),
    "upstream.yaml": resource("Upstream", "pets", { kube }),
    "vs.yaml": virtualService("vs", ["*"], [subset("v1"), subset("v2"), direct]),
    "service.json": service("pets"),
    "a.json": slice("pets", "a", "127.0.0.1", one.port),
    "b.json": slice("pets", "b", "127.0.0.1", two.port),
    "pod-a.json": pod("a", "v1"),
    "pod-b.json": pod("b", "v2"),
  };
  try {
    await withEnvoy({ files }, async (sluice, envoy) => {
      const asked = async (path: string): Promise<string> => {
        const { status, body } = await send(port, path);
        return status === 200 ? body : String(status);
      };
      await until("the first subset", () => asked("/v1"), "one");
      await until("the other subset", () => asked("/v2"), "two");
      const clusters = await envoy.stat("cluster_manager.cluster_modified");
      const leaving = { ready: false, serving: true, terminating: true };
      await sluice.write("b.json", slice("pets", "b", "127.0.0.1", two.port, leaving));
      await until("the pod that leaves", () => asked("/v2"), "503");
      for (let i = 0; i < 4; i++) assert.equal(await asked("/direct"), "one");
      await sluice.write("a.json", slice("pets", "a", "127.0.0.1", one.port, { ready: false }));
      await until("the pod that leaves, as there is no other", () => asked("/v2"), "two");
      await sluice.write("a.json", slice("pets", "a", "127.0.0.1", one.port));
      await sluice.write("pod-b.json", pod("b", "v1"));
      await sluice.write("b.json", slice("pets", "b", "127.0.0.1", two.port));
      await until("the label that moved", () => asked("/v2"), "503");
      assert.equal(await envoy.stat("cluster_manager.cluster_modified"), clusters, "no cluster was touched");
      await sluice.remove("service.json");
      await until("the Service to go", () => asked("/v1"), "503");
      await until("the Service to go", () => asked("/direct"), "503");
      await statusIs(sluice, "Upstream", "pets", "Warning");
      assert.match((await statusIs(sluice, "VirtualService", "vs", "Warning")).reason, /Service gloo-system\/pets/);
      await sluice.remove("b.json");
      await sluice.write("service.json", service("pets"));
      await until("the Service that returns", () => asked("/v1"), "one");
      await until("the Service that returns", () => asked("/direct"), "one");
      await statusIs(sluice, "Upstream", "pets", "Accepted");
      assert.equal(await sluice.metric("sluice_xds_nacks_total"), 0);
    });
  } finally {
    await Promise.all([one.stop(), two.stop()]);
  }
});

Deno.test("services: a pod of two families is asked at its other address where the first does not answer", async () => {
  const port = freePort();
  const server = Deno.serve({ hostname: "::1", port: 0, onListen: () => {} }, () => new Response("six"));
  const files = {
    "gw.yaml": httpGateway(port),
    "upstream.yaml": resource("Upstream", "pets", { kube: { serviceName: "pets", servicePort: 80 } }),
    "vs.yaml": virtualService("vs", ["*"], [to("pets")]),
    "service.json": service("pets"),
    "four.json": slice("pets", "a", "127.0.0.1", server.addr.port),
    "six.json": slice("pets", "a", "::1", server.addr.port),
  };
  try {
    await withEnvoy({ files }, async (_sluice, envoy) => {
      await until("an answer", async () => (await send(port, "/")).body, "six");
      assert.equal(await envoy.stat("cluster.pets_gloo-system.membership_total"), 1);
    });
  } finally {
    await server.shutdown();
  }
});
