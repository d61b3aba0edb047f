import { Exchange, type Nack, type SentResponse } from "./exchange.ts";
import { versionOfNames, versionOfSet } from "./fingerprint.ts";
import type { ResourceSet } from "./resource.ts";
import { diffSets } from "./set_diff.ts";
import { type ImplicitWildcard, Subscription } from "./subscription.ts";
import type { News, TypeState, Update } from "./type_state.ts";

/** A DeltaDiscoveryRequest, as far as it matters here. */
export interface DeltaRequest {
  readonly subscribe: readonly string[];
  readonly unsubscribe: readonly string[];
  /** initial_resource_versions: what the client kept from an earlier stream, name to version. First request only. */
  readonly initialVersions: ReadonlyMap<string, string>;
  readonly nonce: string;
  /** error_detail: only this makes a NACK. */
  readonly error?: string;
}

const NO_RESOURCES: ResourceSet = new Map();

/**
 * Incremental xDS for one type on one stream. It remembers the shared set that the client was last told about, not a
 * list of its own, so a thousand clients cost a thousand pointers; and streams that make the same step are given the same
 * lists.
 */
export class DeltaState implements TypeState {
  readonly exchange = new Exchange();
  readonly #subscription: Subscription;
  readonly #owed = new Set<string>();
  #sent: ResourceSet = NO_RESOURCES;
  /** What the client kept from an earlier stream; undefined before the first request. */
  #kept: ReadonlyMap<string, string> | undefined;
  #begun = false;
  #cameWith = "";
  #owesAll = false;

  /** @param implicit When the client gets everything without asking for `*`. */
  constructor(implicit: ImplicitWildcard) {
    this.#subscription = new Subscription(implicit);
  }

  get begun(): boolean {
    return this.#begun;
  }

  get cameWith(): string {
    return this.#cameWith;
  }

  get wanted(): number | undefined {
    return this.#subscription.count;
  }

  covers(name: string): boolean {
    return this.#subscription.covers(name);
  }

  owe(names: readonly string[]): void {
    for (const name of names) this.#owed.add(name);
  }

  assume(held: ResourceSet): void {
    // Before the first response nothing is known but what the client says that it kept, and that is what is doubted.
    if (!this.#begun) this.#owesAll = true;
    else this.#sent = held;
  }

  /** Takes in a request. What it subscribes to counts whatever its nonce is; the nonce only says what it answers. */
  receive(request: DeltaRequest): { accepted: readonly SentResponse[]; nack?: Nack } {
    const answer = request.nonce === "" ? { accepted: [] } : this.exchange.answered(request.nonce, request.error);
    const first = this.#kept === undefined;
    if (first) {
      this.#kept = request.initialVersions;
      this.#cameWith = this.#kept.size === 0 ? "" : versionOfNames(this.#kept);
    }
    const change = this.#subscription.update(request.subscribe, request.unsubscribe);
    if (first) return answer;
    this.owe(change.asked);
    if (change.wildcardAsked) this.#owesAll = true;
    if (this.#subscription.wildcard) this.owe(change.dropped);
    return answer;
  }

  told(set: ResourceSet): boolean {
    return this.#begun && this.#sent === set && !this.#owesAll && this.#owed.size === 0;
  }

  take(set: ResourceSet, coming: ResourceSet = NO_RESOURCES): Update | undefined {
    if (this.#kept === undefined || this.wanted === 0 || this.told(set)) return undefined;
    const before = this.#sent;
    const absent = (name: string) => !set.has(name) && !coming.has(name);
    const news = this.#begun ? this.#step(before, set, absent) : this.#first(this.#kept, set, absent);
    const emptyStart = !this.#begun && this.#subscription.wildcard && this.#cameWith === "";
    this.#sent = set;
    this.#begun = true;
    this.#owesAll = false;
    this.#owed.clear();
    this.#kept = NO_VERSIONS;
    if (news.resources.length === 0 && news.removed.length === 0 && !emptyStart) return undefined;
    return { version: versionOfSet(set, before), whole: false, ...news };
  }

  /** What a client that just came needs: what it lacks, what changed while it was away, what vanished. */
  #first(kept: ReadonlyMap<string, string>, set: ResourceSet, absent: (name: string) => boolean): News {
    const all = this.#subscription.pick(set);
    const isDue = (name: string, version: string) =>
      this.#owesAll || kept.get(name) !== version || this.#owed.has(name);
    const resources = kept.size === 0 ? all : all.filter(({ name, version }) => isDue(name, version));
    const missing = new Set([...this.#subscription.names, ...kept.keys()]);
    const removed = [...missing].filter((name) => this.covers(name) && absent(name));
    return { resources, removed, changed: resources, added: resources };
  }

  #step(before: ResourceSet, set: ResourceSet, absent: (name: string) => boolean): News {
    const { added, changed, removed } = diffSets(before, set);
    if (this.#subscription.wildcard && !this.#owesAll && this.#owed.size === 0) {
      return { resources: changed, removed, changed, added };
    }
    const owed = [...this.#owed].filter((name) => this.covers(name));
    const isDue = (name: string) => this.covers(name) && !this.#owed.has(name);
    const resources = this.#owesAll
      ? this.#subscription.pick(set)
      : [...changed.filter(({ name }) => isDue(name)), ...owed.flatMap((name) => set.get(name) ?? [])];
    return {
      resources,
      removed: [...removed.filter(isDue), ...owed.filter(absent)],
      changed: resources,
      added: resources.filter(({ name }) => !before.has(name)),
    };
  }
}

const NO_VERSIONS: ReadonlyMap<string, string> = new Map();
