import type { Removed } from "./lately.ts";
import { isResource } from "./refusals/mod.ts";
import { parseWithBytes, textWithBytes } from "./resource_json.ts";

/** What was taken away from one role's snapshots. */
export interface RoleRemovals {
  readonly role: string;
  readonly removed: readonly Removed[];
}

/** As JSON; see {@link removedFromJson}. May hold private keys, as resources do. */
export function removedToJson(all: readonly RoleRemovals[]): string {
  return textWithBytes(all);
}

/** What {@link removedToJson} made. Throws where the text is no such thing. */
export function removedFromJson(text: string): RoleRemovals[] {
  const all = parseWithBytes(text);
  const isList = (list: unknown) => Array.isArray(list) && list.every(isResource);
  const isPair = (pair: unknown) =>
    Array.isArray(pair) && pair.length === 2 && pair.every((text) => typeof text === "string");
  const isPairs = (pairs: unknown) => Array.isArray(pairs) && pairs.every(isPair);
  const isRemoved = ({ clusters, endpoints, secrets, added, changed }: Removed) =>
    [clusters, endpoints, secrets].every(isList) && [added, changed].every(isPairs);
  const isOfRole = ({ role, removed }: RoleRemovals) =>
    typeof role === "string" && Array.isArray(removed) && removed.every(isRemoved);
  if (!Array.isArray(all) || !all.every(isOfRole)) throw new Error("no list of what was removed");
  return all;
}
