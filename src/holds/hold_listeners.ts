import { type Origin, sameItems } from "../api/mod.ts";
import type { Revision } from "../incremental/mod.ts";
import { type FilterChainPiece, type ListenerPiece, matchKeys, type Piece, sameBytes } from "../translator/mod.ts";
import type { HoldLog } from "./hold_log.ts";
import { samePlace } from "./same.ts";
import { type Held, isGood, type ServedPieces } from "./served.ts";

/**
 * Listeners with rejected frames and filter chains held; one that is rejected and was never served is left out. `proxy`
 * names the Proxy.
 */
export function holdListeners(
  revision: Revision,
  proxy: string,
  next: readonly ListenerPiece[],
  served: ServedPieces | undefined,
  log: HoldLog,
): readonly ListenerPiece[] {
  if (!next.some(isFaulty)) return next;
  const before = new Map(served?.listeners.map((listener) => [listener.key, listener]));
  // A listener is named after its address: what another has taken over in the meantime cannot be held.
  const names = new Set(next.flatMap(({ name, rejected }) => rejected ? [] : [name]));
  const table = revision.table<string, HeldListener>("heldListener", proxy);
  return next.flatMap((listener) => {
    if (!isFaulty(listener)) return [listener];
    const last = before.get(listener.key);
    const nameTaken = last !== undefined && names.has(last.name);
    const { piece, holds } = table.recall(
      listener.key,
      [listener, last, nameTaken],
      () => holdListener(listener, last, nameTaken),
    );
    for (const { what, id, origin, forms } of holds) log.hold(what, id, origin, forms);
    return piece ? [piece] : [];
  });
}

function isFaulty({ rejected, filterChains }: ListenerPiece): boolean {
  return rejected !== undefined || filterChains.some((chain) => chain.rejected);
}

/** What a listener with something rejected in it comes to; `piece` is the very one that was served where that is equal. */
interface HeldListener {
  readonly piece: ListenerPiece | undefined;
  readonly holds: readonly Hold[];
}

interface Hold {
  readonly what: Held["what"];
  readonly id: string;
  readonly origin: Origin;
  readonly forms: readonly Piece[];
}

function holdListener(listener: ListenerPiece, last: ListenerPiece | undefined, nameTaken: boolean): HeldListener {
  const holds: Hold[] = [];
  const filterChains = holdChains(listener, last?.filterChains ?? [], holds);
  if (!listener.rejected) return { piece: kept(last, { ...listener, filterChains }), holds };
  if (!last || !isGood(last) || nameTaken) {
    return { piece: undefined, holds: holds.map((hold) => ({ ...hold, forms: [] })) };
  }
  // Where gateway translation could not make the listener, there are no chains to hold one by one.
  const whole = listener.filterChains.length === 0;
  const forms = whole ? [last, ...last.filterChains] : [last];
  holds.push({ what: "listener", id: listener.key, origin: listener.origin, forms });
  const { rejected: _, ...rest } = listener;
  const { name, bytes, refs } = last;
  const chains = whole ? last.filterChains : filterChains;
  return { piece: kept(last, { ...rest, name, bytes, refs, filterChains: chains }), holds };
}

function kept(last: ListenerPiece | undefined, made: ListenerPiece): ListenerPiece {
  const same = last && last.name === made.name && last.bytes === made.bytes && samePlace(last.origin, made.origin) &&
    sameItems(last.filterChains, made.filterChains);
  return same ? last : made;
}

function holdChains(
  { key: listener, filterChains: next }: ListenerPiece,
  served: readonly FilterChainPiece[],
  holds: Hold[],
): readonly FilterChainPiece[] {
  if (!next.some(({ rejected }) => rejected)) return next;
  const taken = new Map<string, Uint8Array>();
  for (const { match, bytes } of next) {
    if (bytes) { for (const { key } of matchKeys(match)) taken.set(key, bytes); }
  }
  const keys = new Set(next.map(({ key }) => key));
  const byKey = new Map(served.map((one) => [one.key, one]));
  const used = new Set<string>();
  return next.flatMap((chain) => {
    if (!chain.rejected) return [chain];
    const last = byKey.get(chain.key) ??
      served.find((one) => !keys.has(one.key) && !used.has(one.key) && samePlace(one.origin, chain.origin));
    if (!last || !isGood(last)) return [];
    used.add(last.key);
    const match = freeMatch(last, taken);
    if (!match) return [];
    holds.push({ what: "filter chain", id: `${listener} ${chain.key}`, origin: chain.origin, forms: [last] });
    const { key, origin } = chain;
    return [
      last.key === key && match === last.match && samePlace(last.origin, origin) ? last : {
        ...last,
        key,
        origin,
        match,
      },
    ];
  });
}

/**
 * The match of a held chain without the server names that another chain serves now, with other settings; undefined where
 * nothing is left of it. Envoy refuses a listener with two chains for one name.
 */
function freeMatch(
  { match, bytes }: FilterChainPiece,
  taken: Map<string, Uint8Array>,
): FilterChainPiece["match"] | undefined {
  const isFree = (part: FilterChainPiece["match"]) =>
    matchKeys(part).every(({ key }) => !taken.has(key) || sameBytes(taken.get(key), bytes));
  const names = match.serverNames ?? [];
  const free = names.filter((name) => isFree({ ...match, serverNames: [name] }));
  const result = free.length === names.length ? match : { ...match, serverNames: free };
  if (names.length === 0 ? !isFree(match) : free.length === 0) return undefined;
  for (const { key } of matchKeys(result)) taken.set(key, bytes!);
  return result;
}
