/** The CRDs on a real API server: what it takes, what it refuses and with which words, what `kubectl get` shows. */
import assert from "node:assert/strict";
import { apiVersionOf, type Kind, KINDS, type Shape } from "../../src/api/mod.ts";
import { CRD_NOTES } from "../../src/schema/crd_notes.ts";
import { oneofRules } from "../../src/schema/oneof_rules.ts";
import { RULE_LIMIT } from "../../src/schema/testing/rule_costs.ts";
import { RandomValues, seeded } from "../../src/schema/testing/random_value.ts";
import {
  applyCrds,
  collectionPath,
  type Crd,
  CRDS_PATH,
  create,
  essence,
  type KubeObject,
  makeNamespaces,
  objectPath,
  schema,
} from "./crds.ts";
import { goldenDocuments } from "./golden_documents.ts";
import { KubeServer } from "./kube_server.ts";
import { Spoiler } from "./mistakes.ts";

const WITH_CRD = (Object.keys(KINDS) as Kind[]).filter((kind) => KINDS[kind].crd);
const golden = goldenDocuments();

let server: KubeServer;
let crds: readonly Crd[];

Deno.test.beforeAll(async () => {
  server = await KubeServer.start();
  crds = await applyCrds(server);
  await makeNamespaces(server, golden.map(({ object }) => object.metadata.namespace!));
});

Deno.test.afterAll(async () => {
  server.closeClient();
  await server.stop();
});

const faultsOf = (object: unknown): string[] =>
  schema.decode(object, { defaultNamespace: "gloo-system" }).reports
    .filter(({ severity }) => severity === "error").map(({ message }) => message);

const ofKind = (kind: Kind, spec: unknown, name = "sample"): KubeObject => ({
  apiVersion: apiVersionOf(kind),
  kind,
  metadata: { name, namespace: "gloo-system" },
  spec,
});

const route = (value: unknown): KubeObject => ofKind("VirtualService", { virtualHost: { routes: [value] } });

/** The object is taken, and what is served afterwards decodes to the same resource. */
async function comesBack(object: KubeObject, message: string = object.kind): Promise<void> {
  const created = await create(server, object);
  assert.ok("object" in created, `${message}: ${JSON.stringify(created)}`);
  const served = await server.request("GET", objectPath(object));
  await server.request("DELETE", objectPath(object));
  assert.deepEqual(essence(served), essence(object), message);
}

/** The words by which an object is refused. */
async function refusal(object: KubeObject): Promise<string> {
  const created = await create(server, object, "Strict", true);
  assert.ok("refusal" in created, `taken: ${JSON.stringify(object.spec)}`);
  return created.refusal;
}

Deno.test("every CRD is established and structural", () => {
  assert.equal(crds.length, WITH_CRD.length);
  for (const { metadata, status } of crds) {
    // There would be a condition NonStructuralSchema.
    const conditions = status.conditions.map(({ type, status }) => `${type}=${status}`).sort();
    assert.deepEqual(conditions, ["Established=True", "NamesAccepted=True"], metadata.name);
  }
});

Deno.test("the documents of the golden cases that decode are taken, and come back whole", async () => {
  const sound = golden.filter(({ object }) => faultsOf(object).length === 0);
  assert.ok(sound.length > 200, `${sound.length} documents`);
  for (const { from, object } of sound) await comesBack(object, `${from} ${object.kind} ${object.metadata.name}`);
});

Deno.test("random valid documents are taken and come back whole", async () => {
  for (const kind of WITH_CRD) {
    for (let seed = 0; seed < 16; seed++) {
      const spec = new RandomValues(schema.registry, seeded(seed)).of(KINDS[kind].spec, 7);
      await comesBack(ofKind(kind, spec), `${kind} ${seed}`);
    }
  }
});

Deno.test("random documents with one mistake that decoding refuses are refused", async () => {
  const sorts = new Set<string>();
  for (const kind of WITH_CRD) {
    const random = seeded(1);
    const values = new RandomValues(schema.registry, random);
    const carried = CRD_NOTES[kind]?.carried ?? [];
    const spoiler = new Spoiler(schema.registry, (shape: Shape) => values.of(shape, 1), carried);
    const all = [...spoiler.spoil(KINDS[kind].spec, values.of(KINDS[kind].spec, 7))];
    // One of each sort, and some twenty more.
    const some = [...new Map(all.map((one) => [one.mistake, one])).values()];
    for (const { mistake, value } of [...some, ...all.filter(() => random() < 20 / all.length)]) {
      const object = ofKind(kind, value);
      assert.notDeepStrictEqual(faultsOf(object), [], `${kind}: decoding takes this ${mistake}`);
      await refusal(object);
      sorts.add(mistake);
    }
  }
  assert.deepEqual([...sorts].sort(), ["enum", "oneof", "range", "type", "unknown field"]);
});

const WORDS: readonly (readonly [string, KubeObject, string])[] = [
  [
    "a misspelt field",
    route({ options: { tiemout: "5s" } }),
    'strict decoding error: unknown field "spec.virtualHost.routes[0].options.tiemout"',
  ],
  [
    "the proto name of a field",
    ofKind("VirtualService", { virtual_host: {} }),
    'strict decoding error: unknown field "spec.virtual_host"',
  ],
  [
    "two actions",
    route({ routeAction: {}, redirectAction: {} }),
    "spec.virtualHost.routes[0]: Invalid value: " +
    "only one of routeAction, redirectAction, directResponseAction, delegateAction, graphqlApiRef may be set",
  ],
  [
    "two types of an Upstream",
    ofKind("Upstream", { static: {}, kube: {} }),
    "spec: Invalid value: only one of kube, pipe, static, aws, azure, consul, awsEc2, gcp, ai may be set",
  ],
  [
    "the name of an enum's value",
    route({ redirectAction: { responseCode: "MOVED" } }),
    'spec.virtualHost.routes[0].redirectAction.responseCode: Unsupported value: "MOVED": supported values: ' +
    '"MOVED_PERMANENTLY", "FOUND", "SEE_OTHER", "TEMPORARY_REDIRECT", "PERMANENT_REDIRECT", "0", "1", "2", "3", "4"',
  ],
  [
    "a number out of range",
    ofKind("Gateway", { bindPort: 70000 }),
    "spec.bindPort: Invalid value: 70000: spec.bindPort in body should be less than or equal to 65535",
  ],
  [
    "a duration without a unit",
    route({ options: { timeout: "5" } }),
    'spec.virtualHost.routes[0].options.timeout: Invalid value: "5": spec.virtualHost.routes[0].options.timeout ' +
    "in body should match '^(0|[-+]?([0-9.]+(ns|us|µs|μs|ms|s|m|h))+)$'",
  ],
  [
    "a text for a list",
    ofKind("VirtualService", { virtualHost: { domains: "*" } }),
    'spec.virtualHost.domains: Invalid value: "string": spec.virtualHost.domains in body must be of type array',
  ],
  [
    "too many members of a oneof of ten in a list in a list: beyond what CEL may cost",
    ofKind("Proxy", {
      listeners: [{
        options: {
          accessLoggingService: { accessLog: [{ filter: { durationFilter: {}, notHealthCheckFilter: {} } }] },
        },
      }],
    }),
    "must validate one and only one schema (oneOf). Found 2 valid alternatives",
  ],
];

for (const [mistake, object, words] of WORDS) {
  Deno.test(`what the API server says: ${mistake}`, async () => {
    const said = await refusal(object);
    assert.ok(said.includes(words), said);
  });
}

/** What decoding refuses and a CRD lets through; the status of the resource tells. */
const LET_THROUGH: readonly (readonly [string, KubeObject])[] = [
  ["a duration finer than a nanosecond or longer than 10,000 years", route({ options: { timeout: "0.0000000001s" } })],
  ["a 64-bit number as text, out of range", ofKind("Gateway", gatewayWithLong("99999999999999999999"))],
  ["bytes that are not base64", ofKind("Gateway", { options: { socketOptions: [{ bufValue: "%" }] } })],
  [
    "what stands in a message that contains itself",
    ofKind("Gateway", {
      options: { accessLoggingService: { accessLog: [{ filter: { andFilter: { filters: [{ noSuch: {} }] } } }] } },
    }),
  ],
  ["what stands in the listeners of a Proxy", ofKind("Proxy", { listeners: [{ httpListener: { noSuch: 1 } }] })],
  ["what stands in a RateLimitConfig", ofKind("RateLimitConfig", { raw: { noSuch: 1 } })],
  ["targetRefs of a later Gloo", ofKind("RouteOption", { targetRefs: [{ kind: "HTTPRoute", name: "a" }] })],
];

function gatewayWithLong(value: string) {
  return { options: { socketOptions: [{ level: value, name: "1", intValue: "1" }] } };
}

for (const [what, object] of LET_THROUGH) {
  Deno.test(`knowingly let through: ${what}`, async () => {
    assert.notDeepStrictEqual(faultsOf(object), []);
    const created = await create(server, object, "Strict", true);
    assert.ok("object" in created, JSON.stringify(created));
    assert.deepEqual(created.object.spec, object.spec);
  });
}

Deno.test("null is absence, two names of an enum's value and two forms of a long number are one", async () => {
  await comesBack(route({ name: null, options: null, redirectAction: { responseCode: 1 }, routeAction: null }));
  await comesBack(ofKind("Gateway", gatewayWithLong("9007199254740993")));
  await comesBack(ofKind("Gateway", { options: { socketOptions: [{ level: 1, name: 2, intValue: 3 }] } }));
});

Deno.test("who asks for no strict validation loses what is unknown, and what is left is served", async () => {
  const object = route({ name: "a", tiemout: "5s" });
  const created = await create(server, object, "Ignore", true);
  assert.ok("object" in created);
  assert.deepEqual(created.object.spec, route({ name: "a" }).spec);
});

Deno.test("server-side apply refuses what is unknown, whatever it asks for", async () => {
  const object = route({ tiemout: "5s" });
  const path = `${objectPath(object)}?fieldManager=test&fieldValidation=Ignore`;
  const response = await server.raw("PATCH", path, object, "application/apply-patch+yaml");
  const { message } = await response.json();
  assert.ok(message.endsWith(".spec.virtualHost.routes[0].tiemout: field not declared in schema"), message);
});

Deno.test("kubectl explain tells what kinds and fields are for", async () => {
  const { components } = await server.request<OpenApi>("GET", "/openapi/v3/apis/gateway.solo.io/v1");
  const { description, properties } = components.schemas["io.solo.gateway.v1.VirtualService"]!;
  assert.match(description, /^A virtual host: /);
  assert.equal(properties.spec!.properties.displayName!.description, "A name for people; it changes nothing.");
});

interface OpenApi {
  readonly components: { readonly schemas: Readonly<Record<string, OpenApiSchema>> };
}
interface OpenApiSchema {
  readonly description: string;
  readonly properties: Readonly<Record<string, OpenApiSchema>>;
}

Deno.test("a VirtualService of 4,000 routes is within what rules may cost at run time", async () => {
  const routes = Array.from({ length: 4000 }, (_, i) => ({
    matchers: [{ prefix: `/${i}`, headers: [{ name: "a", value: "b" }] }],
    routeAction: { single: { upstream: { name: "a", namespace: "gloo-system" } } },
    options: { timeout: "5s", headerManipulation: { requestHeadersToAdd: [{ header: { key: "a", value: "b" } }] } },
  }));
  await comesBack(ofKind("VirtualService", { virtualHost: { domains: ["*"], routes } }));
});

/** By how much the API server finds a CRD too dear whose rule for so many members stands in lists; 0 where it does not. */
async function excess(members: number, ...maxItems: (number | undefined)[]): Promise<number> {
  const names = [..."abcdefghijklmnop"].slice(0, members);
  const properties = Object.fromEntries(names.map((name) => [name, { type: "string" }]));
  const list = maxItems.reduce<unknown>(
    (items, maxItems) => ({ type: "array", items, maxItems }),
    { type: "object", properties, ...oneofRules([names]) },
  );
  const openAPIV3Schema = { type: "object", properties: { list } };
  const response = await server.raw("POST", `${CRDS_PATH}?dryRun=All`, {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: "dears.example.com" },
    spec: {
      group: "example.com",
      scope: "Namespaced",
      names: { kind: "Dear", listKind: "DearList", plural: "dears" },
      versions: [{ name: "v1", served: true, storage: true, schema: { openAPIV3Schema } }],
    },
  });
  const said = await response.text();
  const factor = /estimated rule cost exceeds budget by factor of ([\d.]+)x/.exec(said);
  assert.ok(response.ok || factor, said);
  return factor ? Number(factor[1]) : 0;
}

Deno.test("the API server reckons what rules cost as crd_schema.ts does", async () => {
  for (let members = 2; members <= 10; members++) {
    assert.equal(await excess(members, RULE_LIMIT), members + 1);
    assert.equal(await excess(members, RULE_LIMIT / 1000, 1000), members + 1);
  }
  assert.equal(await excess(8, undefined), 0);
  assert.equal(await excess(9, undefined), 10 * 1_048_576 / RULE_LIMIT);
  assert.equal(await excess(9, undefined, 20_000), 10 * 1_048_576 / RULE_LIMIT);
});

interface Table {
  readonly columnDefinitions: readonly { readonly name: string; readonly priority: number }[];
  readonly rows: readonly { readonly cells: readonly unknown[] }[];
}

/** What `kubectl get` shows of an object with this status, by column; with `-o wide` where `wide`. */
async function shown(object: KubeObject, status: unknown, wide = false): Promise<Readonly<Record<string, unknown>>> {
  await create(server, { ...object, status: { statuses: { not: { state: "taken" } } } } as KubeObject);
  const merge = "application/merge-patch+json";
  await server.request("PATCH", `${objectPath(object)}/status`, { status }, merge);
  const table = await server.request<Table>("GET", objectPath(object), undefined, undefined, TABLE);
  await server.request("DELETE", objectPath(object));
  const columns = table.columnDefinitions.map(({ name, priority }, i) => ({ name, priority, i }));
  const visible = columns.filter(({ name, priority }) => name !== "Age" && (wide || priority === 0));
  return Object.fromEntries(visible.map(({ name, i }) => [name, table.rows[0]!.cells[i]]));
}

const TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io";

Deno.test("kubectl get shows what an object is for and its state, which only /status sets", async () => {
  const statuses = { statuses: { "gloo-system": { state: "Rejected", reason: "1 error occurred:\n\t* no" } } };
  const virtualService = ofKind("VirtualService", { virtualHost: { domains: ["a.example", "b.example"] } });
  assert.deepEqual(await shown(virtualService, statuses, true), {
    Name: "sample",
    Domains: '["a.example","b.example"]',
    State: "Rejected",
    Reason: "1 error occurred:\n\t* no",
  });
  assert.deepEqual(await shown(virtualService, { statuses: { edge: { state: 1 } } }), {
    Name: "sample",
    Domains: '["a.example","b.example"]',
    State: "1",
  });
  const accepted = { statuses: { edge: { state: "Accepted" } } };
  assert.deepEqual(await shown(ofKind("Gateway", { bindPort: 8443, ssl: true }), accepted), {
    Name: "sample",
    Port: 8443,
    SSL: true,
    State: "Accepted",
  });
});

Deno.test("kubectl get shows of an Upstream its Service or its first host", async () => {
  const hosts = [{ addr: "a.example", port: 80 }, { addr: "b.example", port: 80 }];
  const of = async (spec: unknown) => await shown(ofKind("Upstream", spec), null);
  const nothing = { Name: "sample", Service: null, Host: null, State: null };
  assert.deepEqual(await of({ static: { hosts } }), { ...nothing, Host: "a.example" });
  assert.deepEqual(await of({ kube: { serviceName: "cart" } }), { ...nothing, Service: "cart" });
  assert.deepEqual(await of({ consul: { serviceName: "cart" } }), { ...nothing, Service: "cart" });
  assert.deepEqual(await of({ pipe: { path: "/run/a" } }), nothing);
});

Deno.test("every kind is found by its short names and by the category of Gloo", async () => {
  for (const kind of WITH_CRD) {
    const { group, version, plural, shortNames } = KINDS[kind];
    const { resources } = await server.request<{ resources: Record<string, unknown>[] }>(
      "GET",
      `/apis/${group}/${version}`,
    );
    const found = resources.find(({ name }) => name === plural)!;
    assert.deepEqual([found.kind, found.shortNames, found.categories], [kind, shortNames, ["gloo-gateway"]]);
    assert.ok(resources.some(({ name }) => name === `${plural}/status`), kind);
    const list = await server.raw("GET", collectionPath(kind));
    await list.body?.cancel();
    assert.equal(list.status, 200, kind);
  }
});
