/** How much work one change is, in operations of the file system: the same whatever the number of files. */
import { deepStrictEqual as deepEqual, ok, strictEqual as equal } from "node:assert/strict";
import { artifact, TemporaryFolder } from "./test_bench.ts";
import type { CountingFileSystem } from "./test_file_system.ts";
import { watchHinted } from "./test_hinted.ts";

type Bench = Awaited<ReturnType<typeof watchHinted>> & { readonly folder: TemporaryFolder };
type Counts = CountingFileSystem["counts"];

/** What one step costs among so many files of one folder, with the two seconds after it. */
async function workOf(files: number, step: (bench: Bench) => Promise<void>): Promise<Counts> {
  using folder = new TemporaryFolder();
  for (let i = 0; i < files; i++) folder.write(`all/${i}.yaml`, artifact(`a${i}`, "1"));
  const bench = { ...await watchHinted(folder), folder };
  await using _ = bench.watched;
  const { counts } = bench.hints.fileSystem;
  // The comparison of everything that follows the start takes as many slices as it likes.
  const before = counts.stat;
  await bench.within(10_000, () => counts.stat >= before + files);
  await bench.within(10_000, () => bench.clock.elapsed() % 1000 === 0);
  const start = { ...counts };
  await step(bench);
  for (let i = 0; i < 40; i++) await bench.within(60, ((times) => () => times++ > 0)(0));
  return difference(counts, start);
}

function difference(after: Counts, before: Counts): Counts {
  const names = Object.keys(after) as (keyof Counts)[];
  return Object.fromEntries(names.map((name) => [name, after[name] - before[name]])) as unknown as Counts;
}

/** Asserts that a step costs the same among ten files and among a thousand, and gives what. */
async function evenly(step: (bench: Bench) => Promise<void>): Promise<Counts> {
  const [few, many] = [await workOf(10, step), await workOf(1000, step)];
  deepEqual(many, few);
  return few;
}

Deno.test("nothing costs next to nothing", async () => {
  deepEqual(await evenly(async () => {}), { stat: 2, list: 0, realPath: 2, read: 0, watch: 0 });
});

Deno.test("an edited file is all that is looked at", async () => {
  const { stat, list, realPath, read } = await evenly(async ({ folder, hints, within, watched }) => {
    folder.write("all/7.yaml", artifact("a7", "2"));
    hints.hint("changed", folder.at("all/7.yaml"));
    hints.hint("closed", folder.at("all/7.yaml"));
    await within(1000, () => watched.state.a7 === 2);
  });
  equal(list, 0);
  equal(read, 1);
  ok(stat <= 8 && realPath <= 6, `${stat} and ${realPath}`);
});

Deno.test("a new file, one that goes, and one that takes another's place walk no folder", async () => {
  const { list, read } = await evenly(async ({ folder, hints, within, watched }) => {
    folder.write("all/new.yaml", artifact("new", "1"));
    hints.hint("closed", folder.at("all/new.yaml"));
    await within(1000, () => watched.state.new === 1);
    Deno.removeSync(folder.at("all/3.yaml"));
    hints.hint("changed", folder.at("all/3.yaml"));
    await within(1000, () => watched.removed.includes("a3"));
    folder.write("all/.draft", artifact("a4", "2"));
    Deno.renameSync(folder.at("all/.draft"), folder.at("all/4.yaml"));
    hints.hint("closed", folder.at("all/.draft"), folder.at("all/4.yaml"));
    await within(1000, () => watched.state.a4 === 2);
  });
  deepEqual([list, read], [0, 2]);
});
