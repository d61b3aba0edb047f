import assert from "node:assert/strict";
import { GLOO_KINDS, KINDS } from "../api/mod.ts";
import { plugins } from "../plugins/mod.ts";
import type { JsonSchema } from "./scalar_schema.ts";
import { createSchema } from "./schema.ts";
import { RandomValues, seeded } from "./testing/random_value.ts";
import { violations } from "./testing/validator.ts";

const schema = createSchema(plugins);
const at = { defaultNamespace: "gloo-system" };

/** Forty documents of each kind, with about half of all fields set. */
function* documents() {
  for (const kind of GLOO_KINDS) {
    for (let seed = 0; seed < 40; seed++) {
      const spec = new RandomValues(schema.registry, seeded(seed)).of(KINDS[kind].spec, 7);
      const apiVersion = `${KINDS[kind].group}/${KINDS[kind].version}`;
      yield { kind, seed, document: { apiVersion, kind, metadata: { name: "random" }, spec } };
    }
  }
}

Deno.test("canonical values of every kind decode to themselves", () => {
  for (const { kind, seed, document } of documents()) {
    const { resource, reports } = schema.decode(document, at);
    assert.deepEqual(reports, [], `${kind} ${seed}`);
    assert.deepEqual(resource?.spec, document.spec, `${kind} ${seed}`);
  }
});

Deno.test("what decoding takes, the editor's schema and the CRD take", () => {
  const manifests = schema.jsonSchema("manifests");
  const crds = schema.customResourceDefinitions() as unknown as readonly {
    readonly spec: {
      readonly names: { readonly kind: string };
      readonly versions: readonly [{ readonly schema: { readonly openAPIV3Schema: JsonSchema } }];
    };
  }[];
  const crdOf = new Map(crds.map(({ spec }) => [spec.names.kind, spec.versions[0].schema.openAPIV3Schema]));
  for (const { kind, seed, document } of documents()) {
    if (seed >= 10) continue;
    assert.deepEqual(violations(manifests, document), [], `${kind} ${seed}`);
    const crd = crdOf.get(kind);
    if (crd) assert.deepEqual(violations(crd, document), [], `${kind} ${seed}`);
  }
});

Deno.test("whatever a document holds, decoding gives a resource or says why not, and never throws", () => {
  const rubbish = [null, true, 0, -1.5, 1e300, "", "text", [], [null], {}, { a: 1 }, [[]], 10n ** 30n, { name: {} }];
  for (const { kind, seed, document } of documents()) {
    const random = seeded(seed + 1000);
    const spoil = (value: unknown): unknown => {
      if (random() < 0.04) return rubbish[Math.floor(random() * rubbish.length)];
      if (Array.isArray(value)) return value.map(spoil);
      if (typeof value !== "object" || value === null) return value;
      return Object.fromEntries(
        Object.entries(value).map(([key, inner]) => [random() < 0.02 ? `${key}x` : key, spoil(inner)]),
      );
    };
    const spoilt = spoil(document);
    const { resource, reports, skipped } = schema.decode(spoilt, at);
    const faulty = reports.some(({ severity }) => severity === "error");
    if (spoilt !== null && !skipped) assert.equal(resource === undefined, faulty, `${kind} ${seed}`);
    if (resource) assert.deepEqual(schema.decode({ ...document, ...resource }, at).resource?.spec, resource.spec);
  }
});

/** Every document that comes of putting `wrong` in the place of one value of it. */
function* spoiltOnce(value: unknown, wrong: unknown): Generator<unknown> {
  yield wrong;
  if (typeof value !== "object" || value === null) return;
  for (const [key, inner] of Object.entries(value)) {
    for (const spoilt of spoiltOnce(inner, wrong)) {
      yield Array.isArray(value) ? value.with(Number(key), spoilt) : { ...value, [key]: spoilt };
    }
  }
}

Deno.test("whatever stands in a field of a Secret, no report shows it", () => {
  const hint = { ...at, kind: "Secret", name: "random" } as const;
  const marks = ["hunter2%", 31415926, ["hunter2"], { a: "hunter2" }, [[31415926]], { "a:hunter2": null }, 31415926.5];
  const data = { "tls.crt": "aGk=", username: "aGk=", key: "aGk=", "api-key": "aGk=", "client-secret": "/w==" };
  const types = ["kubernetes.io/tls", "extauth.solo.io/apikey", "extauth.solo.io/oauth", "example.com/own", "Opaque"];
  const core = types.map((type) => ({ type, data, stringData: { username: "hunter2" }, immutable: true }));
  let told = 0;
  for (const mark of marks) {
    const bare = [...documents()].filter(({ kind }) => kind === "Secret").map(({ document }) => document.spec);
    const spoilt = [
      ...bare.flatMap((spec) => [...spoiltOnce(spec, mark)]),
      ...core.flatMap((one) => [...spoiltOnce(one, mark)]).map((one) =>
        typeof one === "object" && !Array.isArray(one) ? { apiVersion: "v1", kind: "Secret", ...one } : one
      ),
    ];
    for (const document of spoilt) {
      for (const { path, message } of schema.decode(document, hint).reports) {
        told++;
        assert.doesNotMatch(`${path} ${message}`, /hunter|3141/, JSON.stringify(document));
      }
    }
  }
  assert.ok(told > 500, `${told} reports`);
});
