import { sameValue } from "../api/mod.ts";
import { mapping } from "./admission_review.ts";

type Json = Readonly<Record<string, unknown>>;

/** Where Gloo keeps statuses beside `status`. */
const STATUS_FIELDS: readonly string[] = ["status", "namespacedStatuses"];

const SKIP = "gateway.solo.io/skip_validation";

/**
 * True where an update changes nothing that is served: statuses, versions, owners, finalizers and who manages which field do
 * not count.
 */
export function sameContent(before: Json, after: Json): boolean {
  return sameValue(contentOf(before), contentOf(after));
}

/** True where the spec (of a Secret: its data) is the same. */
export function sameSpec(before: Json, after: Json): boolean {
  return sameValue({ ...contentOf(before), metadata: undefined }, { ...contentOf(after), metadata: undefined });
}

/** Gloo's annotation by which somebody takes the responsibility upon themselves. */
export function skipsValidation(object: Json | undefined): boolean {
  return mapping(mapping(object?.metadata)?.annotations)?.[SKIP] === "true";
}

function contentOf(object: Json): Json {
  const { labels = {}, annotations = {} } = mapping(object.metadata) ?? {};
  const spec = mapping(object.spec);
  return { ...without(object), ...(spec && { spec: without(spec) }), metadata: { labels, annotations } };
}

function without(object: Json): Json {
  return Object.fromEntries(Object.entries(object).filter(([field]) => !STATUS_FIELDS.includes(field)));
}
