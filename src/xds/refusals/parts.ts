import { decode, encode, joinFields, splitField } from "../../envoy/mod.ts";
import type { ResourceRefs, XdsResource } from "../resource.ts";
import { versionOf } from "../version.ts";
import { xdsTypeOf } from "../xds_type.ts";

/** Field numbers of `routes` in envoy.config.route.v3.VirtualHost and `filter_chains` in envoy.config.listener.v3.Listener. */
const FIELD = { virtualHost: 3, listener: 3 } as const;
/** Field number of `match` in a Route and of `filter_chain_match` in a FilterChain. */
const MATCH = 1;

/** A resource that has parts: routes of a virtual host, filter chains of a listener. */
export type PartedType = keyof typeof FIELD;

/** Whether resources of this type have parts. */
export function isParted(type: string | undefined): type is PartedType {
  return type === "virtualHost" || type === "listener";
}

/** A route or a filter chain. */
export interface Part {
  /** Its match, so that it is found again in another form of the resource; `~2` for the second of that match. */
  readonly key: string;
  readonly bytes: Uint8Array;
  readonly version: string;
}

/** A resource, taken apart. */
export interface Parted {
  readonly frame: Uint8Array;
  readonly frameVersion: string;
  readonly parts: readonly Part[];
}

const NOTHING = new Uint8Array();
const known = new WeakMap<XdsResource, Parted>();

/** The parts of a resource, in their order, and all that is around them. */
export function partsOf(resource: XdsResource, type: PartedType): Parted {
  let parted = known.get(resource);
  if (parted === undefined) known.set(resource, parted = split(resource.bytes, FIELD[type]));
  return parted;
}

function split(bytes: Uint8Array, field: number): Parted {
  const { rest, values } = splitField(bytes, field);
  const counts = new Map<string, number>();
  const parts = values.map((value): Part => {
    const match = versionOf(matchOf(value));
    const count = (counts.get(match) ?? 0) + 1;
    counts.set(match, count);
    return { key: count === 1 ? match : `${match}~${count}`, bytes: value, version: versionOf(value) };
  });
  return { frame: rest, frameVersion: versionOf(rest), parts };
}

/** The encoded match of an encoded route or filter chain. */
export function matchOf(part: Uint8Array): Uint8Array {
  return splitField(part, MATCH).values[0] ?? NOTHING;
}

/** A route or filter chain without its match. */
export function withoutMatch(part: Uint8Array): Uint8Array {
  return splitField(part, MATCH).rest;
}

/** The resource with other parts; undefined for a listener that has none, as Envoy takes none such. */
export function withParts(
  resource: XdsResource,
  frame: Uint8Array,
  parts: readonly Uint8Array[],
  refs: ResourceRefs,
): XdsResource | undefined {
  const type = xdsTypeOf(resource.typeUrl) as PartedType;
  if (type === "listener" && parts.length === 0) return undefined;
  const bytes = joinFields(FIELD[type], parts, frame);
  return { ...resource, bytes, version: versionOf(bytes), refs };
}

/** What either needs. */
export function unitedRefs(one: ResourceRefs, other: ResourceRefs): ResourceRefs {
  const refs: Record<string, readonly string[]> = {};
  for (const sort of ["clusters", "endpoints", "secrets", "routes"] as const) {
    const names = new Set([...one[sort] ?? [], ...other[sort] ?? []]);
    if (names.size > 0) refs[sort] = [...names];
  }
  return refs;
}

/**
 * A filter chain without the server names for which one of `others` is there: Envoy refuses a listener with two chains for one
 * name. Undefined where nothing is left of it.
 */
export function withoutSharedNames(chain: Uint8Array, others: readonly Uint8Array[]): Uint8Array | undefined {
  const taken = new Set(others.flatMap((other) => keysOf(matchMessage(other))));
  const match = matchMessage(chain);
  const { serverNames, ...rest } = match;
  const free = (serverNames ?? [""]).filter((name) => !taken.has(keyOf(name, rest)));
  if (free.length === 0) return undefined;
  if (free.length === (serverNames ?? [""]).length) return chain;
  const encoded = encode("envoy.config.listener.v3.FilterChainMatch", { ...rest, serverNames: free });
  return joinFields(MATCH, [encoded], withoutMatch(chain));
}

/** The server names of an encoded filter chain; one that has none is for every name. */
export function serverNamesOf(chain: Uint8Array): readonly string[] {
  return matchMessage(chain).serverNames ?? [""];
}

type Match = ReturnType<typeof matchMessage>;

function matchMessage(chain: Uint8Array) {
  return decode("envoy.config.listener.v3.FilterChainMatch", matchOf(chain));
}

function keysOf({ serverNames = [""], ...rest }: Match): string[] {
  return serverNames.map((name) => keyOf(name, rest));
}

function keyOf(name: string, rest: Match): string {
  return JSON.stringify([name, rest]);
}
