import { ok } from "node:assert/strict";
import { FakeClock } from "../../telemetry/fake_clock.ts";
import { WatchedClient } from "./test_bench.ts";
import type { TemporaryFolder } from "./test_bench.ts";
import { HintedFileSystem } from "./test_file_system.ts";

/** Lets a look that takes several slices go on. */
const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 1));

/** A client on a fake clock, later than every file: what is read is old enough to be told from what is written next. */
export async function watchHinted(folder: TemporaryFolder, path = "") {
  const [clock, hints] = [new FakeClock(Date.now() + 3_600_000), new HintedFileSystem()];
  const roots = [{ path: `${folder.path}${path}`, layout: "mixed" }] as const;
  const watched = await WatchedClient.start({ roots, clock, fileSystem: hints.fileSystem });
  /** Lets time pass, then looks at everything. */
  const pass = async (ms: number) => {
    await clock.advance(ms);
    await watched.client.rescan!();
  };
  /** Lets time pass until the condition holds, which it must before `ms` are over. */
  const within = async (ms: number, condition: () => boolean) => {
    for (let at = 0; at < ms && !condition(); at += 50) {
      await clock.advance(50);
      await turn();
    }
    ok(condition(), `${condition} within ${ms} ms`);
  };
  return { watched, pass, within, clock, hints };
}
