import { apiVersionOf, KINDS, sameValue } from "../api/mod.ts";
import type { Ref, Resource } from "../api/mod.ts";
import type { Found, ServicePortRef } from "./discovered_upstreams.ts";
import { type FieldPath, fromLeaves, type Leaf, leavesOf, ownedLeaves, pathKey, valueAt } from "./field_paths.ts";
import type { ManagedFields } from "./field_paths.ts";
import { isMapping, type Mapping, SERVICE_REFERENCE } from "./upstream_config.ts";
import { DISCOVERED_LABELS } from "./upstreams_of.ts";

/** The field manager that owns what discovery wrote. */
export const FIELD_MANAGER = "sluice-discovery";

/** Gloo's own discovery, as its writes are signed; what it wrote may be written over. */
const GLOO_MANAGER = "discovery";

/** An Upstream as the API server gives it, as far as it is looked at. */
export interface UpstreamObject {
  readonly metadata: Ref & {
    readonly uid: string;
    readonly resourceVersion: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly deletionTimestamp?: string;
    /** Who wrote which field; users' edits are known by it. */
    readonly managedFields: readonly ManagedFields[];
  };
  readonly spec?: Mapping;
}

/** One request to the API server. */
export type UpstreamWrite =
  | { readonly action: "apply"; readonly ref: Ref; readonly path: string; readonly object: Mapping }
  | { readonly action: "delete"; readonly ref: Ref; readonly path: string; readonly uid: string };

export interface UpstreamWritesInput {
  readonly found: Found;
  readonly objects: Iterable<UpstreamObject>;
  /** Namespace of discovered Upstreams; objects elsewhere are left alone. */
  readonly writeNamespace: string;
  /** Namespaces whose Services are known. Absent means all. */
  readonly namespaces?: readonly string[];
}

/**
 * What has to be written so that Kubernetes has the discovered Upstreams as objects. Only such as have discovery's label are
 * touched: one of the same name without it is a user's. An object is applied where a discovered field has another value,
 * or where discovery wrote a field that it does not find any more. Fields that somebody else wrote stay as they are, but
 * for the reference to the Service. An object is deleted where the port that it stands for is gone, and not because
 * discovery passes over the Service now. Nothing that changed meanwhile is written over: an object is applied at the
 * version that was looked at, and deleted by its uid. The work of thousands of objects is done with a rest after each.
 */
export function* upstreamWrites(input: UpstreamWritesInput): Generator<void, UpstreamWrite[]> {
  const { found, writeNamespace, namespaces } = input;
  const objects = new Map<string, UpstreamObject>();
  for (const object of input.objects) {
    if (object.metadata.namespace === writeNamespace) objects.set(object.metadata.name, object);
  }
  const writes: UpstreamWrite[] = [];
  for (const upstream of found.upstreams) {
    const { name } = upstream.metadata;
    const write = applied(upstream, objects.get(name));
    if (write) writes.push(write);
    objects.delete(name);
    yield;
  }
  for (const { metadata, spec } of objects.values()) {
    const port = isDiscovered(metadata) ? portOf(spec) : undefined;
    if (!port || found.hasPort(port) || (namespaces && !namespaces.includes(port.serviceNamespace))) continue;
    writes.push({ action: "delete", ref: refOf(metadata), path: pathOf(metadata), uid: metadata.uid });
  }
  return writes;
}

/** How the object is brought to what was discovered; undefined where there is nothing to do, or where it is a user's. */
function applied(upstream: Resource<"Upstream">, object: UpstreamObject | undefined): UpstreamWrite | undefined {
  const whole = { metadata: { labels: DISCOVERED_LABELS }, spec: upstream.spec };
  if (!object) return applyOf(upstream.metadata, whole);
  if (!isDiscovered(object.metadata)) return undefined;
  const leaves = leavesOf(whole);
  const { own, others } = ownersOf(object.metadata.managedFields);
  const isHere = ({ path, value }: Leaf): boolean => isSame(value, valueAt(object, path));
  const [kept, left] = [[] as Leaf[], [] as Leaf[]];
  for (const leaf of leaves) {
    const isOurs = isReference(leaf.path) || isHere(leaf) || !isOthers(leaf.path, object, others);
    (isOurs ? kept : left).push(leaf);
  }
  kept.push(...containersOf(left, kept, object));
  const isStale = (path: FieldPath): boolean => !kept.some((leaf) => isBelow(leaf.path, path));
  if (kept.every(isHere) && !own.some(isStale)) return undefined;
  return applyOf(upstream.metadata, fromLeaves(kept) as Parts, object.metadata.resourceVersion);
}

/**
 * True where a field is a user's: they wrote it, or it is not there and they wrote in the part of the spec that it would
 * stand in (a oneof has another member then, a selector other labels). Labels of the Service are told beside theirs.
 */
function isOthers(path: FieldPath, object: UpstreamObject, others: readonly FieldPath[]): boolean {
  const [, top] = path;
  const isAlone = top === "discoveryMetadata" || valueAt(object, path) !== undefined;
  const part = isAlone ? path : path.slice(0, top === "kube" ? 3 : 2);
  return others.some((other) => isBelow(other, part));
}

/**
 * The messages that fields of users stand in, as far as nothing of ours is in them: whoever applied a message once and
 * then leaves it out takes it away with all that is in it.
 */
function containersOf(left: readonly Leaf[], kept: readonly Leaf[], object: UpstreamObject): Leaf[] {
  const containers = new Map(left.map(({ path }) => [pathKey(path.slice(0, -1)), path.slice(0, -1)]));
  return [...containers.values()]
    .filter((path) => isMapping(valueAt(object, path)) && !kept.some((leaf) => isBelow(leaf.path, path)))
    .map((path) => ({ path, value: {} }));
}

/** What of an object is applied. */
interface Parts {
  readonly metadata: { readonly labels: Mapping };
  readonly spec: Mapping;
}

function applyOf(metadata: Ref, { metadata: { labels }, spec }: Parts, resourceVersion?: string): UpstreamWrite {
  const { name, namespace } = metadata;
  const object = {
    apiVersion: apiVersionOf("Upstream"),
    kind: "Upstream",
    metadata: { name, namespace, labels, ...(resourceVersion !== undefined && { resourceVersion }) },
    spec,
  };
  return { action: "apply", ref: refOf(metadata), path: pathOf(metadata), object };
}

/** Leaves that discovery owns, and those that a user does. */
function ownersOf(managed: readonly ManagedFields[]) {
  const [own, others]: [FieldPath[], FieldPath[]] = [[], []];
  for (const entry of managed) {
    if (entry.manager === GLOO_MANAGER || entry.subresource) continue;
    const isOwn = entry.manager === FIELD_MANAGER && entry.operation === "Apply";
    (isOwn ? own : others).push(...ownedLeaves(entry));
  }
  return { own, others };
}

/** True where a path is another or leads further down from it. */
const isBelow = (path: FieldPath, top: FieldPath): boolean => top.every((name, i) => path[i] === name);

/** An empty message is there where any is. */
const isSame = (wanted: unknown, there: unknown): boolean =>
  isMapping(wanted) && isMapping(there) || sameValue(wanted, there);

const isDiscovered = ({ labels, deletionTimestamp }: UpstreamObject["metadata"]): boolean =>
  labels?.discovered_by === DISCOVERED_LABELS.discovered_by && deletionTimestamp === undefined;

const isReference = ([top, type, field]: FieldPath): boolean =>
  top === "spec" && type === "kube" && (SERVICE_REFERENCE as readonly (string | undefined)[]).includes(field);

function portOf(spec: Mapping = {}): ServicePortRef | undefined {
  const { serviceNamespace, serviceName, servicePort } = isMapping(spec.kube) ? spec.kube : {} as Mapping;
  return typeof serviceNamespace === "string" && typeof serviceName === "string" && typeof servicePort === "number"
    ? { serviceNamespace, serviceName, servicePort }
    : undefined;
}

const refOf = ({ namespace, name }: Ref): Ref => ({ namespace, name });

function pathOf({ namespace, name }: Ref): string {
  return `/apis/${apiVersionOf("Upstream")}/namespaces/${namespace}/${KINDS.Upstream.plural}/${name}`;
}
