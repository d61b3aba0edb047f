/** What a cluster can do while no Sluice answers to its webhook. */
import assert from "node:assert/strict";
import { waitFor } from "../envoy/harness.ts";
import { makeNamespaces, printedManifests, withKube } from "./kube_objects.ts";
import type { KubeServer } from "./kube_server.ts";

const upstream = (name: string): unknown => ({
  apiVersion: "gloo.solo.io/v1",
  kind: "Upstream",
  metadata: { name, namespace: "shop" },
  spec: { static: { hosts: [{ addr: "10.0.0.1", port: 80 }] } },
});

const UPSTREAMS = "/apis/gloo.solo.io/v1/namespaces/shop/upstreams";

async function makeAndDelete(server: KubeServer, path: string, object: { readonly metadata: { name: string } }) {
  await server.request("POST", path, object);
  await server.request("DELETE", `${path}/${object.metadata.name}`);
}

const secret = (name: string, type: string): { readonly metadata: { name: string } } => ({
  metadata: { name },
  ...{ apiVersion: "v1", kind: "Secret", type },
});

Deno.test("no Sluice answers: by default nothing is refused; with Fail only Gloo's kinds, and a namespace can go", async () => {
  await withKube(async (server, applier) => {
    await makeNamespaces(server, "shop");
    await applier.applyAll(await printedManifests());
    await server.request("POST", UPSTREAMS, upstream("first"));

    await applier.applyAll(await printedManifests("--failure-policy", "Fail"));
    const refused = await server.raw("POST", UPSTREAMS, upstream("second"));
    assert.equal(refused.status, 500);
    assert.match(await refused.text(), /failed calling webhook \\"configuration\.sluice\.webhook\\"/);
    const status = { ...upstream("first") as object, spec: undefined, status: { statuses: {} } };
    await server.request(
      "PATCH",
      `${UPSTREAMS}/first/status?fieldManager=test`,
      status,
      "application/apply-patch+yaml",
    );
    await makeAndDelete(server, "/api/v1/namespaces/shop/secrets", secret("mine", "Opaque"));
    await makeAndDelete(server, "/api/v1/namespaces/shop/secrets", secret("release", "helm.sh/release.v1"));
    await server.request("POST", "/api/v1/namespaces/shop/secrets", secret("left", "Opaque"));

    await server.request("DELETE", "/api/v1/namespaces/shop");
    await waitFor("the namespace to be gone", async () => {
      return await answered(server.raw("GET", "/api/v1/namespaces/shop")) === 404;
    });
  });
});

async function answered(asked: Promise<Response>): Promise<number> {
  const answer = await asked;
  await answer.body?.cancel();
  return answer.status;
}
