/** A short run of each target: the corpus, and some inputs of a fixed seed. `deno task fuzz` runs longer, from other seeds. */
import { runCampaign } from "./campaign.ts";
import type { FuzzTarget } from "./target.ts";
import { TARGETS } from "./targets.ts";

const SEED = 20261128;
const RUNS: Readonly<Record<FuzzTarget["name"], number>> = { yaml: 150, xds: 120, admin: 120 };

for (const [name, create] of Object.entries(TARGETS)) {
  Deno.test(`fuzz: ${name}`, async () => {
    const target = await create(0);
    try {
      const runs = RUNS[target.name];
      const [fault] = await runCampaign(target, { seed: SEED, runs, faults: ".cache/fuzz" });
      if (fault) {
        throw new Error(`${fault.what}\nthe input: ${fault.file}; deno task fuzz --target ${name} --replay FILE`);
      }
    } finally {
      await target.close();
    }
  });
}
