/**
 * Incremental translation held to account: for random sequences of edits its result is that of a translation from
 * nothing, byte for byte. SLUICE_SEED=<n> runs one sequence, SLUICE_STEPS=<n> makes sequences longer.
 */
import { createAuthority } from "../../scripts/certificates.ts";
import { Documents } from "./documents.ts";
import { type Editing, randomEdits } from "./edits.ts";
import { Random } from "./random.ts";
import { Twin } from "./twin.ts";
import { World } from "./world.ts";

const SEED = Deno.env.get("SLUICE_SEED");
const SEEDS = SEED ? [Number(SEED)] : Array.from({ length: 12 }, (_, i) => i + 1);
const STEPS = Number(Deno.env.get("SLUICE_STEPS") ?? 40);

const certificates = [await createAuthority("one"), await createAuthority("two")];

for (const seed of SEEDS) {
  Deno.test(`${STEPS} steps of edits give what a translation from nothing gives (SLUICE_SEED=${seed})`, async () => {
    const random = new Random(seed);
    const documents = new Documents(random, certificates);
    await using world = new World();
    const editing: Editing = { world, documents, random, past: [] };
    for (const document of documents.configuration()) world.put(document);
    const twin = new Twin();
    let edits = ["the start"];
    for (let step = 0; step <= STEPS; step++) {
      const snapshot = await world.commit();
      if (random.oneIn(15)) twin.giveUp(snapshot, random.below(40));
      const difference = twin.compare(snapshot, step);
      if (difference) throw new Error(message(seed, step, edits, difference));
      edits = random.oneIn(20) ? ["nothing"] : randomEdits(editing);
    }
  });
}

function message(seed: number, step: number, edits: readonly string[], difference: string): string {
  return `SLUICE_SEED=${seed}, step ${step}, after\n  ${edits.join("\n  ")}\n` +
    `the remembered result (first) and that from nothing (second) differ at ${difference}`;
}
