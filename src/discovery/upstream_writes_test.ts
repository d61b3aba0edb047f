import assert from "node:assert/strict";
import type { Resource, Spec } from "../api/mod.ts";
import { DiscoveredUpstreams, toEnd } from "./discovered_upstreams.ts";
import type { ManagedFields } from "./field_paths.ts";
import { rules, service } from "./test_services.ts";
import { FIELD_MANAGER, type UpstreamObject, type UpstreamWrite, upstreamWrites } from "./upstream_writes.ts";

const PATH = "/apis/gloo.solo.io/v1/namespaces/gloo-system/upstreams/";

function found(...services: Resource<"Service">[]): DiscoveredUpstreams {
  const discovered = new DiscoveredUpstreams(rules());
  discovered.apply({ put: services, removed: [], reports: [] });
  return discovered;
}

/** Fields as the API server tells who owns them: `{ kube: { serviceName: 0 } }` becomes `{ f:kube: { f:serviceName: {} } }`. */
const fields = (value: unknown): Record<string, unknown> =>
  typeof value === "object" && value !== null
    ? Object.fromEntries(Object.entries(value).map(([key, below]) => [`f:${key}`, fields(below)]))
    : {};
const owns = (manager: string, value: unknown, operation = "Apply"): ManagedFields => ({
  manager,
  operation,
  fieldsV1: fields(value),
});

const KUBE = { serviceName: "pets", serviceNamespace: "shop", servicePort: 80 };
const LABELS = { discovered_by: "kubernetesplugin" };
const SPEC = { discoveryMetadata: {}, kube: KUBE };

/** The object of `shop/pets` on port 80 as discovery applied it, with changes. */
function object(
  spec: UpstreamObject["spec"] = SPEC,
  managedFields = [owns(FIELD_MANAGER, { metadata: { labels: LABELS }, spec })],
  metadata: Partial<UpstreamObject["metadata"]> = {},
): UpstreamObject {
  const id = { name: "shop-pets-80", namespace: "gloo-system", uid: "u1", resourceVersion: "7" };
  return { metadata: { ...id, labels: LABELS, managedFields, ...metadata }, spec };
}

const pets = (spec: Spec<"Service"> = {}, annotations = {}): Resource<"Service"> =>
  service({ ports: [{ port: 80 }], ...spec }, { annotations });
const writes = (services: readonly Resource<"Service">[], objects: UpstreamObject[], namespaces?: string[]) =>
  toEnd(upstreamWrites({ found: found(...services), objects, writeNamespace: "gloo-system", namespaces }));
const specs = (given: readonly UpstreamWrite[]): unknown[] =>
  given.map((write) => write.action === "apply" ? write.object.spec : write);

Deno.test("an Upstream without an object is applied as a whole", () => {
  assert.deepEqual(writes([pets()], []), [{
    action: "apply",
    ref: { namespace: "gloo-system", name: "shop-pets-80" },
    path: `${PATH}shop-pets-80`,
    object: {
      apiVersion: "gloo.solo.io/v1",
      kind: "Upstream",
      metadata: { name: "shop-pets-80", namespace: "gloo-system", labels: LABELS },
      spec: SPEC,
    },
  }]);
});

Deno.test("an object that has what was discovered is left alone, whoever wrote it and whatever else it has", () => {
  assert.deepEqual(writes([pets()], [object()]), []);
  const byGloo = [owns("discovery", { spec: SPEC }, "Update")];
  assert.deepEqual(writes([pets()], [object(SPEC, byGloo)]), []);
  const marked = { "f:spec": { "f:kube": { ".": {}, "f:serviceName": {} }, "f:discoveryMetadata": { ".": {} } } };
  const asServersTell = { manager: FIELD_MANAGER, operation: "Apply", fieldsV1: marked };
  assert.deepEqual(writes([pets()], [object(SPEC, [asServersTell])]), []);
  const edited = { ...SPEC, kube: { ...KUBE, serviceSpec: { rest: {} } }, connectionConfig: { connectTimeout: "1s" } };
  const owners = [
    owns(FIELD_MANAGER, { metadata: { labels: LABELS }, spec: SPEC }),
    owns("kubectl-edit", {}, "Update"),
  ];
  assert.deepEqual(writes([pets()], [object(edited, owners)]), []);
});

Deno.test("a field that the Service says otherwise now is applied, at the version that was looked at", () => {
  const [write] = writes([pets({ selector: { app: "b" } })], [
    object({ ...SPEC, kube: { ...KUBE, selector: { app: "a" } } }),
  ]);
  assert.ok(write?.action === "apply");
  assert.deepEqual(write.object.spec, { ...SPEC, kube: { ...KUBE, selector: { app: "b" } } });
  assert.deepEqual(write.object.metadata, {
    name: "shop-pets-80",
    namespace: "gloo-system",
    labels: LABELS,
    resourceVersion: "7",
  });
});

Deno.test("a field that the Service says no more is applied away where discovery wrote it", () => {
  const former = { ...SPEC, useHttp2: true };
  assert.deepEqual(specs(writes([pets()], [object(former)])), [SPEC]);
  const byUser = [
    owns(FIELD_MANAGER, { metadata: { labels: LABELS }, spec: SPEC }),
    owns("kubectl", { spec: { useHttp2: 0 } }),
  ];
  assert.deepEqual(writes([pets()], [object(former, byUser)]), []);
});

Deno.test("a discovered field that a user changed stays so, but for the reference to the Service", () => {
  const mine = { selector: { app: "mine" } };
  const ours = {
    metadata: { labels: LABELS },
    spec: { discoveryMetadata: 0, kube: { serviceName: 0, serviceNamespace: 0 } },
  };
  const theirs = { spec: { useHttp2: 0, kube: { servicePort: 0, selector: { app: 0 } } } };
  const managed = [owns(FIELD_MANAGER, ours), owns("kubectl-edit", theirs, "Update")];
  const edited = (kube: object) =>
    object({ discoveryMetadata: {}, kube: { ...kube, ...mine }, useHttp2: false }, managed);
  const grpc = pets({ ports: [{ port: 80, name: "grpc" }], selector: { app: "pets" } });
  // The empty selector keeps the user's: without it the server would take the whole map away.
  const mended = { discoveryMetadata: {}, kube: { ...KUBE, selector: {} } };
  assert.deepEqual(specs(writes([grpc], [edited({ ...KUBE, servicePort: 9 })])), [mended]);
  assert.deepEqual(writes([grpc], [edited(KUBE)]), []);
});

Deno.test("what a user replaced by its like is not put beside it again, nor a selector mixed of two", () => {
  const secretRef = { name: "tls", namespace: "shop" };
  const owners = (theirs: object) => [
    owns(FIELD_MANAGER, { metadata: { labels: LABELS }, spec: SPEC }),
    owns("kubectl-edit", { spec: theirs }, "Update"),
  ];
  const tls = { sslConfig: { sslFiles: { rootCa: "/ca" } } };
  const annotation = { "gloo.solo.io/sslService.secret": secretRef.name };
  assert.deepEqual(writes([pets({}, annotation)], [object({ ...SPEC, ...tls }, owners(tls))]), []);
  const other = { ...SPEC, kube: { ...KUBE, selector: { app: "mine" } } };
  const given = object(other, owners({ kube: { selector: { app: 0 } } }));
  assert.deepEqual(writes([pets({ selector: { app: "pets", tier: "1" } })], [given]), []);
});

Deno.test("what discovery finds beside what a user wrote is applied", () => {
  const theirs = { discoveryMetadata: { labels: { mine: "1" } }, kube: { serviceSpec: { rest: { a: 0 } } } };
  const managed = [
    owns(FIELD_MANAGER, { metadata: { labels: LABELS }, spec: SPEC }),
    owns("kubectl-edit", { spec: theirs }, "Update"),
  ];
  const given = object({ discoveryMetadata: theirs.discoveryMetadata, kube: { ...KUBE, ...theirs.kube } }, managed);
  const labelled = { ...pets({ selector: { app: "pets" } }), metadata: { ...pets().metadata, labels: { team: "a" } } };
  assert.deepEqual(specs(writes([labelled], [given])), [
    { discoveryMetadata: { labels: { team: "a" } }, kube: { ...KUBE, selector: { app: "pets" } } },
  ]);
});

Deno.test("what Gloo's discovery wrote is written over", () => {
  const byGloo = [owns("discovery", { spec: { ...SPEC, useHttp2: 0 } }, "Update")];
  const given = object({ ...SPEC, useHttp2: false }, byGloo);
  assert.deepEqual(specs(writes([pets({ ports: [{ port: 80, name: "grpc" }] })], [given])), [{
    ...SPEC,
    useHttp2: true,
  }]);
});

Deno.test("an object of a user, of another namespace, or on its way out, is neither applied nor deleted", () => {
  const others = [
    object({}, [], { labels: {} }),
    object({}, [], { labels: { discovered_by: "consulplugin" } }),
    object({}, [], { deletionTimestamp: "2026-01-01T00:00:00Z" }),
  ];
  for (const other of others) assert.deepEqual([writes([pets()], [other]), writes([], [other])], [[], []]);
  const elsewhere = object(SPEC, [], { namespace: "other" });
  assert.deepEqual(writes([], [elsewhere]), []);
});

Deno.test("an object is deleted, by its uid, where the port that it stands for is gone", () => {
  const gone = {
    action: "delete",
    ref: { namespace: "gloo-system", name: "shop-pets-80" },
    path: `${PATH}shop-pets-80`,
    uid: "u1",
  };
  assert.deepEqual(writes([], [object()]), [gone]);
  assert.deepEqual(specs(writes([pets({ ports: [{ port: 81 }] })], [object()])), [
    { ...SPEC, kube: { ...KUBE, servicePort: 81 } },
    gone,
  ]);
});

Deno.test("an object is kept where only discovery passes over the Service, where nothing is known of it, or where it stands for none", () => {
  assert.deepEqual(writes([pets({}, { "gloo.solo.io/discover": "false" })], [object()]), []);
  assert.deepEqual(writes([], [object()], ["other"]), []);
  assert.equal(writes([], [object()], ["other", "shop"]).length, 1);
  assert.deepEqual(writes([], [object({ static: {} }), object({ kube: { serviceName: "pets" } })]), []);
});
