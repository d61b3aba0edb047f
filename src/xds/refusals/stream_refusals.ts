import type { Nack } from "../exchange.ts";
import type { EnvoySnapshot, ResourceSet, XdsResource } from "../resource.ts";
import { isAllOrNothing, type XdsType } from "../xds_type.ts";
import { carryNeeds } from "./carry_needs.ts";
import { type ClientHold, refusedKey } from "./client_hold.ts";
import { KeptDependents } from "./kept_dependents.ts";
import { layHolds } from "./lay_holds.ts";
import { Probe } from "./probe.ts";
import { type RefusedSets, type Unit, unitsOf } from "./units.ts";

/** A hold, with why it is. */
export interface RefusedHold {
  readonly hold: ClientHold;
  /** The client's words. */
  readonly detail: string;
  /** Milliseconds since the epoch. */
  readonly since: number;
}

export interface StreamRefusalsOptions {
  readonly clock: { now(): number; elapsed(): number };
  /** What the client is known to refuse. */
  readonly remembered?: readonly RefusedHold[];
  /** Whether another client refuses this, as a {@link refusedKey}. */
  readonly suspected?: (key: string) => boolean;
  /** What is held for this client is another now. */
  readonly onHolds: (holds: readonly RefusedHold[]) => void;
}

/** How many tries a client is worth at once, and after how many milliseconds one more. */
const TRIES = 48;
const TRY_EVERY_MS = 15_000;
/** How many bytes of responses one search may take. */
const MOST_BYTES = 256 * 1024 * 1024;
/** How long a client may take to answer a try, in milliseconds. */
const MOST_MS = 5_000;

/**
 * What one client refuses: searches, a type at a time, and holds. While it searches the client is told nothing else than what is
 * tried, so that its answers mean that alone. Searches are bounded in tries, bytes and the time of an answer: a client that
 * refuses everything is soon held at what it has.
 */
export class StreamRefusals {
  readonly #options: StreamRefusalsOptions;
  readonly #probes = new Map<string, Probe>();
  readonly #dependents = new KeptDependents();
  #holds: readonly RefusedHold[];
  #tries = TRIES;
  #triesAt: number;
  #bytes = 0;
  #ends = 0;

  constructor(options: StreamRefusalsOptions) {
    this.#options = options;
    this.#holds = options.remembered ?? [];
    this.#triesAt = options.clock.elapsed();
  }

  get searching(): boolean {
    return this.#probes.size > 0;
  }

  /** When a search must end, on the clock of `elapsed()`. */
  get next(): number | undefined {
    return this.searching ? this.#ends : undefined;
  }

  /** What is held for the client. */
  get holds(): readonly RefusedHold[] {
    return this.#holds;
  }

  /** Clusters of the last view that the client refuses, or that cannot be ready for it, and that it has in no form. */
  get absentClusters(): readonly string[] {
    return this.#dependents.absentClusters;
  }

  /**
   * What the client is shown of a snapshot. Holds of what is no longer in it end: it was mended.
   * @param shown What the client is shown now: what held forms need of it stays.
   * @param accepted The clusters that it accepted of late, the last first.
   */
  view(snapshot: EnvoySnapshot, shown: EnvoySnapshot | undefined, accepted: readonly ResourceSet[]): EnvoySnapshot {
    const tried = [...this.#probes.values()].flatMap(({ holds }) => holds);
    if (this.#holds.length + tried.length === 0) return this.#dependents.over(snapshot, [], accepted);
    const laid = layHolds(snapshot, [...this.#holds.map(({ hold }) => hold), ...tried]);
    if (!this.searching && this.#holds.length > 0) {
      const live = new Set(laid.live);
      this.#keep(this.#holds.filter(({ hold }) => live.has(hold)));
    }
    const kept = this.#dependents.over(laid.snapshot, laid.live, accepted);
    return carryNeeds(kept, laid.live, shown);
  }

  /** Forgets what is held of a type, so that it is tried anew. Virtual hosts go with their route configurations. */
  forget(type: XdsType): boolean {
    const isOf = (held: XdsType) => type !== "virtualHost" && (held === "virtualHost" ? "route" : held) === type;
    const rest = this.#holds.filter(({ hold }) => !isOf(hold.type));
    const isLess = rest.length < this.#holds.length;
    this.#keep(rest);
    return isLess;
  }

  /** The client was sent a response of a type. */
  sent(typeUrl: string, sequence: number, resources: readonly XdsResource[]): void {
    const probe = this.#probes.get(typeUrl);
    if (probe === undefined) return;
    probe.waiting ??= sequence;
    for (const { bytes } of resources) this.#bytes += bytes.length;
  }

  /** Nothing of the type is left to tell. Gives whether that settles a try: the client has what is tried already. */
  nothingToSend(typeUrl: string): boolean {
    const probe = this.#probes.get(typeUrl);
    if (probe === undefined || probe.waiting !== undefined) return false;
    this.#answered(typeUrl, probe, true);
    return true;
  }

  /** The client accepted a response. Gives whether there is something else to show it now. */
  accepted(typeUrl: string, sequence: number): boolean {
    const probe = this.#probes.get(typeUrl);
    if (probe === undefined || probe.waiting === undefined || sequence < probe.waiting) return false;
    this.#answered(typeUrl, probe, true);
    return true;
  }

  /**
   * The client refused a response. Gives whether there is something else to show it now; if not, it is not to be told the
   * same again.
   */
  refused(typeUrl: string, nack: Nack, sets: () => RefusedSets): boolean {
    const probe = this.#probes.get(typeUrl);
    if (probe === undefined) return this.#mayTry() && this.#begin(typeUrl, nack, sets());
    if (probe.waiting === undefined || nack.response.sequence < probe.waiting) return false;
    probe.detail = nack.detail;
    this.#answered(typeUrl, probe, false);
    return true;
  }

  /** Searches of which a try was not answered in time end. Gives whether there were any. */
  expire(now: number): boolean {
    if (!this.searching || now < this.#ends) return false;
    for (const [typeUrl, probe] of this.#probes) {
      probe.giveUp();
      if (probe.ended) this.#end(typeUrl, probe);
    }
    this.#ends = now + MOST_MS;
    return true;
  }

  /** The client wants nothing of the type any more. */
  drop(typeUrl: string): boolean {
    return this.#probes.delete(typeUrl);
  }

  #begin(typeUrl: string, nack: Nack, sets: RefusedSets): boolean {
    const named = nack.named ? new Set(nack.guilty.map(({ name }) => name)) : undefined;
    // What Envoy does not name of types that it takes over one by one, it has taken over.
    const changed = named && !isAllOrNothing(typeUrl) ? nack.guilty : sets.changed;
    const units = unitsOf({ ...sets, changed });
    if (units.length === 0) return false;
    const suspected = this.#options.suspected ?? (() => false);
    const isSuspected = (unit: Unit) => unit.kept.some((hold) => suspected(refusedKey(hold)));
    const isNamed = (unit: Unit) => named?.has(unit.resource) ?? false;
    const probe = new Probe(units, nack.detail, units.some(isSuspected) ? isSuspected : isNamed);
    if (!this.searching) {
      this.#ends = this.#options.clock.elapsed() + MOST_MS;
      this.#bytes = 0;
    }
    this.#probes.set(typeUrl, probe);
    this.#spend(probe);
    if (probe.ended) this.#end(typeUrl, probe);
    return true;
  }

  #answered(typeUrl: string, probe: Probe, ok: boolean): void {
    this.#ends = this.#options.clock.elapsed() + MOST_MS;
    probe.answered(ok);
    if (!ok && !probe.ended) this.#spend(probe);
    if (probe.ended) this.#end(typeUrl, probe);
  }

  /** One more refusal; where the client had its share of them, the search ends. */
  #spend(probe: Probe): void {
    if (this.#tries-- <= 0 || this.#bytes >= MOST_BYTES) probe.giveUp();
  }

  /** Whether a refusal is answered. Beyond its tries a client is worth as many answers without a search, and then none. */
  #mayTry(): boolean {
    const gained = Math.floor((this.#options.clock.elapsed() - this.#triesAt) / TRY_EVERY_MS);
    this.#tries = Math.min(TRIES, this.#tries + gained);
    this.#triesAt += gained * TRY_EVERY_MS;
    return this.#tries > -TRIES;
  }

  #end(typeUrl: string, probe: Probe): void {
    this.#probes.delete(typeUrl);
    const { detail } = probe;
    const since = this.#options.clock.now();
    const found = new Map(probe.found.map((hold) => [refusedKey(hold), { hold, detail, since }]));
    this.#keep([...this.#holds.filter(({ hold }) => !found.has(refusedKey(hold))), ...found.values()]);
  }

  #keep(holds: readonly RefusedHold[]): void {
    if (holds.length === this.#holds.length && holds.every((one, i) => one === this.#holds[i])) return;
    this.#holds = holds;
    this.#options.onHolds(holds);
  }
}
