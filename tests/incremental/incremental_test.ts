/**
 * Incremental translation held to account: for random sequences of edits its result is that of a translation from
 * nothing, byte for byte. SLUICE_SEED=<n> runs that sequence alone, SLUICE_SEEDS=<n> all from 1 to n, SLUICE_STEPS=<n>
 * longer ones; after a change of src/incremental or of what uses it, SLUICE_SEEDS=200 is worth its four minutes.
 */
import { createAuthority } from "../../scripts/certificates.ts";
import { CORNERS, type Document, Documents } from "./documents.ts";
import { type Editing, randomEdits } from "./edits.ts";
import { WRITE_NAMESPACE } from "./names.ts";
import { Random } from "./random.ts";
import { crowd } from "./routing_specs.ts";
import { Twin } from "./twin.ts";
import { World } from "./world.ts";

const SEED = Deno.env.get("SLUICE_SEED");
const COUNT = Deno.env.get("SLUICE_SEEDS");
const STEPS = Number(Deno.env.get("SLUICE_STEPS") ?? 50);
/** One for each corner, and those that found most where inputs were left out on purpose. */
const CHOSEN = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 29, 44, 70, 71];
const SEEDS = SEED ? [Number(SEED)] : COUNT ? Array.from({ length: Number(COUNT) }, (_, i) => i + 1) : CHOSEN;

/** The step in which a VirtualService of many routes is there, and the next in which it is not. */
const CROWDED = 4;
const CROWD_REF = { name: "crowd", namespace: WRITE_NAMESPACE };
const CROWD: Document = {
  kind: "VirtualService",
  metadata: CROWD_REF,
  // More look-ups than the store lets grow stale before it looks which of them are still made.
  spec: { virtualHost: { domains: ["crowd.com"], routes: crowd(1100) } },
};

const certificates = [await createAuthority("one"), await createAuthority("two")];

for (const seed of SEEDS) {
  Deno.test(`${STEPS} steps of edits give what a translation from nothing gives (SLUICE_SEED=${seed})`, async () => {
    const random = new Random(seed);
    const documents = new Documents(random, certificates, CORNERS[seed % CORNERS.length]!);
    await using world = new World();
    const editing: Editing = { world, documents, random, past: [] };
    for (const document of documents.configuration()) world.put(document);
    const twin = new Twin();
    let edits = ["the start"];
    for (let step = 0; step <= STEPS; step++) {
      if (step === CROWDED) world.put(CROWD);
      if (step === CROWDED + 1) world.remove({ kind: CROWD.kind, ...CROWD_REF });
      const difference = twin.compare(await world.commit(), step);
      if (difference) throw new Error(message(seed, step, edits, difference));
      if (random.oneIn(10)) await giveUp(editing, twin);
      if (random.oneIn(5)) {
        const wrong = await tryOut(editing, twin);
        if (wrong) throw new Error(message(seed, step, ["edits that were only tried"], wrong));
      }
      edits = random.oneIn(20) ? ["nothing"] : randomEdits(editing);
    }
  });
}

/** Edits that are translated in part and then taken back. */
async function giveUp(editing: Editing, twin: Twin): Promise<void> {
  const { world, random } = editing;
  const { documents } = world;
  randomEdits(editing);
  twin.giveUp(await world.commit(), random.below(60));
  world.restore(documents);
}

/** Edits that are tried one upon the other, and then taken back. */
async function tryOut(editing: Editing, twin: Twin): Promise<string | undefined> {
  const { world, random } = editing;
  const { documents } = world;
  for (let i = random.below(4); i >= 0; i--) {
    randomEdits(editing);
    const difference = twin.tryOut(await world.commit(), random.pick(["give up", "drop", "keep"]));
    if (difference) return difference;
  }
  world.restore(documents);
  return undefined;
}

function message(seed: number, step: number, edits: readonly string[], difference: string): string {
  return `SLUICE_SEED=${seed}, step ${step}, after\n  ${edits.join("\n  ")}\n` +
    `the remembered result (first) and that from nothing (second) differ at ${difference}`;
}
