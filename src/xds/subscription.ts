import type { ResourceSet, XdsResource } from "./resource.ts";

/** The name that subscribes to everything. */
const WILDCARD = "*";

/**
 * When a client gets everything without asking for `*`: never; when its first request names nothing (listeners and clusters);
 * as soon as it asks for the type at all, whatever it names (virtual hosts).
 */
export type ImplicitWildcard = "never" | "unnamed" | "always";

/** What a request changed. */
export interface SubscriptionChange {
  /** Names asked for that were not asked for by name before, or (delta) asked for again. */
  readonly asked: readonly string[];
  readonly dropped: readonly string[];
  /** The wildcard was asked for, now or again. */
  readonly wildcardAsked: boolean;
}

/** What a client wants of one type on one stream: names, the wildcard, or both. */
export class Subscription {
  readonly #names = new Set<string>();
  readonly #implicit: ImplicitWildcard;
  #wildcard = false;
  #started = false;
  #named = false;

  constructor(implicit: ImplicitWildcard) {
    this.#implicit = implicit;
  }

  get wildcard(): boolean {
    return this.#wildcard;
  }

  /** Names asked for one by one. */
  get names(): ReadonlySet<string> {
    return this.#names;
  }

  /** How many names are asked for one by one; undefined where the wildcard is. */
  get count(): number | undefined {
    return this.#wildcard ? undefined : this.#names.size;
  }

  /** What there is of all that is asked for. */
  pick(set: ResourceSet): readonly XdsResource[] {
    if (this.#wildcard) return listOf(set);
    return [...this.#names].flatMap((name) => set.get(name) ?? []);
  }

  covers(name: string): boolean {
    return this.#wildcard || this.#names.has(name);
  }

  /**
   * State of the world: `names` is all that the client wants from now on. Only the very first request may leave the
   * wildcard unsaid; after any name (or `*`) was sent, no names means nothing is wanted.
   */
  replace(names: readonly string[]): SubscriptionChange {
    const had = this.#wildcard;
    const wanted = new Set(names);
    if (names.length > 0) this.#named = true;
    this.#wildcard = wanted.delete(WILDCARD) || (this.#implicit === "unnamed" && !this.#named);
    const dropped = [...this.#names].filter((name) => !wanted.has(name));
    const asked = [...wanted].filter((name) => !this.#names.has(name));
    for (const name of dropped) this.#names.delete(name);
    for (const name of asked) this.#names.add(name);
    return { asked, dropped, wildcardAsked: this.#wildcard && !had };
  }

  /** Delta: what to add and what to take away. Unknown names to take away are passed over. */
  update(subscribe: readonly string[], unsubscribe: readonly string[]): SubscriptionChange {
    const implied = this.#implicit === "always" || (this.#implicit === "unnamed" && subscribe.length === 0);
    let wildcardAsked = !this.#started && implied;
    if (wildcardAsked) this.#wildcard = true;
    this.#started = true;
    const dropped = unsubscribe.filter((name) => name !== WILDCARD && this.#names.delete(name));
    if (unsubscribe.includes(WILDCARD) && this.#implicit !== "always") this.#wildcard = false;
    const asked = new Set(subscribe);
    if (asked.delete(WILDCARD)) this.#wildcard = wildcardAsked = true;
    for (const name of asked) this.#names.add(name);
    return { asked: [...asked], dropped, wildcardAsked };
  }
}

const lists = new WeakMap<ResourceSet, readonly XdsResource[]>();

/** The resources of a set; one list for all who ask. */
function listOf(set: ResourceSet): readonly XdsResource[] {
  let list = lists.get(set);
  if (list === undefined) lists.set(set, list = [...set.values()]);
  return list;
}
