import { Exchange, type Nack, type SentResponse } from "./exchange.ts";
import { Fingerprint, versionOfSet } from "./fingerprint.ts";
import type { ResourceSet, XdsResource } from "./resource.ts";
import { diffSets, type SetDiff } from "./set_diff.ts";
import { Subscription } from "./subscription.ts";
import type { TypeState, Update } from "./type_state.ts";

/** A DiscoveryRequest, as far as it matters here. */
export interface SotwRequest {
  readonly version: string;
  readonly names: readonly string[];
  readonly nonce: string;
  /** error_detail: only this makes a NACK, never a version. */
  readonly error?: string;
}

const NO_RESOURCES: ResourceSet = new Map();

/**
 * State of the world for one type on one stream. Listeners and clusters are always sent as the whole set; of the other
 * types only what was asked for and is new. A response's version is the hash of all that the client wants, so a client that
 * comes back with that version (on a new stream, to a new process) has all of it.
 */
export class SotwState implements TypeState {
  readonly exchange = new Exchange();
  readonly #wholeSet: boolean;
  readonly #trustVersions: boolean;
  readonly #subscription: Subscription;
  readonly #owed = new Set<string>();
  /** Sum over the wanted names of what `#sent` holds for them. */
  readonly #sum = new Fingerprint();
  /** The set that the client was last told about. */
  #sent: ResourceSet = NO_RESOURCES;
  /** The version that the client came with. */
  #firstVersion: string | undefined;
  /** The version that the client was last sent, or came with. */
  #toldVersion: string | undefined;
  #begun = false;
  /** Something was asked for after the first request, so a response is due even if nothing changed. */
  #replyDue = false;

  /**
   * @param whole Whether a response is the whole truth about the type (listeners and clusters).
   * @param trustVersions Whether a first request that names the present version is left without an answer. True for
   * Envoy; a gRPC client may have dropped the resources while it was away.
   */
  constructor(whole: boolean, trustVersions: boolean) {
    this.#wholeSet = whole;
    this.#trustVersions = trustVersions;
    this.#subscription = new Subscription(whole ? "unnamed" : "never");
  }

  get begun(): boolean {
    return this.#begun;
  }

  get cameWith(): string {
    return this.#firstVersion ?? "";
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

  /**
   * Takes in a request. One with a stale nonce changes nothing that is wanted: the client follows it with one that answers
   * the newest response. It still tells what became of the response that it answers.
   */
  receive(request: SotwRequest): { accepted: readonly SentResponse[]; nack?: Nack } {
    const answer = request.nonce === "" ? { accepted: [] } : this.exchange.answered(request.nonce, request.error);
    const first = this.#firstVersion === undefined;
    if (first) this.#firstVersion = request.version;
    if (!first && request.nonce !== this.exchange.nonce) return answer;
    const change = this.#subscription.replace(request.names);
    for (const name of change.dropped) this.#uncount(name);
    for (const name of change.asked) this.#count(name);
    if (this.#begun && change.dropped.length > 0) this.#toldVersion = this.#version(this.#sent);
    if (first || (!change.wildcardAsked && change.asked.length === 0)) return answer;
    this.owe(change.asked);
    this.#replyDue = true;
    return answer;
  }

  assume(held: ResourceSet): void {
    this.#move(held);
    this.#toldVersion = this.#version(held);
  }

  told(set: ResourceSet): boolean {
    return this.#begun && this.#sent === set && !this.#replyDue && this.#owed.size === 0;
  }

  take(set: ResourceSet): Update | undefined {
    if (this.#firstVersion === undefined || this.wanted === 0 || this.told(set)) return undefined;
    const before = this.#sent;
    const diff = this.#move(set);
    const version = this.#version(set);
    const resources = this.#wholeSet ? this.#whole(version, set) : this.#news(version, before, set);
    this.#toldVersion = version;
    this.#begun = true;
    this.#replyDue = false;
    this.#owed.clear();
    if (resources === undefined) return undefined;
    const changed = this.#wholeSet ? diff.changed.filter(({ name }) => this.covers(name)) : resources;
    return {
      version,
      resources,
      removed: [],
      whole: this.#wholeSet,
      changed,
      added: changed.filter(({ name }) => !before.has(name)),
    };
  }

  /** The client counts as told of this set; gives what is different in it. */
  #move(set: ResourceSet): SetDiff {
    const before = this.#sent;
    const diff = diffSets(before, set);
    for (const resource of diff.changed) this.#recount(before.get(resource.name), resource);
    for (const name of diff.removed) this.#recount(before.get(name), undefined);
    this.#sent = set;
    return diff;
  }

  #whole(version: string, set: ResourceSet): readonly XdsResource[] | undefined {
    if (!this.#replyDue && (this.#known(version) || version === this.#toldVersion)) return undefined;
    return this.#subscription.pick(set);
  }

  #news(version: string, before: ResourceSet, set: ResourceSet): readonly XdsResource[] | undefined {
    const fresh = !this.#begun && !this.#known(version);
    if (fresh || (this.#replyDue && this.#subscription.wildcard)) return some(this.#subscription.pick(set));
    const owed = [...this.#owed].filter((name) => this.covers(name)).flatMap((name) => set.get(name) ?? []);
    if (!this.#begun) return some(owed);
    const { changed } = diffSets(before, set);
    return some([...owed, ...changed.filter(({ name }) => this.covers(name) && !this.#owed.has(name))]);
  }

  /** The client came with this very version, and nothing is owed to it besides. */
  #known(version: string): boolean {
    return !this.#begun && this.#trustVersions && version === this.#firstVersion;
  }

  #version(set: ResourceSet): string {
    return this.#subscription.wildcard ? versionOfSet(set) : this.#sum.text;
  }

  #count(name: string): void {
    const resource = this.#sent.get(name);
    if (resource !== undefined) this.#sum.add(resource);
  }

  #uncount(name: string): void {
    const resource = this.#sent.get(name);
    if (resource !== undefined) this.#sum.remove(resource);
  }

  #recount(before: XdsResource | undefined, after: XdsResource | undefined): void {
    const name = (before ?? after)!.name;
    if (!this.#subscription.names.has(name)) return;
    if (before !== undefined) this.#sum.remove(before);
    if (after !== undefined) this.#sum.add(after);
  }
}

/** For the types whose absence means nothing, an empty response would say nothing. */
function some(resources: readonly XdsResource[]): readonly XdsResource[] | undefined {
  return resources.length === 0 ? undefined : resources;
}
