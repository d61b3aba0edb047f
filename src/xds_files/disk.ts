import { draftOf } from "./layout.ts";

/** Permission bits. */
const ALL_BITS = 0o7777;
const [GROUP_READS, OTHERS] = [0o040, 0o007];

/** A file as it is. */
export interface FileFound {
  readonly bytes: Uint8Array;
  readonly mode: number;
}

/** The file system as a copy needs it. Methods reject with what Deno rejects with, unless they say otherwise. */
export interface Disk {
  /** The permission bits of a folder. */
  modeOf(folder: string): Promise<number>;
  /** Makes a folder with exactly these permission bits and gives true; one that is there stays as it is. */
  makeFolder(path: string, mode: number): Promise<boolean>;
  /** Undefined where there is no such file. */
  read(path: string): Promise<FileFound | undefined>;
  /** The names in a folder; none where there is no such folder. */
  list(folder: string): Promise<string[]>;
  /** Puts a file of these bytes in the place of what is there. Whoever reads finds the old one or the new one, whole. */
  replace(path: string, bytes: Uint8Array, mode: number): Promise<void>;
  /** Removes a file; none is fine. */
  remove(path: string): Promise<void>;
}

/**
 * The permission bits of files in a folder of these: keys and values of Secrets are in them, so they are nobody's but the
 * owner's, and the group's where the folder is the group's to read and shut to all others.
 */
export function fileMode(folderMode: number): number {
  return (folderMode & OTHERS) === 0 && (folderMode & GROUP_READS) !== 0 ? 0o640 : 0o600;
}

export const denoDisk: Disk = {
  modeOf: async (folder) => ((await Deno.stat(folder)).mode ?? 0o700) & ALL_BITS,
  async makeFolder(path, mode) {
    try {
      await Deno.mkdir(path, { mode });
    } catch (error) {
      if (error instanceof Deno.errors.AlreadyExists) return false;
      throw error;
    }
    // The process's umask had its say in mkdir.
    await Deno.chmod(path, mode);
    return true;
  },
  read: (path) =>
    orElse(undefined, async () => ({
      mode: ((await Deno.stat(path)).mode ?? 0o600) & ALL_BITS,
      bytes: await Deno.readFile(path),
    })),
  list: (folder) => orElse([], async () => (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name)),
  async replace(path, bytes, mode) {
    const draft = draftOf(path);
    const file = await Deno.open(draft, { write: true, create: true, truncate: true, mode: 0o600 });
    try {
      for (let at = 0; at < bytes.length;) at += await file.write(bytes.subarray(at));
      if (mode !== 0o600) await Deno.chmod(draft, mode);
      // Before the rename: after a power cut there must be no empty file under the name, which Envoy would take for
      // "nothing is served".
      await file.syncData();
    } finally {
      file.close();
    }
    await Deno.rename(draft, path);
  },
  remove: (path) => orElse(undefined, () => Deno.remove(path)),
};

async function orElse<T>(none: T, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return none;
    throw error;
  }
}
