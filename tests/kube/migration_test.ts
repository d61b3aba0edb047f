/** The patches of docs/migrate-from-gloo.md, on Services as Gloo's Helm chart makes them. */
import assert from "node:assert/strict";
import { waitFor } from "../envoy/harness.ts";
import { type KubeObject, printedManifests, withKube } from "./kube_objects.ts";
import type { KubeServer } from "./kube_server.ts";

const PAGE = new URL("../../docs/migrate-from-gloo.md", import.meta.url);
const NAMESPACE = "/api/v1/namespaces/gloo-system";

/** The Service that a patch of the page is for, and the patch. */
async function patchOf(name: string): Promise<{ readonly service: string; readonly patch: unknown }> {
  const text = (await Deno.readTextFile(PAGE)).split(`<!-- patch: ${name} -->`)[1]?.split("```")[1] ?? "";
  const found = /patch service (\S+) --type=json -p[\s\\]*'(.*)'/.exec(text);
  assert.ok(found, `the page has a patch ${name}`);
  return { service: found[1]!, patch: JSON.parse(found[2]!) };
}

const service = (name: string, selector: object, ports: object[]): KubeObject => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: { name, namespace: "gloo-system" },
  spec: { selector, ports },
});

/** Makes a pod that is ready at an address, as a kubelet would tell. */
async function runPod(server: KubeServer, name: string, ip: string, labels: object, ports: object[]): Promise<void> {
  await server.request("POST", `${NAMESPACE}/pods`, {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, labels },
    spec: { nodeName: "node-a", containers: [{ name: "main", image: "main", ports }] },
  });
  await server.request("PATCH", `${NAMESPACE}/pods/${name}/status`, {
    status: {
      phase: "Running",
      podIP: ip,
      podIPs: [{ ip }],
      conditions: [{ type: "Ready", status: "True" }],
    },
  }, "application/merge-patch+json");
}

/** Addresses with ports that a Service leads to. */
async function endpointsOf(server: KubeServer, name: string): Promise<string[]> {
  const { items } = await server.request<{ items: KubeObject[] }>(
    "GET",
    `/apis/discovery.k8s.io/v1/namespaces/gloo-system/endpointslices?labelSelector=kubernetes.io/service-name=${name}`,
  );
  return items.flatMap(({ endpoints, ports }) =>
    (endpoints ?? []).flatMap(({ addresses }: { addresses: string[] }) =>
      addresses.flatMap((address) => (ports ?? []).map(({ port }: { port: number }) => `${address}:${port}`))
    )
  ).toSorted();
}

Deno.test("migration: the page's patches lead Gloo's Services to Sluice and its Envoys, and back", async () => {
  await withKube(async (server, applier) => {
    const objects = await printedManifests();
    await applier.applyAll(objects);
    const template = (name: string) =>
      objects.find(({ kind, metadata }) => kind === "Deployment" && metadata.name === name)!.spec.template;
    const [sluice, envoy] = [template("sluice"), template("sluice-envoy-gateway-proxy")];
    await applier.applyAll([
      service("gloo", { gloo: "gloo" }, [{ name: "grpc-xds", port: 9977 }]),
      service("gateway-proxy", { "gateway-proxy": "live", "gateway-proxy-id": "gateway-proxy" }, [
        { name: "http", port: 80, targetPort: 8080 },
        { name: "https", port: 443, targetPort: 8443 },
      ]),
    ]);
    const proxy = { gloo: "gateway-proxy", "gateway-proxy": "live", "gateway-proxy-id": "gateway-proxy" };
    await runPod(server, "gloo", "10.1.0.1", { gloo: "gloo" }, []);
    await runPod(server, "sluice", "10.1.0.2", sluice.metadata.labels, sluice.spec.containers[0].ports);
    await runPod(server, "gateway-proxy", "10.1.0.3", proxy, []);
    await runPod(server, "envoy", "10.1.0.4", envoy.metadata.labels, envoy.spec.containers[0].ports);

    const leadsTo = async (name: string, ...expected: string[]): Promise<void> => {
      await waitFor(`${name} to lead to ${expected.join(", ")}`, async () => {
        return (await endpointsOf(server, name)).join() === expected.join();
      });
    };
    await leadsTo("gloo", "10.1.0.1:9977");
    await leadsTo("gateway-proxy", "10.1.0.3:8080", "10.1.0.3:8443");
    await leadsTo("sluice", "10.1.0.2:8443", "10.1.0.2:9977");
    await leadsTo("sluice-envoy-gateway-proxy", "10.1.0.4:8080", "10.1.0.4:8443");

    const steps: [patch: string, ...leads: string[]][] = [
      ["to Sluice's Envoys", "10.1.0.4:8080", "10.1.0.4:8443"],
      ["to Gloo's Envoys", "10.1.0.3:8080", "10.1.0.3:8443"],
      ["to Sluice", "10.1.0.2:9977"],
      ["to Gloo", "10.1.0.1:9977"],
    ];
    for (const [name, ...leads] of steps) {
      const { service, patch } = await patchOf(name);
      await server.request("PATCH", `${NAMESPACE}/services/${service}`, patch, "application/json-patch+json");
      await leadsTo(service, ...leads);
    }
  });
});

Deno.test("migration: statuses need Sluice's definitions; with them, what Gloo writes as a status is ignored", async () => {
  await withKube(async (server, applier) => {
    const path = "/apis/gloo.solo.io/v1/namespaces/default/upstreams";
    const definitionPath = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/upstreams.gloo.solo.io";
    const upstream = { apiVersion: "gloo.solo.io/v1", kind: "Upstream", metadata: { name: "blue" }, spec: {} };
    await server.request("POST", path, upstream);
    const byGloo = async (): Promise<unknown> => {
      const patch = [{ op: "add", path: "/status", value: { statuses: { "gloo-system": { state: 1 } } } }];
      const { status } = await server.request<KubeObject>(
        "PATCH",
        `${path}/blue`,
        patch,
        "application/json-patch+json",
      );
      return status;
    };
    const bySluice = async (): Promise<number> => {
      const status = { statuses: { "gloo-system": { state: 1 } } };
      const answer = await server.raw(
        "PATCH",
        `${path}/blue/status?fieldManager=sluice&force=true`,
        { ...upstream, spec: undefined, status },
        "application/apply-patch+yaml",
      );
      await answer.body?.cancel();
      return answer.status;
    };
    assert.equal(await byGloo(), undefined);
    assert.equal(await bySluice(), 200);
    const withSubresource = (await printedManifests("--crds")).find(({ metadata }) =>
      metadata.name === "upstreams.gloo.solo.io"
    )!;
    const [version] = withSubresource.spec.versions;
    const gloos = {
      ...withSubresource,
      spec: { ...withSubresource.spec, versions: [{ ...version, subresources: {} }] },
    };
    await server.request("PATCH", definitionPath, gloos, "application/merge-patch+json");
    await waitFor("statuses to be a part of the object", async () => await bySluice() === 404);
    await waitFor("Gloo to write its status", async () => await byGloo() !== undefined);
    await applier.applyDefinitions([withSubresource]);
    await waitFor("statuses to have a subresource again", async () => await bySluice() === 200);
  });
});
