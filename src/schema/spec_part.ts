import type { Kind } from "../api/mod.ts";
import { isMapping } from "./compile.ts";
import { artifactOfConfigMap, secretOfSecret } from "./core_kinds.ts";
import type { CoreSpec, ParseText } from "./core_kinds.ts";
import type { Cursor } from "./cursor.ts";
import type { Fields } from "./shapes.ts";
import { nearest } from "./suggest.ts";

type Document = Readonly<Record<string, unknown>>;

const MANIFEST_FIELDS = ["apiVersion", "kind", "metadata", "spec", "status"];
const SECRET_FIELDS = ["apiVersion", "kind", "metadata", "data", "stringData", "type", "immutable"];
const CONFIG_MAP_FIELDS = ["apiVersion", "kind", "metadata", "data", "binaryData", "immutable"];

/** Where Gloo keeps statuses in files; in its CRDs the field stands in the spec as well. */
const STATUS_FIELDS: readonly string[] = ["status", "namespacedStatuses", "namespaced_statuses"];

/** `spec` of a Kubernetes manifest. */
export function specOfManifest(document: Document, fields: Fields, at: Cursor): unknown {
  checkFields(document, MANIFEST_FIELDS, at, (key) => Object.hasOwn(fields, key) ? `; ${key} belongs under spec` : "");
  return isMapping(document.spec) ? without(document.spec, STATUS_FIELDS) : document.spec;
}

/** Gloo's bare message: the fields of the spec stand beside metadata and status. */
export function specOfBare(document: Document, kind: Kind, at: Cursor): unknown {
  if (document.spec === undefined) return without(document, ["metadata", ...STATUS_FIELDS]);
  // The one kind whose message has a spec of its own, even without a manifest around it.
  if (kind === "RateLimitConfig") return document.spec;
  at.push("spec");
  at.error("SLUICE-1002", "unknown field spec; a manifest with a spec needs apiVersion and kind too");
  at.pop();
  return without(document, ["metadata", "spec", ...STATUS_FIELDS]);
}

/** The spec that a Kubernetes Secret or ConfigMap stands for. */
export function specOfCore(
  document: Document,
  kind: "Secret" | "Artifact",
  at: Cursor,
  parseText: ParseText,
): CoreSpec {
  checkFields(document, kind === "Secret" ? SECRET_FIELDS : CONFIG_MAP_FIELDS, at, () => "");
  return kind === "Secret" ? secretOfSecret(document, at, parseText) : artifactOfConfigMap(document);
}

/** What is read of an object of Kubernetes' own. An EndpointSlice has no spec; a Service's addresses stand in its status. */
export function specOfKubernetes(document: Document, kind: Kind): unknown {
  switch (kind) {
    case "EndpointSlice":
      return document;
    case "Pod":
      return {};
    case "Service":
      return { ...mapping(document.spec), loadBalancerIngress: mapping(mapping(document.status).loadBalancer).ingress };
    default:
      return document.spec;
  }
}

const mapping = (value: unknown): Document => isMapping(value) ? value : {};

function checkFields(document: Document, known: readonly string[], at: Cursor, advise: (key: string) => string): void {
  for (const key of Object.keys(document)) {
    if (known.includes(key)) continue;
    const near = nearest(key, known);
    at.push(key);
    at.error("SLUICE-1002", `unknown field ${at.shown(key)}${advise(key) || (near ? `, did you mean ${near}?` : "")}`);
    at.pop();
  }
}

function without(document: Document, fields: readonly string[]): Document {
  if (!fields.some((field) => Object.hasOwn(document, field))) return document;
  return Object.fromEntries(Object.entries(document).filter(([key]) => !fields.includes(key)));
}
