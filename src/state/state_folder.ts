import { type Clock, rest } from "../telemetry/mod.ts";
import { readFrames, type StateContent } from "./frames.ts";

/** Names in the folder of the state. */
export const LOG = "log";
const LOCK = "lock";
const REJECTED = "rejected-";

/** Set-aside states are kept for whoever wants to look at them; no more than so many. */
const MOST_REJECTED = 3;
const BLOCK_BYTES = 512 * 1024;
/** How long a lock is waited for: a process that was killed has it for a moment longer. Milliseconds. */
const LOCK_PATIENCE_MS = 5_000;
const LOCK_RETRY_MS = 10;

/** Somebody else uses the folder. The message is for the user. */
export class StateBusy extends Error {}

/** Makes the folder, for its owner alone. Throws what Deno throws. */
export function makeStateFolder(folder: string): void {
  Deno.mkdirSync(folder, { recursive: true, mode: 0o700 });
}

/**
 * Takes the folder for this process, until it ends or the file is closed; a lock ends with its process, however that ends.
 * Undefined where the folder cannot be written to. Throws {@link StateBusy} where another process has it.
 */
export async function lockFolder(folder: string, clock: Clock): Promise<Deno.FsFile | undefined> {
  const file = openLock(`${folder}/${LOCK}`);
  if (!file) return undefined;
  const end = clock.elapsed() + LOCK_PATIENCE_MS;
  while (!file.tryLockSync(true)) {
    if (clock.elapsed() >= end) {
      file.close();
      throw new StateBusy(`another sluice uses the state folder ${folder}; --state-dir names another`);
    }
    await rest(clock, LOCK_RETRY_MS);
  }
  return file;
}

function openLock(path: string): Deno.FsFile | undefined {
  for (const options of [{ write: true, create: true, mode: 0o600 }, { read: true }] as const) {
    try {
      return Deno.openSync(path, options);
    } catch {
      // The caller goes on without: what cannot be opened cannot be shared either.
    }
  }
  return undefined;
}

/** What the folder holds: nothing, a state, or one that cannot be used. Throws what Deno throws. */
export function readState(folder: string): StateContent | { readonly fault: string } | undefined {
  let file: Deno.FsFile;
  try {
    file = Deno.openSync(`${folder}/${LOG}`);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
  try {
    return readFrames(blocksOf(file));
  } finally {
    file.close();
  }
}

/**
 * In blocks, for the sake of memory: what is kept of the file keeps no more than its block, and the allocator gives many small
 * ones back, but after one as large as the configuration holds on to as much again.
 */
function* blocksOf(file: Deno.FsFile): Generator<Uint8Array, void> {
  for (;;) {
    const block = new Uint8Array(BLOCK_BYTES);
    const read = file.readSync(block);
    if (read === null) return;
    yield block.subarray(0, read);
  }
}

/** Gives the state another name, so that nobody reads it again, and removes the oldest of such. Gives the new path. */
export function setAside(folder: string, now: number): string {
  const time = new Date(now).toISOString().replaceAll(":", "");
  const path = `${folder}/${REJECTED}${time}`;
  Deno.renameSync(`${folder}/${LOG}`, path);
  const all = [...Deno.readDirSync(folder)].map(({ name }) => name).filter((name) => name.startsWith(REJECTED)).sort();
  for (const name of all.slice(0, -MOST_REJECTED)) Deno.removeSync(`${folder}/${name}`);
  return path;
}
