import type { SliceAddress } from "./slices.ts";

/** An endpoint with its addresses, the one to try first before the others. */
export interface FamilyEndpoint {
  readonly first: SliceAddress;
  readonly others: readonly SliceAddress[];
}

/**
 * Endpoints of a dual-stack Service, which has slices of IPv4 and of IPv6: an endpoint is one, whichever addresses it has, as
 * it would get twice its share otherwise. What belongs to it (targetRef) tells which addresses are one endpoint's. An address
 * of the second family that belongs to nothing is used only where the first family has none at all.
 */
export function joinFamilies(list: readonly SliceAddress[], first: 4 | 6): readonly FamilyEndpoint[] {
  const own = list.filter(({ family }) => family === first);
  const other = list.filter(({ family }) => family !== first);
  if (other.length === 0) return own.map((address) => ({ first: address, others: [] }));
  const known = new Set(own.flatMap(({ target }) => target ?? []));
  const left = other.filter(({ target }) => target ? !known.has(target) : own.length === 0);
  const byTarget = Map.groupBy(other, ({ target }) => target);
  const joined = own.map((address) => ({
    first: address,
    others: address.target ? byTarget.get(address.target) ?? [] : [],
  }));
  return [...joined, ...left.map((address) => ({ first: address, others: [] }))];
}
