/** The directory client on a file system that refuses, is deaf, or has symbolic links (made by `ln`: --allow-run=ln). */
import { deepStrictEqual as deepEqual, match, strictEqual as equal } from "node:assert/strict";
import { FakeClock } from "../../telemetry/fake_clock.ts";
import { systemClock } from "../../telemetry/mod.ts";
import type { Clock } from "../../telemetry/mod.ts";
import { denoFileSystem } from "./file_system.ts";
import type { FileSystem } from "./file_system.ts";
import { artifact, TemporaryFolder, WatchedClient } from "./test_bench.ts";

const watch = (folder: TemporaryFolder, path = "", fileSystem = denoFileSystem, clock: Clock = systemClock) =>
  WatchedClient.start({ roots: [{ path: `${folder.path}${path}`, layout: "mixed" }], fileSystem, clock });

/** A file system on which `refused` may not be read or listed, while it is set. */
function refusing(state: { refused: string | undefined }): FileSystem {
  const guard = <T>(path: string, call: (path: string) => T): T => {
    if (path === state.refused) throw new Deno.errors.PermissionDenied("not for you");
    return call(path);
  };
  return {
    ...denoFileSystem,
    read: (path) => guard(path, denoFileSystem.read),
    list: (path) => guard(path, denoFileSystem.list),
  };
}

/** Makes or turns a symbolic link in one step, as Kubernetes does. */
function link(folder: TemporaryFolder, target: string, path: string): void {
  const { success } = new Deno.Command("ln", { args: ["-sfT", target, folder.at(`${path}.new`)] }).outputSync();
  equal(success, true);
  Deno.renameSync(folder.at(`${path}.new`), folder.at(path));
}

Deno.test("a file and a folder that cannot be read keep what they gave, and are reported", async () => {
  using folder = new TemporaryFolder();
  folder.write("a/a.yaml", artifact("one", "1"));
  folder.write("b/b.yaml", artifact("two", "1"));
  const state: { refused: string | undefined } = { refused: undefined };
  await using watched = await watch(folder, "", refusing(state));
  state.refused = folder.at("a/a.yaml");
  folder.write("a/a.yaml", artifact("one", "2"));
  await watched.until(() => watched.reports.length > 0);
  deepEqual(watched.faults, ["1101 one"]);
  state.refused = folder.at("b");
  await watched.client.rescan!();
  await watched.until(() => watched.state.one === 2);
  deepEqual(watched.state, { one: 2, two: 1 });
  deepEqual(watched.reports.map(({ code, location }) => [code, location?.file]), [["SLUICE-1101", folder.at("b")]]);
  state.refused = undefined;
  await watched.client.rescan!();
  deepEqual([watched.state, watched.reports, watched.removed], [{ one: 2, two: 1 }, [], []]);
});

Deno.test("without any event a rescan finds what changed", async () => {
  using folder = new TemporaryFolder();
  folder.write("a.yaml", artifact("one", "1"));
  folder.write("b.yaml", artifact("two", "1"));
  const silent: FileSystem = {
    ...denoFileSystem,
    watch() {
      const end = Promise.withResolvers<void>();
      const next = () => end.promise.then(() => ({ done: true, value: undefined }) as const);
      return { close: end.resolve, [Symbol.asyncIterator]: () => ({ next }) };
    },
  };
  await using watched = await watch(folder, "", silent);
  folder.write("a.yaml", artifact("one", "2"));
  folder.write("c.yaml", artifact("three", "1"));
  Deno.removeSync(folder.at("b.yaml"));
  await watched.client.rescan!();
  await watched.until(() => watched.removed.length > 0 && watched.state.one === 2 && watched.state.three === 1);
  deepEqual(watched.state, { one: 2, three: 1 });
});

Deno.test("a directory that cannot be watched is reported and looked at again and again", async () => {
  using folder = new TemporaryFolder();
  const unwatchable: FileSystem = {
    ...denoFileSystem,
    watch() {
      throw new Error("no space left on device");
    },
  };
  await using watched = await watch(folder, "", unwatchable);
  await watched.until(() => watched.reports.length > 0);
  deepEqual(watched.reports.map(({ code, severity }) => [code, severity]), [["SLUICE-1110", "warning"]]);
  folder.write("a.yaml", artifact("one", "1"));
  await watched.until(() => watched.state.one === 1);
});

Deno.test("a symbolic link that leads out is reported and not read; one within the root is read", async () => {
  using folder = new TemporaryFolder();
  folder.write("outside/a.yaml", artifact("secret", "1"));
  folder.write("config/in/b.yaml", artifact("one", "1"));
  link(folder, folder.at("outside/a.yaml"), "config/a.yaml");
  link(folder, folder.at("outside"), "config/sub");
  link(folder, "in", "config/other");
  link(folder, "..", "config/in/circle");
  link(folder, "nowhere.yaml", "config/dangling.yaml");
  await using watched = await watch(folder, "/config");
  deepEqual(watched.state, { one: 1 });
  deepEqual(
    watched.reports.map(({ code, location }) => `${code.slice(-4)} ${location!.file.slice(folder.path.length + 1)}`)
      .sort(),
    [
      "1101 config/dangling.yaml",
      "1104 config/a.yaml",
      "1104 config/in/circle",
      "1104 config/other/circle",
      "1104 config/sub",
    ],
  );
  match(watched.reports.find(({ location }) => location!.file.endsWith("config/sub"))!.message, /outside/);
  folder.write("config/in/b.yaml", artifact("one", "2"));
  await watched.until(() => watched.state.one === 2);
});

Deno.test("a link that is turned to the outside is not followed, and its resource is kept", async () => {
  using folder = new TemporaryFolder();
  folder.write("outside/a.yaml", artifact("one", "2"));
  folder.write("config/real.yaml.1", artifact("one", "1"));
  link(folder, "real.yaml.1", "config/a.yaml");
  await using watched = await watch(folder, "/config");
  deepEqual(watched.state, { one: 1 });
  link(folder, folder.at("outside/a.yaml"), "config/a.yaml");
  await watched.until(() => watched.reports.length > 0);
  deepEqual([watched.state, watched.faults], [{ one: 1 }, ["1104 one"]]);
});

Deno.test("a link to a folder that is turned to the outside deletes nothing of what it gave", async () => {
  using folder = new TemporaryFolder();
  folder.write("outside/b.yaml", artifact("two", "1"));
  folder.write("config/.real/a.yaml", artifact("one", "1"));
  link(folder, ".real", "config/sub");
  const clock = new FakeClock();
  await using watched = await watch(folder, "/config", denoFileSystem, clock);
  link(folder, folder.at("outside"), "config/sub");
  for (let i = 0; i < 3; i++) {
    await watched.client.rescan!();
    await clock.advance(1000);
  }
  deepEqual([watched.state, watched.removed], [{ one: 1 }, []]);
});

Deno.test("Kubernetes' swap of ..data is one transaction", async () => {
  using folder = new TemporaryFolder();
  for (const version of [1, 2]) {
    folder.write(`config/..v${version}/a.yaml`, artifact("one", `${version}`));
    folder.write(`config/..v${version}/b.yaml`, artifact("two", `${version}`));
  }
  link(folder, "..v1", "config/..data");
  link(folder, "..data/a.yaml", "config/a.yaml");
  link(folder, "..data/b.yaml", "config/b.yaml");
  await using watched = await watch(folder, "/config");
  deepEqual(watched.state, { one: 1, two: 1 });
  link(folder, "..v2", "config/..data");
  await watched.until(() => watched.state.one === 2);
  deepEqual(watched.state, { one: 2, two: 2 });
  deepEqual(watched.transactions.map(({ put }) => put.length), [2]);
  deepEqual(watched.removed, []);
  folder.write("config/..v2/b.yaml", artifact("two", "3"));
  await watched.until(() => watched.state.two === 3);
});

Deno.test("a link that is turned has a whole file behind it: nothing is waited for", async () => {
  using folder = new TemporaryFolder();
  folder.write("config/a.yaml.1", artifact("one", "1"));
  folder.write("config/a.yaml.2", artifact("one", "2"));
  link(folder, "a.yaml.1", "config/a.yaml");
  await using watched = await watch(folder, "/config", denoFileSystem, new FakeClock());
  link(folder, "a.yaml.2", "config/a.yaml");
  await watched.client.rescan!();
  deepEqual(watched.state, { one: 2 });
});

Deno.test("what is in a folder that cannot be read is not missing", async () => {
  using folder = new TemporaryFolder();
  folder.write("b/b.yaml", artifact("two", "1"));
  const state: { refused: string | undefined } = { refused: undefined };
  const clock = new FakeClock();
  await using watched = await watch(folder, "", refusing(state), clock);
  state.refused = folder.at("b");
  for (let i = 0; i < 3; i++) {
    await watched.client.rescan!();
    await clock.advance(1000);
  }
  deepEqual([watched.state, watched.removed], [{ two: 1 }, []]);
});

Deno.test("a root that is a link is followed when it is turned", async () => {
  using folder = new TemporaryFolder();
  folder.write("v1/a.yaml", artifact("one", "1"));
  folder.write("v2/a.yaml", artifact("one", "2"));
  link(folder, "v1", "current");
  await using watched = await watch(folder, "/current");
  deepEqual(watched.state, { one: 1 });
  link(folder, "v2", "current");
  await watched.until(() => watched.state.one === 2);
  folder.write("v2/b.yaml", artifact("two", "1"));
  await watched.until(() => watched.state.two === 1);
  deepEqual(watched.removed, []);
});
