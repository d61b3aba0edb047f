/** What tells that a file changed. Times are in milliseconds since the epoch. */
export interface Stamp {
  readonly device: number;
  readonly inode: number;
  readonly size: number;
  readonly modified: number;
  /** When anything about the file changed, its name included; 0 where the system does not tell. */
  readonly changed: number;
}

export interface Stat {
  readonly type: "file" | "directory" | "other";
  readonly stamp: Stamp;
}

export interface FolderEntry {
  readonly name: string;
  readonly type: "file" | "directory" | "symlink" | "other";
}

/** A hint that something happened at some paths. `closed` says that a file there is written to its end. */
export interface FileEvent {
  readonly paths: readonly string[];
  readonly type: "closed" | "changed" | "overflow";
}

/** Events of a folder until `close` is called. */
export interface FileEvents extends AsyncIterable<FileEvent> {
  close(): void;
}

/** The file system as a directory client needs it. Methods throw what Deno throws. */
export interface FileSystem {
  /** Follows symbolic links. */
  stat(path: string): Stat;
  list(path: string): FolderEntry[];
  realPath(path: string): string;
  read(path: string): Uint8Array;
  watch(path: string, recursive: boolean): FileEvents;
}

/**
 * Deno's file system. The calls that look are synchronous: asked one by one they take a fifth of the time, and the
 * caller works in slices. On Linux a `closed` event is inotify's IN_CLOSE_WRITE, or a rename that brings a whole file.
 */
export const denoFileSystem: FileSystem = {
  stat(path) {
    const { isFile, isDirectory, dev, ino, size, mtime, ctime } = Deno.statSync(path);
    return {
      type: isFile ? "file" : isDirectory ? "directory" : "other",
      stamp: {
        device: dev,
        inode: ino ?? 0,
        size,
        modified: mtime?.getTime() ?? 0,
        changed: ctime?.getTime() ?? 0,
      },
    };
  },
  list: (path) =>
    [...Deno.readDirSync(path)].map(({ name, isFile, isDirectory, isSymlink }) => ({
      name,
      type: isFile ? "file" : isDirectory ? "directory" : isSymlink ? "symlink" : "other",
    })),
  realPath: (path) => Deno.realPathSync(path),
  read: (path) => Deno.readFileSync(path),
  watch(path, recursive) {
    const watcher = Deno.watchFs(path, { recursive });
    return {
      close: () => watcher.close(),
      async *[Symbol.asyncIterator]() {
        for await (const { kind, paths, flag } of watcher) yield { paths, type: typeOf(kind, flag) };
      },
    };
  },
};

function typeOf(kind: Deno.FsEvent["kind"], flag: Deno.FsEvent["flag"]): FileEvent["type"] {
  if (flag === "rescan") return "overflow";
  return kind === "access" || kind === "rename" ? "closed" : "changed";
}

/** True where nothing tells that the file changed. */
export function sameStamp(a: Stamp, b: Stamp): boolean {
  return a.device === b.device && a.inode === b.inode && a.size === b.size && a.modified === b.modified &&
    a.changed === b.changed;
}
