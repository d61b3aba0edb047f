/** Our CRDs over those that Gloo's chart left behind: what the cluster holds is served on. */
import assert from "node:assert/strict";
import { apiVersionOf, type Kind, KINDS } from "../../src/api/mod.ts";
import { applyCrds, CRDS_PATH, essence, type KubeObject, makeNamespaces, objectPath, schema } from "./crds.ts";
import { goldenDocuments } from "./golden_documents.ts";
import { KubeServer } from "./kube_server.ts";

const WITH_CRD = (Object.keys(KINDS) as Kind[]).filter((kind) => KINDS[kind].crd);

/**
 * A CRD with the names of Gloo 1.14's, and as little else as can be: no status subresource, and a schema that keeps
 * whatever it is given, as a cluster may hold objects from before Gloo's CRDs had schemas (1.9).
 */
function asGlooHasIt(kind: Kind) {
  const { group, version, plural, shortNames } = KINDS[kind];
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      scope: "Namespaced",
      names: { kind, listKind: `${kind}List`, plural, shortNames },
      versions: [{
        name: version,
        served: true,
        storage: true,
        schema: { openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true } },
      }],
    },
  };
}

/** As Gloo writes it: with numbers, into the object itself. */
const STATUS = { statuses: { "gloo-system": { state: 1, reportedBy: "gateway", subresourceStatuses: {} } } };

/** The golden documents, each name once, and what else Gloo's CRDs let into a cluster. */
function heldObjects(): KubeObject[] {
  const inSpec = (kind: Kind, name: string, spec: unknown) =>
    ({ apiVersion: apiVersionOf(kind), kind, metadata: { name, namespace: "gloo-system" }, spec }) as KubeObject;
  const objects = [
    ...goldenDocuments().map(({ object }) => object),
    inSpec("Upstream", "with-statuses", { static: {}, namespacedStatuses: STATUS }),
    inSpec("Proxy", "of-gloo", { listeners: [{ name: "a", httpListener: { statPrefix: "a", virtualHosts: [{}] } }] }),
    inSpec("RateLimitConfig", "limits", { raw: { descriptors: [{ key: "a", rateLimit: { unit: "HOUR" } }] } }),
    inSpec("AuthConfig", "auth", { configs: [{ basicAuth: { realm: "a", apr: { users: {} } } }] }),
  ];
  return [...new Map(objects.map((object) => [objectPath(object), { ...object, status: STATUS }])).values()];
}

Deno.test("our CRDs take the place of Gloo's, and what is stored is served as it was", async () => {
  const server = await KubeServer.start();
  try {
    await applyCrds(server, WITH_CRD.map(asGlooHasIt), "helm");
    const held = heldObjects();
    await makeNamespaces(server, held.map(({ metadata }) => metadata.namespace!));
    for (const object of held) await server.apply(objectPath(object), object, "kubectl");

    // The chart's fields have an owner, so without --force-conflicts kubectl says whose they are.
    const [crd] = schema.customResourceDefinitions() as [{ metadata: { name: string } }];
    const path = `${CRDS_PATH}/${crd.metadata.name}?fieldManager=sluice`;
    const conflict = await server.raw("PATCH", path, crd, "application/apply-patch+yaml");
    assert.match((await conflict.json()).message, /conflict with "helm".*\.spec\.versions/);
    assert.equal(conflict.status, 409);

    await applyCrds(server);
    for (const object of held) {
      const served = await server.request<KubeObject>("GET", objectPath(object));
      assert.deepEqual(essence(served), essence(object), objectPath(object));
      assert.deepEqual(served.status, STATUS, objectPath(object));
      // It may be changed and keeps its status, which is by itself now.
      const labels = { metadata: { labels: { seen: "yes" } }, status: { statuses: { "gloo-system": { state: 2 } } } };
      const changed = await server.request<KubeObject>("PATCH", objectPath(object), labels, MERGE);
      assert.deepEqual(changed.spec, served.spec, objectPath(object));
      assert.deepEqual(changed.status, STATUS, objectPath(object));
    }
  } finally {
    server.closeClient();
    await server.stop();
  }
});

const MERGE = "application/merge-patch+json";
