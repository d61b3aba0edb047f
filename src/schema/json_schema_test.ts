import assert from "node:assert/strict";
import { GLOO_KINDS, shape } from "../api/mod.ts";
import { createSchema } from "./schema.ts";
import { violations } from "./testing/validator.ts";

const { boolValue, duration, enumeration, int64, list, message, oneof, recursive, string } = shape;

interface Filter {
  readonly and?: readonly Filter[];
}
const filter: shape.MessageShape = message({ name: string(), and: list(recursive<Filter>(() => filter)) });

const schema = createSchema([{
  name: "sample",
  options: {
    route: {
      timeout: duration({ doc: "How long a back end may take." }),
      retryCount: int64({ deprecated: "use something else" }),
      on: boolValue(),
      acceptHttp10: boolValue(),
      mode: enumeration(["SLOW", "FAST"]),
      filter,
      ...oneof("rewrite", { plain: string(), byHeader: string() }),
    },
  },
}]);

const withOptions = (options: unknown) => ({
  apiVersion: "gateway.solo.io/v1",
  kind: "VirtualService",
  metadata: { name: "default", namespace: "gloo-system" },
  spec: { virtualHost: { domains: ["*"], routes: [{ matchers: [{ prefix: "/" }], options }] } },
});

const OPTIONS = "spec.virtualHost.routes[0].options";

/** Options, and where the editor's schema finds fault with them. */
const cases: readonly [unknown, string[]][] = [
  [{ timeout: "5s" }, []],
  [{ timeout: "1m30s" }, []],
  [{ timeout: "5" }, [`${OPTIONS}.timeout pattern`]],
  [{ timeout: 5 }, [`${OPTIONS}.timeout type`]],
  [{ retryCount: "12345678901234567890" }, []],
  [{ retry_count: 3 }, []],
  [{ accept_http_10: true }, []],
  [{ accept__http: true }, [`${OPTIONS}.accept__http additionalProperties`]],
  [{ retryCuont: 3 }, [`${OPTIONS}.retryCuont additionalProperties`]],
  [{ on: "yes" }, []],
  [{ on: 1 }, [`${OPTIONS}.on anyOf`]],
  [{ mode: "FAST" }, []],
  [{ mode: 1 }, []],
  [{ mode: "FASTER" }, [`${OPTIONS}.mode enum`]],
  [{ filter: { and: [{ and: [{ name: "a" }] }] } }, []],
  [{ filter: { and: [{ and: [{ nam: "a" }] }] } }, [`${OPTIONS}.filter.and[0].and[0].nam additionalProperties`]],
  [{ plain: "a" }, []],
  [{ plain: "a", byHeader: "b" }, [`${OPTIONS} oneOf`]],
];

Deno.test("the editor's schema of a manifest finds what decoding finds", () => {
  const manifest = schema.jsonSchema({ manifest: "VirtualService" });
  for (const [options, expected] of cases) {
    assert.deepEqual(violations(manifest, withOptions(options)), expected, JSON.stringify(options));
    if (JSON.stringify(options).includes("12345678901234567890")) continue;
    const { reports } = schema.decode(withOptions(options), { defaultNamespace: "gloo-system" });
    assert.equal(reports.length, expected.length, JSON.stringify(options));
  }
});

Deno.test("the schema of a file of manifests checks Sluice's kinds and lets others pass", () => {
  const manifests = schema.jsonSchema("manifests");
  for (const [options, expected] of cases) assert.deepEqual(violations(manifests, withOptions(options)), expected);
  assert.deepEqual(violations(manifests, { apiVersion: "apps/v1", kind: "Deployment", spec: { replicas: 1 } }), []);
  assert.deepEqual(violations(manifests, { kind: "VirtualService" }), [" required"]);
});

Deno.test("the schema of a bare message has the spec's fields beside metadata", () => {
  const bare = schema.jsonSchema({ bare: "VirtualService" });
  const { spec, metadata } = withOptions({ timeout: "5s" });
  assert.deepEqual(violations(bare, { metadata, ...spec, namespacedStatuses: {} }), []);
  assert.deepEqual(violations(bare, { ...spec }), [" required"]);
  assert.deepEqual(violations(bare, { metadata, spec }), ["spec additionalProperties"]);
  assert.deepEqual(violations(bare, { metadata: { name: "Not_a_name" } }), ["metadata.name pattern"]);
});

Deno.test("docs and deprecations reach the editor", () => {
  const { definitions } = schema.jsonSchema({ manifest: "VirtualService" }) as {
    readonly definitions: Record<string, { readonly properties?: Record<string, unknown> }>;
  };
  const { properties } = definitions["VirtualService.virtualHost.routes.options"]!;
  assert.deepEqual((properties?.timeout as { description?: string }).description, "How long a back end may take.");
  assert.deepEqual((properties?.retryCount as { deprecated?: boolean }).deprecated, true);
});

Deno.test("every kind has both schemas, and every reference in them leads somewhere", () => {
  for (const kind of GLOO_KINDS) {
    for (const made of [schema.jsonSchema({ manifest: kind }), schema.jsonSchema({ bare: kind })]) {
      const { definitions } = made as { readonly definitions: Record<string, unknown> };
      const references = [...JSON.stringify(made).matchAll(/"\$ref":"#\/definitions\/([^"]+)"/g)].map(([, name]) =>
        name!
      );
      for (const name of references) assert.ok(Object.hasOwn(definitions, name), `${kind}: ${name}`);
    }
  }
});
