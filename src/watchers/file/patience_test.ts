/** What the directory client waits for before it believes, on a fake clock and without events. */
import { deepStrictEqual as deepEqual, ok } from "node:assert/strict";
import { artifact, stream, TemporaryFolder } from "./test_bench.ts";
import { watchHinted as watch } from "./test_hinted.ts";

Deno.test("a file has to be missing for a tenth of a second before it counts as deleted", async () => {
  using folder = new TemporaryFolder();
  folder.write("a.yaml", artifact("one", "1"));
  folder.write("b.yaml", artifact("two", "1"));
  const { watched, pass } = await watch(folder);
  await using _ = watched;
  Deno.renameSync(folder.at("a.yaml"), folder.at("a.yaml~"));
  Deno.renameSync(folder.at("b.yaml"), folder.at("b.yaml~"));
  await pass(0);
  await pass(99);
  Deno.renameSync(folder.at("a.yaml~"), folder.at("a.yaml"));
  deepEqual(watched.removed, []);
  await pass(1);
  deepEqual(watched.removed, ["two"]);
  await pass(1000);
  deepEqual(watched.removed, ["two"]);
});

Deno.test("a file that nobody closed has to stay the same for a quarter of a second", async () => {
  using folder = new TemporaryFolder();
  folder.write("a.yaml", stream(artifact("one", "1"), artifact("two", "1")));
  const { watched, pass } = await watch(folder);
  await using _ = watched;
  await pass(1000);
  folder.write("a.yaml", artifact("one", "2"));
  await pass(0);
  await pass(249);
  deepEqual([watched.state, watched.removed], [{ one: 1, two: 1 }, []]);
  await pass(1);
  deepEqual([watched.state, watched.removed], [{ one: 2 }, ["two"]]);
});

Deno.test("a file that goes on changing is read after a second, and deletes nothing until it rests", async () => {
  using folder = new TemporaryFolder();
  folder.write("a.yaml", stream(artifact("one", "1"), artifact("two", "1")));
  const { watched, pass } = await watch(folder);
  await using _ = watched;
  await pass(1000);
  for (let i = 0; i <= 10; i++) {
    deepEqual(watched.state, { one: 1, two: 1 });
    folder.write("a.yaml", artifact("one", `${i}`) + "# more\n".repeat(i));
    await pass(i === 0 ? 0 : 100);
  }
  deepEqual([watched.state, watched.removed], [{ one: 10, two: 1 }, []]);
  await pass(249);
  deepEqual(watched.removed, []);
  await pass(1);
  deepEqual([watched.state, watched.removed], [{ one: 10 }, ["two"]]);
});

Deno.test("a file that is told to be closed is read at once; what no event told is found with time", async () => {
  using folder = new TemporaryFolder();
  folder.write("sub/a.yaml", artifact("one", "1"));
  folder.write("sub/b.yaml", artifact("two", "1"));
  const { watched, within, clock, hints } = await watch(folder);
  await using _ = watched;
  await clock.advance(5000);
  folder.write("sub/a.yaml", artifact("one", "2"));
  // Of another length: two writes within one step of the file system's clock leave the same times.
  folder.write("sub/b.yaml", artifact("two", "20"));
  hints.hint("closed", folder.at("sub/a.yaml"));
  await clock.advance(2);
  await watched.until(() => watched.state.one === 2);
  deepEqual(watched.state, { one: 2, two: 1 });
  await clock.advance(23_000);
  deepEqual(watched.state, { one: 2, two: 1 });
  await within(4000, () => watched.state.two === 20);
});

Deno.test("a folder that an event names is looked at again later: what came before it was watched nobody tells", async () => {
  using folder = new TemporaryFolder();
  const { watched, clock, within, hints } = await watch(folder);
  await using _ = watched;
  await clock.advance(2000);
  folder.write("new/a.yaml", artifact("one", "1"));
  hints.hint("closed", folder.at("new"));
  await within(100, () => watched.state.one === 1);
  folder.write("new/er/b.yaml", artifact("two", "1"));
  await within(700, () => watched.state.two === 1);
});

Deno.test("events gather until they cease, for a while at most, and give one transaction", async () => {
  using folder = new TemporaryFolder();
  const { watched, clock, hints } = await watch(folder);
  await using _ = watched;
  await clock.advance(2000);
  const save = async (i: number, ms: number) => {
    folder.write(`${i}.yaml`, artifact(`a${i}`, "1"));
    hints.hint("closed", folder.at(`${i}.yaml`));
    await clock.advance(ms);
  };
  const start = clock.elapsed();
  for (let i = 0; i < 8; i++) await save(i, 1);
  await clock.advance(2);
  await watched.until(() => watched.resources.size === 8);
  deepEqual(watched.transactions.map(({ put, since }) => [put.length, since! - start]), [[8, 0]]);
  for (let i = 8; i < 40; i++) await save(i, 1);
  await watched.until(() => watched.transactions.length > 1);
  ok(watched.transactions[1]!.put.length < 30, "a storm is not waited for");
});

Deno.test("what two writes within one step of the file system's time leave is found", async () => {
  using folder = new TemporaryFolder();
  const at = Date.now() + 3_600_000;
  const { watched, clock, within, hints } = await watch(folder);
  await using _ = watched;
  await clock.advance(2000);
  hints.fileSystem.restamp = (stamp) => ({ ...stamp, modified: at + 2000, changed: at + 2000 });
  folder.write("a.yaml", artifact("one", "1"));
  hints.hint("closed", folder.at("a.yaml"));
  await within(200, () => watched.state.one === 1);
  folder.write("a.yaml", artifact("one", "2"));
  await within(400, () => watched.state.one === 2);
});

Deno.test("what no event told is found in time: files that changed, came and went", async () => {
  using folder = new TemporaryFolder();
  for (let i = 0; i < 200; i++) folder.write(`${i % 10}/${i}.yaml`, artifact(`a${i}`, "1"));
  const { watched, clock, within, hints } = await watch(folder);
  await using _ = watched;
  await clock.advance(2000);
  folder.write("9/199.yaml", artifact("a199", "2"));
  folder.write("new/er/new.yaml", artifact("new", "2"));
  await within(32_000, () => watched.state.a199 === 2 && watched.state.new === 2);
  Deno.removeSync(folder.at("new"), { recursive: true });
  await within(32_000, () => watched.removed.length > 0);
  deepEqual([watched.removed, hints.heard], [["new"], 0]);
});

Deno.test("files that nobody closed and that change one after the other are believed together", async () => {
  using folder = new TemporaryFolder();
  folder.write("a.yaml", artifact("one", "1"));
  folder.write("b.yaml", artifact("two", "1"));
  const { watched, pass, within, clock } = await watch(folder);
  await using _ = watched;
  await clock.advance(2000);
  folder.write("a.yaml", artifact("two", "2"));
  await pass(0);
  folder.write("b.yaml", artifact("one", "2"));
  await pass(15);
  await within(1000, () => watched.transactions.length > 0);
  deepEqual(watched.transactions.map(({ put, removed }) => [put.length, removed]), [[2, []]]);
});

Deno.test("a file that changes again after it was closed is not believed", async () => {
  using folder = new TemporaryFolder();
  folder.write("a.yaml", artifact("one", "1"));
  const { watched, clock, hints } = await watch(folder);
  await using _ = watched;
  await clock.advance(1000);
  folder.write("a.yaml", "# half\n");
  hints.hint("closed", folder.at("a.yaml"));
  hints.hint("changed", folder.at("a.yaml"));
  await clock.advance(2);
  await watched.client.rescan!();
  deepEqual(watched.reports, []);
});

Deno.test("when events were lost everything is looked at", async () => {
  using folder = new TemporaryFolder();
  folder.write("a.yaml", artifact("one", "1"));
  const { watched, within, clock, hints } = await watch(folder);
  await using _ = watched;
  await clock.advance(1000);
  folder.write("b/c.yaml", artifact("two", "1"));
  hints.hint("overflow");
  await within(1000, () => watched.state.two === 1);
});

Deno.test("what changed while watching began is found within five seconds, and not while the start needs the thread", async () => {
  using folder = new TemporaryFolder();
  folder.write("a.yaml", artifact("one", "1"));
  const { watched, within, clock } = await watch(folder);
  await using _ = watched;
  // Of another length: two writes within one step of the file system's clock leave the same times.
  folder.write("a.yaml", artifact("one", "20"));
  await clock.advance(4500);
  deepEqual(watched.state, { one: 1 });
  await within(1000, () => watched.state.one === 20);
});

Deno.test("every thirty seconds everything is looked at", async () => {
  using folder = new TemporaryFolder();
  folder.write("a.yaml", artifact("one", "1"));
  const { watched, within, clock } = await watch(folder);
  await using _ = watched;
  await clock.advance(5000);
  Deno.removeSync(folder.at("a.yaml"));
  await clock.advance(24_000);
  deepEqual(watched.removed, []);
  await within(2000, () => watched.removed.length > 0);
});

Deno.test("a root that goes and comes back is found without any event", async () => {
  using folder = new TemporaryFolder();
  folder.write("config/a.yaml", artifact("one", "1"));
  const { watched, clock, within } = await watch(folder, "/config");
  await using _ = watched;
  await clock.advance(1000);
  Deno.renameSync(folder.at("config"), folder.at("gone"));
  await within(1500, () => watched.reports.length > 0);
  await clock.advance(2000);
  folder.write("config/a.yaml", artifact("one", "2"));
  await within(1500, () => watched.state.one === 2);
  deepEqual([watched.reports, watched.removed], [[], []]);
});
