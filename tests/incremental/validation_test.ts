/**
 * What the webhook accepts the translator accepts, and the other way round: for random edits of random configurations the
 * verdict is compared with a translation from nothing. SLUICE_SEED=<n> runs one sequence, SLUICE_SEEDS=<n> all from 1 to n.
 */
import assert from "node:assert/strict";
import { createAuthority } from "../../scripts/certificates.ts";
import { type AnyResource, type Changes, idKey, idOf, sameValue } from "../../src/api/mod.ts";
import { Incremental } from "../../src/incremental/mod.ts";
import { plugins } from "../../src/plugins/mod.ts";
import type { Report } from "../../src/report/mod.ts";
import type { ApiSnapshot } from "../../src/snapshot/mod.ts";
import { EMPTY_MEMORY, type Memory, translate, translatePieces } from "../../src/syncer/mod.ts";
import { systemClock } from "../../src/telemetry/mod.ts";
import { type Change, Validator, type Verdict } from "../../src/validation/mod.ts";
import { CORNERS, Documents } from "./documents.ts";
import { type Editing, randomEdits } from "./edits.ts";
import { forgetful } from "./forgetful.ts";
import { WRITE_NAMESPACE } from "./names.ts";
import { Random } from "./random.ts";
import { finish, settingsOf } from "./twin.ts";
import { World } from "./world.ts";

const SEED = Deno.env.get("SLUICE_SEED");
const SEEDS = SEED
  ? [Number(SEED)]
  : Array.from({ length: Number(Deno.env.get("SLUICE_SEEDS") ?? 8) }, (_, i) => i + 1);
const STEPS = 20;
const certificates = [await createAuthority("one"), await createAuthority("two")];

/** A syncer as far as a validator sees it, and the validator. */
class Plane {
  readonly #incremental = new Incremental();
  readonly #input = { writeNamespace: WRITE_NAMESPACE, plugins };
  #memory: Memory = EMPTY_MEMORY;
  #snapshot!: ApiSnapshot;
  readonly validator = new Validator({
    ...this.#input,
    incremental: this.#incremental,
    settingsOf,
    synced: () => ({ snapshot: this.#snapshot, ...this.#memory }),
    clock: systemClock,
  });

  sync(snapshot: ApiSnapshot): void {
    const { memory } = finish(translate({
      ...this.#input,
      snapshot,
      settings: settingsOf(snapshot),
      memory: this.#memory,
      now: 0,
      incremental: this.#incremental,
    }));
    this.#memory = memory;
    this.#snapshot = snapshot;
  }

  /** What a translation from nothing reports. */
  reports(snapshot: ApiSnapshot): readonly Report[] {
    const settings = settingsOf(snapshot);
    const { claims, served } = this.#memory;
    return finish(
      translatePieces({ ...this.#input, snapshot, settings, revision: forgetful(snapshot), claims, served }),
    )
      .reports;
  }
}

function changeOf(changes: Changes): Change {
  const all = [...changes.values()].flatMap((ofKind) => [...ofKind.values()]);
  return {
    put: all.flatMap(({ after }) => after as AnyResource ?? []),
    removed: all.flatMap(({ before, after }) => after ? [] : idOf(before!)),
  };
}

const textOf = ({ severity, code, ref, path, message }: Report): string =>
  [severity, code, idKey(ref), path, message].join(" ");
const placeOf = ({ severity, code, ref, path }: Report): string => [severity, code, idKey(ref), path].join(" ");

/** How many different things are said at each place. */
function countsOf(reports: readonly Report[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  const texts = new Map(reports.map((report) => [textOf(report), report]));
  for (const report of texts.values()) counts.set(placeOf(report), (counts.get(placeOf(report)) ?? 0) + 1);
  return counts;
}

/** What is wrong with a verdict; undefined where it is right. */
function faultOf(verdict: Verdict, change: Change, before: Told, after: Told): string | undefined {
  const blamed = new Set(verdict.errors.map(textOf));
  const written = change.put.filter((one) => !sameValue(before.snapshot.get(one.kind, one.metadata)?.spec, one.spec));
  const ids = new Set(written.map((one) => idKey(idOf(one))));
  for (const report of after.reports) {
    if (report.severity !== "error") continue;
    const isOwn = ids.has(idKey(report.ref));
    const isMore = (after.counts.get(placeOf(report)) ?? 0) > (before.counts.get(placeOf(report)) ?? 0);
    const isKnown = before.texts.has(textOf(report));
    if (isOwn && !blamed.has(textOf(report))) return `not blamed for its own: ${textOf(report)}`;
    if (!isKnown && isMore && ![...blamed].some((text) => text.startsWith(placeOf(report)))) {
      return `not blamed: ${textOf(report)}`;
    }
  }
  for (const report of verdict.errors) {
    if (!after.texts.has(textOf(report))) return `blamed for what nobody says: ${textOf(report)}`;
    if (!ids.has(idKey(report.ref)) && before.texts.has(textOf(report))) {
      return `blamed for what was there: ${textOf(report)}`;
    }
  }
  return undefined;
}

/** What a translation says of a state of the configuration. */
class Told {
  readonly counts: ReadonlyMap<string, number>;
  readonly texts: ReadonlySet<string>;
  constructor(readonly snapshot: ApiSnapshot, readonly reports: readonly Report[]) {
    this.counts = countsOf(reports);
    this.texts = new Set(reports.map(textOf));
  }
}

let [refused, accepted] = [0, 0];

for (const seed of SEEDS) {
  Deno.test(`${STEPS} changes are judged as a translation from nothing has it (SLUICE_SEED=${seed})`, async () => {
    const random = new Random(seed);
    const documents = new Documents(random, certificates, CORNERS[seed % CORNERS.length]!);
    await using world = new World();
    const editing: Editing = { world, documents, random, past: [] };
    for (const document of documents.configuration()) world.put(document);
    const plane = new Plane();
    for (let step = 0; step < STEPS; step++) {
      const snapshot = await world.commit();
      plane.sync(snapshot);
      const before = new Told(snapshot, plane.reports(snapshot));
      const kept = world.documents;
      const dryRun = random.oneIn(2);
      const edits = randomEdits(editing);
      const next = await world.commit();
      const after = new Told(next, plane.reports(next));
      const change = changeOf(next.changesSince(snapshot));
      const verdict = await plane.validator.validate(change, { dryRun });
      const fault = faultOf(verdict, change, before, after);
      if (fault) throw new Error(`SLUICE_SEED=${seed}, step ${step}, after\n  ${edits.join("\n  ")}\n${fault}`);
      if (verdict.errors.length > 0) refused++;
      else accepted++;
      if (dryRun && random.oneIn(2)) world.restore(kept);
    }
  });
}

Deno.test("the changes that were judged were good ones and bad ones", () => {
  assert.ok(refused > STEPS / 3 && accepted > STEPS / 3, `${refused} refused, ${accepted} accepted`);
});
