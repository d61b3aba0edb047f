import assert from "node:assert/strict";
import type { Resource } from "../api/mod.ts";
import { plugins } from "../plugins/mod.ts";
import { SOURCE_REF } from "../report/mod.ts";
import type { DecodeHint, DecodeResult } from "../report/mod.ts";
import { createSchema } from "./schema.ts";

const { decode } = createSchema([]);
const here: DecodeHint = { defaultNamespace: "gloo-system" };

const told = ({ reports }: DecodeResult) => reports.map(({ code, path, message }) => `${code} ${path}: ${message}`);
const codes = ({ reports }: DecodeResult) => reports.map(({ code, path }) => `${code} ${path}`);

const manifest = (spec: unknown, metadata: unknown = { name: "default" }, more = {}) => ({
  apiVersion: "gateway.solo.io/v1",
  kind: "VirtualService",
  metadata,
  spec,
  ...more,
});

const virtualHost = { domains: ["a.example.com"], routes: [{ directResponseAction: { status: 200 } }] };

Deno.test("a manifest and a bare message give the same resource", () => {
  const metadata = { name: "default", namespace: "gloo-system", labels: { a: "b" } };
  const one = decode(manifest({ virtualHost }, metadata, { status: { statuses: {} } }), here);
  const statuses = { namespacedStatuses: { statuses: { "gloo-system": { state: "Accepted" } } }, status: {} };
  const other = decode({ metadata, virtualHost, ...statuses }, { ...here, kind: "VirtualService" });
  assert.deepEqual(one.resource, { kind: "VirtualService", metadata, spec: { virtualHost } });
  assert.deepEqual(other.resource, one.resource);
  assert.equal(one.specPath, "spec");
  assert.equal(other.specPath, "");
  assert.ok(Object.isFrozen(one.resource) && Object.isFrozen(one.resource?.metadata));
});

Deno.test("statuses in the spec, where Gloo's CRDs have them, are not read", () => {
  assert.deepEqual(codes(decode(manifest({ virtualHost, namespacedStatuses: { statuses: {} } }), here)), []);
});

Deno.test("an empty document is nothing", () => {
  assert.deepEqual(decode(null, here), { reports: [] });
  assert.deepEqual(decode(undefined, here), { reports: [] });
});

Deno.test("name and namespace come from metadata, then from the hint", () => {
  const hint = { ...here, kind: "VirtualService", namespace: "folder", name: "file" } as const;
  const id = (document: unknown, at: DecodeHint) => {
    const { resource, id } = decode(document, at);
    assert.deepEqual(resource && { name: resource.metadata.name, namespace: resource.metadata.namespace }, {
      name: id?.name,
      namespace: id?.namespace,
    });
    return `${id?.namespace}/${id?.name}`;
  };
  assert.equal(id({ virtualHost }, hint), "folder/file");
  assert.equal(id({ metadata: { name: "own", namespace: "mine" }, virtualHost }, hint), "mine/own");
  assert.equal(id(manifest({ virtualHost }), here), "gloo-system/default");
});

Deno.test("names are DNS names", () => {
  const named = (name: unknown, namespace?: unknown) => codes(decode(manifest({}, { name, namespace }), here));
  assert.deepEqual(named("a.b-c.9"), []);
  assert.deepEqual(named("a".repeat(253)), []);
  assert.deepEqual(named("a".repeat(254)), ["SLUICE-1006 metadata.name"]);
  for (const bad of ["A", "a_b", "-a", "a-", "a..b", "a/b", "ä"]) {
    assert.deepEqual(named(bad), ["SLUICE-1006 metadata.name"], bad);
  }
  assert.deepEqual(named("a", "b.c"), ["SLUICE-1006 metadata.namespace"]);
  assert.deepEqual(named(undefined), ["SLUICE-1006 metadata"]);
  assert.deepEqual(named(5), ["SLUICE-1003 metadata.name", "SLUICE-1006 metadata"]);
  assert.deepEqual(codes(decode(manifest({}, null), here)), ["SLUICE-1006 metadata"]);
});

Deno.test("metadata keeps what Sluice uses, passes over what Kubernetes adds, and knows typing mistakes", () => {
  const { resource, reports } = decode(
    manifest({}, {
      name: "default",
      creationTimestamp: "2024-01-31T12:00:00Z",
      generation: 3,
      uid: "1-2",
      managedFields: [{ manager: "kubectl" }],
      ownerReferences: [{ apiVersion: "v1", kind: "Pod", name: "p", uid: "3", controller: true }],
    }),
    here,
  );
  assert.deepEqual(reports, []);
  assert.deepEqual(resource?.metadata, {
    name: "default",
    namespace: "gloo-system",
    creationTimestamp: "2024-01-31T12:00:00Z",
    generation: "3",
    ownerReferences: [{ apiVersion: "v1", kind: "Pod", name: "p", uid: "3", controller: true }],
  });
  assert.deepEqual(told(decode(manifest({}, { name: "a", lables: {} }), here)), [
    "SLUICE-1002 metadata.lables: unknown field lables, did you mean labels?",
  ]);
});

Deno.test("a document with a fault still says whose it is, and gives no resource", () => {
  const result = decode(manifest({ virtualHost: { routes: [{ routeAction: { single: { upsteam: {} } } }] } }), here);
  assert.equal(result.resource, undefined);
  assert.deepEqual(result.id, { kind: "VirtualService", namespace: "gloo-system", name: "default" });
  assert.deepEqual(result.reports, [{
    severity: "error",
    code: "SLUICE-1002",
    ref: { kind: "VirtualService", namespace: "gloo-system", name: "default" },
    path: "virtualHost.routes[0].routeAction.single.upsteam",
    message: "unknown field upsteam, did you mean upstream?",
  }]);
});

Deno.test("what belongs under spec, and a spec without a kind, are told", () => {
  assert.deepEqual(told(decode({ ...manifest(undefined), virtualHost }, here)), [
    "SLUICE-1002 virtualHost: unknown field virtualHost; virtualHost belongs under spec",
  ]);
  assert.deepEqual(told(decode(manifest({}, undefined, { metadta: {} }), { ...here, name: "a" })), [
    "SLUICE-1002 metadta: unknown field metadta, did you mean metadata?",
  ]);
  assert.deepEqual(told(decode({ metadata: { name: "a" }, spec: {} }, { ...here, kind: "VirtualService" })), [
    "SLUICE-1002 spec: unknown field spec; a manifest with a spec needs apiVersion and kind too",
  ]);
});

Deno.test("a document that does not say what it is, or says it wrongly, is told how", () => {
  assert.deepEqual(told(decode({ virtualHost }, here)), [
    "SLUICE-1008 : this says no apiVersion and kind: for a VirtualService write apiVersion: gateway.solo.io/v1 and " +
    "kind: VirtualService, or keep it under virtualservices/",
  ]);
  assert.deepEqual(told(decode({ kind: "Upstream" }, here)), [
    "SLUICE-1008 apiVersion: apiVersion is missing: write gloo.solo.io/v1",
  ]);
  assert.deepEqual(told(decode({ apiVersion: "gateway.solo.io/v1" }, here)), ["SLUICE-1008 kind: kind is missing"]);
  assert.deepEqual(told(decode({ ...manifest({}), kind: "VirtualServise" }, here)), [
    "SLUICE-1008 kind: VirtualServise is not known, did you mean VirtualService?",
  ]);
  assert.deepEqual(told(decode({ ...manifest({}), apiVersion: "gateway.solo.io/v2" }, here)), [
    "SLUICE-1008 apiVersion: gateway.solo.io/v2 is not known for a VirtualService, write gateway.solo.io/v1",
  ]);
  for (const apiVersion of ["gloo.solo.io/v1", "gatway.solo.io/v1"]) {
    assert.deepEqual(told(decode({ ...manifest({}), apiVersion }, here)), [
      `SLUICE-1008 apiVersion: ${apiVersion} is not known for a VirtualService, write gateway.solo.io/v1`,
    ]);
  }
  assert.equal(
    decode({ ...manifest({}), apiVersion: "networking.istio.io/v1" }, here).skipped,
    "networking.istio.io/v1 VirtualService",
  );
});

Deno.test("a document that is no mapping is told by its type alone: it may be a secret in the wrong file", () => {
  assert.deepEqual(told(decode("hunter2", here)), ["SLUICE-1003 : expected a mapping, got a text"]);
  assert.deepEqual(told(decode(31415926, here)), ["SLUICE-1003 : expected a mapping, got a number"]);
  assert.deepEqual(told(decode(["hunter2"], here)), ["SLUICE-1003 : expected a mapping, got a list"]);
});

Deno.test("texts and mappings, which may hold headers with tokens, are told by their type alone", () => {
  const add = (requestHeadersToAdd: unknown) => {
    const options = { headerManipulation: { requestHeadersToAdd } };
    return told(createSchema(plugins).decode(manifest({ virtualHost: { ...virtualHost, options } }), here));
  };
  const path = "SLUICE-1003 virtualHost.options.headerManipulation.requestHeadersToAdd";
  assert.deepEqual(add("x-token: hunter2"), [`${path}: expected a list, got a text`]);
  assert.deepEqual(add(["x-token: hunter2"]), [`${path}[0]: expected a mapping, got a text`]);
  assert.deepEqual(add([{ header: { key: "x-token", value: 31415926 } }]), [
    `${path}[0].header.value: expected text, got a number: quote it`,
  ]);
});

Deno.test("a fault is pinned on no resource that the document may not be", () => {
  const refOf = (document: unknown, hint: DecodeHint = here) => {
    const { id, reports } = decode(document, hint);
    assert.deepEqual([id, reports.length], [undefined, 1]);
    return reports[0]!.ref;
  };
  const { kind: _kind, ...kindless } = manifest({ virtualHost }, { name: "d" });
  const d = (kind: string) => ({ kind, namespace: "gloo-system", name: "d" });
  assert.deepEqual(refOf({ ...kindless, spec: {} }), SOURCE_REF);
  assert.deepEqual(refOf(kindless), SOURCE_REF);
  assert.deepEqual(refOf({ ...kindless, apiVersion: undefined }), SOURCE_REF);
  assert.deepEqual(refOf({ ...kindless, apiVersion: "apps/v1", knd: "Deployment" }), SOURCE_REF);
  assert.deepEqual(refOf({ kind: "Deployment", metadata: { name: "d" } }), SOURCE_REF);
  assert.deepEqual(refOf("text"), SOURCE_REF);
  // What the document says, if not quite rightly, and what its place says.
  assert.deepEqual(refOf({ ...kindless, knd: "VirtualService" }), d("VirtualService"));
  assert.deepEqual(refOf({ ...kindless, Kind: "RouteTable" }), d("RouteTable"));
  assert.deepEqual(refOf({ ...kindless, kind: "VirtualServce" }), d("VirtualService"));
  assert.deepEqual(refOf({ kind: "Upstream", metadata: { name: "d" } }), d("Upstream"));
  const place = { ...here, kind: "Upstream", namespace: "n", name: "d" } as const;
  assert.deepEqual(refOf({ apiVersion: "gloo.solo.io/v1", spec: {} }, place), {
    kind: "Upstream",
    namespace: "n",
    name: "d",
  });
});

Deno.test("a misspelt key of the kind is told", () => {
  const { kind, ...rest } = manifest({ virtualHost });
  assert.deepEqual(told(decode({ ...rest, knd: kind }, here)), [
    "SLUICE-1008 knd: kind is missing; did you mean it by knd?",
  ]);
});

Deno.test("a document without a name has no identity", () => {
  const { id, reports } = decode(manifest({ virtualHost }, {}), here);
  assert.deepEqual([id, reports.map(({ code }) => code)], [undefined, ["SLUICE-1006"]]);
});

Deno.test("objects of others are skipped without a report", () => {
  const skipped = (apiVersion: string, kind: string) => decode({ apiVersion, kind, metadata: { name: "a" } }, here);
  assert.deepEqual(skipped("apps/v1", "Deployment"), { reports: [], skipped: "apps/v1 Deployment" });
  assert.deepEqual(skipped("v1", "ServiceAccount"), { reports: [], skipped: "v1 ServiceAccount" });
  const gateway = skipped("gateway.networking.k8s.io/v1", "Gateway");
  assert.deepEqual(gateway, { reports: [], skipped: "gateway.networking.k8s.io/v1 Gateway" });
});

Deno.test("a List gives the result of each of its items", () => {
  const items = [manifest({ virtualHost: 5 }), { apiVersion: "v1", kind: "Event" }, manifest({})];
  const { reports, items: results = [] } = decode({ apiVersion: "v1", kind: "List", items }, here);
  assert.deepEqual(reports, []);
  assert.deepEqual(results.map(codes), [["SLUICE-1003 virtualHost"], [], []]);
  assert.deepEqual(results.map(({ skipped }) => skipped), [undefined, "v1 Event", undefined]);
  assert.deepEqual(results[0]?.specPath, "items[0].spec");
  assert.equal(results[2]?.resource?.metadata.name, "default");
  const nested = { apiVersion: "v1", kind: "List", items: [{ apiVersion: "v1", kind: "List", items: [] }] };
  assert.equal(decode(nested, here).items?.[0]?.skipped, "a List inside a List");
});

Deno.test("the bare RateLimitConfig keeps its spec", () => {
  const { resource } = decode({ metadata: { name: "limits" }, spec: { raw: { rateLimits: [{ limit: 1 }] } } }, {
    ...here,
    kind: "RateLimitConfig",
  });
  assert.deepEqual((resource as Resource<"RateLimitConfig">).spec, { raw: { rateLimits: [{ limit: 1 }] } });
});

Deno.test("Gloo's own example of Settings decodes", () => {
  const settings = {
    metadata: { name: "default", namespace: "gloo-system" },
    devMode: true,
    discoveryNamespace: "gloo-system",
    directoryArtifactSource: { directory: "/data/artifact" },
    directoryConfigSource: { directory: "/data/config" },
    directorySecretSource: { directory: "/data/secret" },
    gloo: { xdsBindAddr: "0.0.0.0:9977" },
    refreshRate: "5s",
    watchNamespaces: ["gloo-system"],
    gateway: { persistProxySpec: true },
  };
  const { resource, reports } = decode(settings, { ...here, kind: "Settings" });
  assert.deepEqual(reports, []);
  assert.equal((resource as Resource<"Settings">).spec.refreshRate, "5s");
});
