import { type FilterChainPiece, type ListenerPiece, matchKeys, sameBytes } from "../translator/mod.ts";
import type { HoldLog } from "./hold_log.ts";
import { samePlace } from "./hold_routes.ts";
import { isGood, type ServedPieces } from "./served.ts";

/** Listeners with rejected frames and filter chains held; one that is rejected and was never served is left out. */
export function holdListeners(
  next: readonly ListenerPiece[],
  served: ServedPieces | undefined,
  log: HoldLog,
): ListenerPiece[] {
  const before = new Map(served?.listeners.map((listener) => [listener.key, listener]));
  // A listener is named after its address: what another has taken over in the meantime cannot be held.
  const names = new Set(next.flatMap(({ name, rejected }) => rejected ? [] : [name]));
  return next.flatMap((listener) => {
    const last = before.get(listener.key);
    const filterChains = holdChains(listener, last?.filterChains ?? [], log);
    if (!listener.rejected) return [{ ...listener, filterChains }];
    if (!last || !isGood(last) || names.has(last.name)) return [];
    log.hold("listener", listener.key, listener.origin);
    const { rejected: _, ...rest } = listener;
    // Where gateway translation could not make the listener, there are no chains to hold one by one.
    const chains = listener.filterChains.length > 0 ? filterChains : last.filterChains;
    return [{ ...rest, name: last.name, bytes: last.bytes, refs: last.refs, filterChains: chains }];
  });
}

function holdChains(
  { key: listener, filterChains: next }: ListenerPiece,
  served: readonly FilterChainPiece[],
  log: HoldLog,
): readonly FilterChainPiece[] {
  const taken = new Map<string, Uint8Array>();
  for (const { match, bytes } of next) {
    if (bytes) { for (const { key } of matchKeys(match)) taken.set(key, bytes); }
  }
  const keys = new Set(next.map(({ key }) => key));
  const used = new Set<string>();
  return next.flatMap((chain) => {
    if (!chain.rejected) return [chain];
    const last = served.find((one) => one.key === chain.key) ??
      served.find((one) => !keys.has(one.key) && !used.has(one.key) && samePlace(one.origin, chain.origin));
    if (!last || !isGood(last)) return [];
    used.add(last.key);
    const match = freeMatch(last, taken);
    if (!match) return [];
    log.hold("filter chain", `${listener} ${chain.key}`, chain.origin);
    return [{ ...last, key: chain.key, origin: chain.origin, match }];
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
  const result = names.length === 0 ? match : { ...match, serverNames: free };
  if (names.length === 0 ? !isFree(match) : free.length === 0) return undefined;
  for (const { key } of matchKeys(result)) taken.set(key, bytes!);
  return result;
}
