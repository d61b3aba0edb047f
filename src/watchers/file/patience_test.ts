/** What the directory client waits for before it believes, on a fake clock and without events. */
import { deepStrictEqual as deepEqual, ok } from "node:assert/strict";
import { FakeClock } from "../../telemetry/fake_clock.ts";
import { denoFileSystem } from "./file_system.ts";
import type { FileEvent, FileSystem } from "./file_system.ts";
import { artifact, stream, TemporaryFolder, WatchedClient } from "./test_bench.ts";

/** A file system whose events are those that the test makes. */
class HintedFileSystem {
  readonly fileSystem: FileSystem = { ...denoFileSystem, watch: () => this.#watch() };
  #queue: FileEvent[] = [];
  #closed = false;
  #wake: (() => void) | undefined;

  hint(type: FileEvent["type"], ...paths: string[]): void {
    this.#queue.push({ type, paths });
    this.#wake?.();
  }

  #watch() {
    this.#closed = false;
    const close = (): void => {
      this.#closed = true;
      this.#wake?.();
    };
    const next = async (): Promise<IteratorResult<FileEvent>> => {
      while (this.#queue.length === 0 && !this.#closed) await new Promise<void>((resolve) => this.#wake = resolve);
      const value = this.#queue.shift();
      return value ? { value } : { done: true, value: undefined };
    };
    return { close, [Symbol.asyncIterator]: () => ({ next }) };
  }
}

/** Lets a look that takes several slices go on. */
const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 1));

async function watch(folder: TemporaryFolder, path = "") {
  // Later than every file: what is read is old enough to be told from what is written next.
  const [clock, hints] = [new FakeClock(Date.now() + 3_600_000), new HintedFileSystem()];
  const roots = [{ path: `${folder.path}${path}`, layout: "mixed" }] as const;
  const watched = await WatchedClient.start({ roots, clock, fileSystem: hints.fileSystem });
  const pass = async (ms: number) => {
    await clock.advance(ms);
    await watched.client.rescan!();
  };
  const within = async (ms: number, condition: () => boolean) => {
    for (let at = 0; at < ms && !condition(); at += 50) {
      await clock.advance(50);
      await turn();
    }
    ok(condition(), `${condition} within ${ms} ms`);
  };
  return { watched, pass, within, clock, hints };
}

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

Deno.test("a file that is told to be closed is read at once, and its folder is looked at later", async () => {
  using folder = new TemporaryFolder();
  folder.write("sub/a.yaml", artifact("one", "1"));
  folder.write("sub/b.yaml", artifact("two", "1"));
  const { watched, within, clock, hints } = await watch(folder);
  await using _ = watched;
  await clock.advance(1000);
  folder.write("sub/a.yaml", artifact("one", "2"));
  folder.write("sub/b.yaml", artifact("two", "2"));
  hints.hint("closed", folder.at("sub/a.yaml"));
  await clock.advance(2);
  await watched.until(() => watched.state.one === 2);
  deepEqual(watched.state, { one: 2, two: 1 });
  await within(1000, () => watched.state.two === 2);
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

Deno.test("every thirty seconds everything is looked at", async () => {
  using folder = new TemporaryFolder();
  folder.write("a.yaml", artifact("one", "1"));
  const { watched, within, clock } = await watch(folder);
  await using _ = watched;
  await clock.advance(1000);
  Deno.removeSync(folder.at("a.yaml"));
  await clock.advance(28_000);
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
  await within(1000, () => watched.reports.length > 0);
  await clock.advance(2000);
  folder.write("config/a.yaml", artifact("one", "2"));
  await within(1000, () => watched.state.one === 2);
  deepEqual([watched.reports, watched.removed], [[], []]);
});
