import type { Infer } from "./shape.ts";
import { int64, list, map, message, string, timestamp } from "./shape.ts";
import type { Kind, Spec } from "./kinds.ts";

/** A reference as users write it. An empty namespace means that of the resource that holds the reference. */
export const resourceRef = message({ name: string(), namespace: string() });
export type Ref = { readonly name: string; readonly namespace: string };

/** `metadata` of every resource; what else Kubernetes puts there is read and not kept. */
export const metadata = message({
  name: string(),
  namespace: string(),
  cluster: string(),
  labels: map(string()),
  annotations: map(string()),
  resourceVersion: string(),
  generation: int64(),
  creationTimestamp: timestamp(),
  ownerReferences: list(message({ apiVersion: string(), kind: string(), name: string(), uid: string() })),
});

/** Decoded metadata: name and namespace are always there. */
export type Metadata = Infer<typeof metadata> & Ref;

/** Identity of a resource. Where only identity matters, a whole {@link Resource} is not needed. */
export interface ResourceId extends Ref {
  readonly kind: Kind;
}

/**
 * A decoded resource: deep-frozen, canonical proto-JSON (see shape.ts), shared between ApiSnapshots, and the same object
 * for as long as its content is equal.
 */
export interface Resource<K extends Kind = Kind> {
  readonly kind: K;
  readonly metadata: Metadata;
  readonly spec: Spec<K>;
}

/** Any resource, with `kind` telling which. */
export type AnyResource = { readonly [K in Kind]: Resource<K> }[Kind];

/** A place in somebody's YAML: the resource and the path in its spec ("" for the whole). */
export interface Origin extends ResourceId {
  readonly path: string;
}

export function idOf(resource: Resource): ResourceId {
  return { kind: resource.kind, namespace: resource.metadata.namespace, name: resource.metadata.name };
}

/** `VirtualService/gloo-system/default`: unique over all kinds, and its order is that of listings. */
export function idKey(id: ResourceId): string {
  return `${id.kind}/${id.namespace}/${id.name}`;
}

/** `gloo-system/default`: unique within a kind. */
export function refKey(ref: Ref): string {
  return `${ref.namespace}/${ref.name}`;
}

/**
 * The reference with the holder's namespace where it names none; undefined without a name.
 *
 * ```ts
 * import assert from "node:assert/strict";
 * assert.deepEqual(resolveRef({ name: "u" }, "team"), { name: "u", namespace: "team" });
 * assert.deepEqual(resolveRef({ name: "u", namespace: "shared" }, "team"), { name: "u", namespace: "shared" });
 * assert.equal(resolveRef({}, "team"), undefined);
 * ```
 */
export function resolveRef(
  ref: { readonly name?: string; readonly namespace?: string } | undefined,
  holderNamespace: string,
): Ref | undefined {
  if (!ref?.name) return undefined;
  return { name: ref.name, namespace: ref.namespace || holderNamespace };
}
