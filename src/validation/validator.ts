import { type Clock, runInSlices } from "../telemetry/mod.ts";
import type { Synced } from "../syncer/mod.ts";
import { blameFor } from "./blame.ts";
import { type Ground, type Translating, tryState } from "./ground.ts";
import { Lately, overlay } from "./lately.ts";
import { inMode, isAllowed, modeOf } from "./mode.ts";
import type { Change, Verdict } from "./verdict.ts";

export interface ValidatorOptions extends Translating {
  /** Where the last sync left the configuration; undefined before the first. */
  readonly synced: () => Synced | undefined;
  /** Namespaces that are read; changes elsewhere are let through. Undefined: all. Default: all. */
  readonly namespaces?: () => readonly string[] | undefined;
  readonly clock: Clock;
  /** How long a change waits for syncs, in milliseconds, before it is let through unjudged. Default 5000. */
  readonly patienceMs?: number;
}

const PATIENCE_MS = 5_000;
const UNJUDGED: Verdict = { allowed: true, errors: [], warnings: [], unjudged: true };

/** On what changes nothing. */
const nothing = ({ found = [] }: Change): Verdict => ({ allowed: true, errors: [], warnings: found });

/**
 * Judges changes of the configuration before they are made: each is laid over what is known and translated as the next sync
 * would translate it, upon what the syncer remembers. One at a time, in the order in which they come; a sync that begins
 * meanwhile goes first. What was let through counts as there for those that follow, unless it was only asked about.
 */
export class Validator {
  readonly #options: ValidatorOptions;
  readonly #lately = new Lately();
  /** What changes are laid over. */
  #ground: Ground | undefined;
  /** The trial that the ground and all that was let through rest on. */
  #first: Ground | undefined;
  #queue: Promise<unknown> = Promise.resolve();

  constructor(options: ValidatorOptions) {
    this.#options = options;
  }

  /** @param dryRun Nobody makes the change: nothing is kept of it. Default false. */
  validate(change: Change, { dryRun = false } = {}): Promise<Verdict> {
    const verdict = this.#queue.then(() => this.#judge(this.#watched(change), dryRun));
    this.#queue = verdict.catch(() => {});
    return verdict;
  }

  /** Without what lies where nobody looks. */
  #watched({ put, removed, found }: Change): Change {
    const namespaces = this.#options.namespaces?.();
    if (!namespaces) return { put, removed, found };
    return {
      found,
      put: put.filter(({ metadata: { namespace } }) => namespaces.includes(namespace)),
      removed: removed.filter(({ namespace }) => namespaces.includes(namespace)),
    };
  }

  async #judge(change: Change, dryRun: boolean): Promise<Verdict> {
    if (change.put.length + change.removed.length === 0) return nothing(change);
    const { clock, patienceMs = PATIENCE_MS } = this.#options;
    const end = clock.elapsed() + patienceMs;
    while (this.#options.synced() && await this.#settled(end - clock.elapsed())) {
      const verdict = await runInSlices(this.#attempt(change, dryRun), clock);
      if (verdict) return verdict;
    }
    if (!dryRun) this.#lately.add(change, clock.elapsed());
    return { ...UNJUDGED, warnings: change.found ?? [] };
  }

  /** Undefined where a sync came between. */
  *#attempt(change: Change, dryRun: boolean): Generator<void, Verdict | undefined> {
    const ground = yield* this.#grounded();
    if (!ground) return undefined;
    const next = ground.snapshot.with(overlay(change, ground.snapshot));
    if (next === ground.snapshot) return nothing(change);
    const tried = yield* tryState(next, ground, this.#options);
    if (!tried) return undefined;
    const mode = modeOf(ground.settings);
    const { errors, warnings } = blameFor(change, {
      snapshot: ground.snapshot,
      before: inMode(ground.reports, mode),
      after: inMode(tried.reports, mode),
    });
    const allowed = isAllowed(errors, warnings, mode);
    if (allowed && !dryRun) this.#keep(change, tried);
    else tried.trial.drop();
    return { allowed, errors, warnings };
  }

  #keep(change: Change, tried: Ground): void {
    tried.trial.finish();
    this.#ground = tried;
    this.#lately.add(change, this.#options.clock.elapsed());
  }

  /** The state of the last sync with what was let through since. */
  *#grounded(): Generator<void, Ground | undefined> {
    const now = this.#options.clock.elapsed();
    const synced = this.#options.synced()!;
    const known = this.#ground;
    if (known?.trial.isLive && known.synced.snapshot === synced.snapshot && now < this.#lately.until) return known;
    this.#first?.trial.drop();
    const snapshot = synced.snapshot.with(this.#lately.missingIn(synced.snapshot, now));
    const ground = yield* tryState(snapshot, { synced, claims: synced.claims }, this.#options);
    ground?.trial.finish();
    this.#ground = this.#first = ground;
    return ground;
  }

  /** Waits until no sync is under way; false where that takes too long. */
  async #settled(ms: number): Promise<boolean> {
    if (ms <= 0) return false;
    const { promise: late, resolve } = Promise.withResolvers<boolean>();
    const cancel = this.#options.clock.setTimeout(() => resolve(false), ms);
    const settled = await Promise.race([this.#options.incremental.settled().then(() => true), late]);
    cancel();
    return settled;
  }
}
