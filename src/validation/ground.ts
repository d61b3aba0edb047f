import type { Spec } from "../api/mod.ts";
import type { Claims } from "../gateway/mod.ts";
import type { Incremental, Trial } from "../incremental/mod.ts";
import type { AnyPlugin } from "../plugins/mod.ts";
import type { ApiSnapshot } from "../snapshot/mod.ts";
import { type Synced, translatePieces } from "../syncer/mod.ts";
import { ReportSet } from "./worse.ts";

/** How states of the configuration are translated. */
export interface Translating {
  /** Of the syncer, so that a trial costs what its change does. */
  readonly incremental: Incremental;
  readonly plugins: readonly AnyPlugin[];
  readonly settingsOf: (snapshot: ApiSnapshot) => Spec<"Settings">;
  /** As of the syncer. */
  readonly writeNamespace: string;
}

/** A state of the configuration that was translated as a trial. */
export interface Ground {
  readonly synced: Synced;
  /** That of the sync, with what was let through since. */
  readonly snapshot: ApiSnapshot;
  readonly settings: Spec<"Settings">;
  readonly claims: Claims;
  readonly reports: ReportSet;
  readonly trial: Trial;
}

/**
 * Tries a state of the configuration. Undefined where a sync is under way or began meanwhile: then it is to be tried again
 * after it. Whether the trial is kept or dropped is for the caller to say.
 */
export function* tryState(
  snapshot: ApiSnapshot,
  { synced, claims }: Pick<Ground, "synced" | "claims">,
  { incremental, plugins, settingsOf, writeNamespace }: Translating,
): Generator<void, Ground | undefined> {
  const trial = incremental.try(snapshot);
  if (!trial) return undefined;
  const settings = settingsOf(snapshot);
  const { served } = synced;
  const work = translatePieces({ snapshot, settings, writeNamespace, plugins, revision: trial, claims, served });
  // Not by yield*: work on what a sync has undone must not go on, nor come to an end of its own.
  for (;;) {
    let step: ReturnType<typeof work.next>;
    try {
      step = work.next();
    } catch (error) {
      trial.drop();
      throw error;
    }
    if (step.done) {
      const { claims, reports } = step.value;
      return { synced, snapshot, settings, claims, reports: new ReportSet(reports), trial };
    }
    yield;
    if (!trial.isLive) return undefined;
  }
}
