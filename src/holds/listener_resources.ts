import { encode, joinFields, type Message, TYPE_URL } from "../envoy/mod.ts";
import type { FilterChainPiece, ListenerPiece } from "../translator/mod.ts";
import type { ResourceSet, XdsResource } from "../xds/mod.ts";
import { originsOf, refsOf, resourceLike } from "./join.ts";
import { byName, type MadeSet, sameSet } from "./resource_set.ts";

/** Field numbers in Envoy's messages. */
const LISTENER = { filterChains: 3 } as const;
const FILTER_CHAIN = { match: 1 } as const;

type Match = Message<"envoy.config.listener.v3.FilterChainMatch">;

/** Between so many filter chains work is given up once. */
const BATCH = 100;

/** Every byte is a character of its own, so that equal texts are equal bytes. */
const latin1 = new TextDecoder("latin1");

/** The listeners by name; one whose piece is that of before is that of before. Yields between filter chains. */
export function* listenerResources(
  pieces: readonly ListenerPiece[],
  last: MadeSet<ListenerPiece, XdsResource>,
): Generator<void, ResourceSet> {
  const before = byName(last.pieces);
  const set = new Map<string, XdsResource>();
  for (const piece of pieces) {
    if (set.has(piece.name)) continue;
    const like = last.set.get(piece.name);
    const resource = like && before.get(piece.name) === piece ? like : yield* listenerResource(piece, like);
    if (resource) set.set(piece.name, resource);
  }
  return sameSet(set, last.set) ? last.set : set;
}

/** A listener with its filter chains; undefined where none is left. */
function* listenerResource(
  listener: ListenerPiece,
  before: XdsResource | undefined,
): Generator<void, XdsResource | undefined> {
  const chains = yield* mergeChains(listener.filterChains);
  if (chains.length === 0 || !listener.bytes) return undefined;
  const fields: Uint8Array[] = [];
  for (const chain of chains) {
    fields.push(concat([matchBytes(chain), chain.bytes!]));
    if (fields.length % BATCH === 0) yield;
  }
  const pieces = [listener, ...listener.filterChains];
  return resourceLike(before, {
    typeUrl: TYPE_URL.listener,
    name: listener.name,
    bytes: concat([listener.bytes, joinFields(LISTENER.filterChains, fields)]),
    origins: originsOf(pieces),
    refs: refsOf(pieces),
  });
}

function matchBytes({ match }: FilterChainPiece): Uint8Array {
  if (Object.keys(match).length === 0) return new Uint8Array();
  return joinFields(FILTER_CHAIN.match, [encode("envoy.config.listener.v3.FilterChainMatch", match)]);
}

interface Group {
  readonly first: FilterChainPiece;
  readonly names: Set<string>;
}

/**
 * Makes one of chains that differ in their server names alone. A chain for every name stays by itself: its names would
 * otherwise lose to another chain's wildcard.
 */
function* mergeChains(chains: readonly FilterChainPiece[]): Generator<void, FilterChainPiece[]> {
  const groups = new Map<string, Group>();
  for (const [i, chain] of chains.entries()) {
    if (i % BATCH === BATCH - 1) yield;
    if (!chain.bytes) continue;
    const { serverNames = [], ...rest } = chain.match;
    const key = `${serverNames.length > 0} ${JSON.stringify(rest)} ${latin1.decode(chain.bytes)}`;
    const group = groups.get(key);
    if (!group) groups.set(key, { first: chain, names: new Set(serverNames) });
    else for (const name of serverNames) group.names.add(name);
  }
  return [...groups.values()].map(({ first, names }) => ({ ...first, match: unitedMatch(first.match, names) }));
}

function unitedMatch({ serverNames: _, ...rest }: Match, names: ReadonlySet<string>): Match {
  return { ...rest, ...(names.size > 0 && { serverNames: [...names] }) };
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}
