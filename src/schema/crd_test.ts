import assert from "node:assert/strict";
import { KINDS, shape } from "../api/mod.ts";
import type { JsonSchema } from "./scalar_schema.ts";
import { createSchema } from "./schema.ts";
import { breaches } from "./testing/structural.ts";
import { violations } from "./testing/validator.ts";

const { boolValue, duration, enumeration, free, list, message, oneof, recursive, string } = shape;

interface Filter {
  readonly and?: readonly Filter[];
}
const filter: shape.MessageShape = message({ name: string(), and: list(recursive<Filter>(() => filter)) });

const schema = createSchema([{
  name: "sample",
  options: {
    route: { timeout: duration(), on: boolValue(), mode: enumeration(["SLOW", "FAST"]), filter, any: free() },
    upstream: oneof("upstreamType", { static: message({ hosts: list(message({ addr: string() })) }), pipe: free() }),
  },
}]);

interface Crd {
  readonly metadata: { readonly name: string };
  readonly spec: {
    readonly group: string;
    readonly names: {
      readonly kind: string;
      readonly plural: string;
      readonly singular: string;
      readonly shortNames: readonly string[];
      readonly categories: readonly string[];
    };
    readonly versions: readonly [{
      readonly name: string;
      readonly schema: { readonly openAPIV3Schema: JsonSchema };
      readonly subresources: unknown;
    }];
  };
}
const crds = schema.customResourceDefinitions() as unknown as readonly Crd[];
const schemaOf = (kind: string) =>
  crds.find(({ spec }) => spec.names.kind === kind)!.spec.versions[0].schema.openAPIV3Schema;

Deno.test("every kind that Gloo has a CRD for has one, named as Gloo names it", () => {
  const expected = Object.entries(KINDS).filter(([, { crd }]) => crd)
    .map(([kind, { group, plural, version }]) => `${kind} ${plural}.${group} ${version}`);
  assert.deepEqual(
    crds.map(({ metadata, spec }) => `${spec.names.kind} ${metadata.name} ${spec.versions[0].name}`),
    expected,
  );
  const singular = Object.fromEntries(crds.map(({ spec }) => [spec.names.plural, spec.names.singular]));
  assert.equal(singular.httpgateways, "httpgateway");
  assert.equal(singular.settings, "settings");
  assert.equal(singular.proxies, "proxy");
});

/** From the CRDs of Gloo's chart, 1.14.32; GraphQLApi is gone in later ones. */
const SHORT_NAMES = {
  AuthConfig: ["ac", "gac"],
  Gateway: ["gw", "ggw"],
  GraphQLApi: ["gql", "ggql"],
  MatchableHttpGateway: ["hgw", "ghgw"],
  MatchableTcpGateway: ["tgw", "gtgw"],
  Proxy: ["px", "gpx"],
  RateLimitConfig: ["rlc", "grlc"],
  RouteOption: ["rto", "rtopts", "grto"],
  RouteTable: ["rt", "grt"],
  Settings: ["st", "gst"],
  Upstream: ["us", "gus"],
  UpstreamGroup: ["ug", "gug"],
  VirtualHostOption: ["vho", "vhopts", "gvho"],
  VirtualService: ["vs", "gvs"],
};

Deno.test("a kind has the short names that it has in Gloo, and is in Gloo's category", () => {
  assert.deepEqual(Object.fromEntries(crds.map(({ spec }) => [spec.names.kind, spec.names.shortNames])), SHORT_NAMES);
  for (const { spec } of crds) assert.deepEqual(spec.names.categories, ["gloo-gateway"]);
});

Deno.test("kubectl explain has a sentence on every kind", () => {
  for (const { spec } of crds) {
    assert.match(schemaOf(spec.names.kind).description as string, /^[A-Z].+\.$/, spec.names.kind);
  }
});

Deno.test("fields have their docs, and say where they are deprecated", () => {
  const { spec } = schemaOf("Gateway").properties as Record<string, JsonSchema>;
  const { bindAddress, useProxyProto } = spec!.properties as Record<string, JsonSchema>;
  assert.equal(bindAddress!.description, "Address to listen on. Default `::`.");
  assert.equal(useProxyProto!.description, "Deprecated: use options.proxyProtocol.");
});

Deno.test("an outermost list is bounded where its items have rules, and no other", () => {
  const lists = (kind: string) => {
    const found: string[] = [];
    const walk = (part: unknown, path: string): void => {
      if (typeof part !== "object" || part === null) return;
      if ("maxItems" in part) found.push(`${path} ${part.maxItems}`);
      for (const [name, inner] of Object.entries(part)) {
        walk(inner, ["properties", "items"].includes(name) ? path : `${path}.${name}`);
      }
    };
    walk(schemaOf(kind), "");
    return found;
  };
  assert.deepEqual(lists("VirtualService"), [".spec.virtualHost.routes 20000"]);
  assert.deepEqual(lists("Upstream"), []);
});

Deno.test("what a CRD of Gloo's does not look at, ours does not, and nothing there is lost", () => {
  const free = "x-kubernetes-preserve-unknown-fields";
  const part = (kind: string, ...path: string[]) =>
    path.reduce(
      (at, name) => (name === "[]" ? at.items : (at.properties as JsonSchema)[name]) as JsonSchema,
      schemaOf(kind),
    );
  for (const name of ["httpListener", "tcpListener", "hybridListener", "aggregateListener"]) {
    assert.deepEqual(part("Proxy", "spec", "listeners", "[]", name), { type: "object", [free]: true });
  }
  assert.deepEqual(part("RateLimitConfig", "spec", "raw"), { type: "object", [free]: true });
  for (const { spec } of crds) {
    assert.deepEqual(part(spec.names.kind, "spec", "namespacedStatuses"), { type: "object", [free]: true });
    assert.deepEqual(part(spec.names.kind, "status"), { type: "object", [free]: true, default: {} });
  }
});

Deno.test("every CRD obeys Kubernetes' rules of structural schemas", () => {
  for (const { metadata, spec } of crds) {
    assert.deepEqual(breaches(spec.versions[0].schema.openAPIV3Schema), [], metadata.name);
  }
});

Deno.test("every CRD has the status subresource and fits into the annotation of kubectl apply", () => {
  for (const crd of crds) {
    assert.deepEqual(crd.spec.versions[0].subresources, { status: {} });
    assert.ok(JSON.stringify(crd).length < 262_144, crd.metadata.name);
  }
});

Deno.test("a CRD takes what decoding takes, and refuses what is certainly wrong", () => {
  const check = (options: unknown) =>
    violations(schemaOf("VirtualService"), { spec: { virtualHost: { routes: [{ options }] } } });
  const options = "spec.virtualHost.routes[0].options";
  assert.deepEqual(check({ timeout: "5s", on: true, mode: "FAST", any: { a: [1] } }), []);
  assert.deepEqual(check({ mode: 1, filter: { and: [{ and: [{ name: "a" }] }] } }), []);
  assert.deepEqual(check({ mode: "FASTER" }), [`${options}.mode enum`]);
  assert.deepEqual(check({ timeout: 5 }), [`${options}.timeout type`]);
});

Deno.test("a oneof has at most one member set, and may have none", () => {
  const check = (spec: unknown) => violations(schemaOf("Upstream"), { spec });
  assert.deepEqual(check({}), []);
  assert.deepEqual(check({ static: { hosts: [{ addr: "a" }] } }), []);
  assert.deepEqual(check({ static: {}, pipe: {} }), ["spec x-kubernetes-validations"]);
});

Deno.test("the rules of structural schemas are checked: each breach is found", () => {
  const object = (fields: JsonSchema) => ({ type: "object", ...fields });
  const bad: readonly [JsonSchema, string][] = [
    [{}, "root: no type"],
    [{ type: "string" }, "root: not an object"],
    [object({ properties: { a: {} } }), "a: no type"],
    [object({ properties: { a: { type: "array", items: {} } } }), "a.items: no type"],
    [object({ properties: { a: { type: "array" } } }), "a: an array without items"],
    [object({ properties: { a: { type: "object", $ref: "#/b" } } }), "a: $ref"],
    [object({ properties: { a: object({ patternProperties: {} }) } }), "a: patternProperties"],
    [object({ properties: {}, additionalProperties: { type: "string" } }), "root: properties and additionalProperties"],
    [object({ additionalProperties: false }), "root: additionalProperties false"],
    [object({ oneOf: [{ properties: { a: {} } }] }), "root: oneOf speaks of a, which is not outside"],
    [object({ oneOf: [{ required: ["a"] }, { type: "object" }] }), "root: type in oneOf"],
    [
      object({ properties: { a: { type: "string" } }, not: { properties: { a: { default: 1 } } } }),
      "a: default in not",
    ],
    [
      object({ properties: { a: { type: "string", "x-kubernetes-int-or-string": true } } }),
      "a: int-or-string with a type",
    ],
    [
      object({ properties: { metadata: object({ properties: { labels: { type: "string" } } }) } }),
      "metadata: restricts labels",
    ],
    [object({ "x-kubernetes-preserve-unknown-fields": false }), "root: x-kubernetes-preserve-unknown-fields false"],
    [object({ properties: { a: { type: "text" } } }), "a: type text"],
    [object({ properties: { a: { type: "array", items: { type: "string" }, uniqueItems: true } } }), "a: uniqueItems"],
  ];
  for (const [schema, expected] of bad) assert.deepEqual(breaches(schema), [expected]);
});
