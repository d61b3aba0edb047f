import { type AnyResource, refKey, sameResource } from "../../api/mod.ts";
import { type DecodeResource, makeReport, type Report } from "../../report/mod.ts";
import type { KubeObject } from "../../kubernetes/mod.ts";
import type { WatchedKind } from "./watched_kinds.ts";

/** What is kept of one object. */
export interface ObjectEntry {
  /** `namespace/name`. */
  readonly key: string;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  /** Undefined where it cannot be decoded and never could, and where it is none of Sluice's business. */
  readonly resource: AnyResource | undefined;
  readonly reports: readonly Report[];
  /** `resource` is what the object was before it could not be decoded any more. */
  readonly held: boolean;
  readonly status: unknown;
  readonly secret: boolean;
}

/** kubectl keeps all that it applied in it, a Secret's data too. */
const LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration";

/** Decodes an object of a kind. Nothing of the object itself is kept. */
export function decodeObject(kind: WatchedKind, object: KubeObject, decode: DecodeResource): ObjectEntry {
  const { name, namespace = "", uid = "" } = object.metadata;
  const { apiVersion, objectKind } = kind;
  const document = { ...object, apiVersion, kind: objectKind, metadata: withoutCopies(object.metadata) };
  const { resource, reports } = decode(document, { defaultNamespace: namespace });
  const { status } = object;
  const secret = kind.kind === "Secret";
  return { key: refKey({ namespace, name }), namespace, name, uid, resource, reports, status, secret, held: false };
}

function withoutCopies({ managedFields: _, annotations, ...metadata }: KubeObject["metadata"]): KubeObject["metadata"] {
  if (typeof annotations !== "object" || annotations === null) return metadata;
  const { [LAST_APPLIED]: __, ...others } = annotations as Record<string, unknown>;
  return { ...metadata, ...(Object.keys(others).length > 0 && { annotations: others }) };
}

/**
 * The entry that follows `before`: with the same resource where it is equal, and with the last good one where the object can
 * not be decoded. One that is given up for Kubernetes' own reasons (another type of Secret) is gone.
 */
export function following(next: ObjectEntry, before: AnyResource | undefined): ObjectEntry {
  if (next.resource) {
    return before && sameResource(before, next.resource) ? { ...next, resource: before } : next;
  }
  // A cluster is full of Secrets that are no business of Sluice's. Whoever refers to one is told that it is of no use.
  if (!before && next.secret) return { ...next, reports: [] };
  const failed = next.reports.some(({ severity }) => severity === "error");
  if (!before || !failed) return next;
  const { kind, metadata: { namespace, name } } = before;
  const message = "the object cannot be read as it is; it is served as it was before";
  const note = makeReport("warning", "SLUICE-1112", { kind, namespace, name }, "", message);
  return { ...next, resource: before, reports: [...next.reports, note], held: true };
}
