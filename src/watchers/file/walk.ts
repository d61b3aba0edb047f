import type { Code } from "../../report/mod.ts";
import type { FileSystem, Stamp } from "./file_system.ts";
import { holdsFiles, holdsFolders, isConfigFile, isIgnored } from "./layout.ts";
import type { DirectoryRoot } from "./layout.ts";

/** Why a path that is there cannot be read. */
export interface PathFault {
  readonly code: Code;
  readonly message: string;
}

/** A configuration file: its stamp, or why it cannot be read. */
export type SeenFile =
  & { readonly path: string; /** The path without symbolic links. */ readonly realPath: string }
  & ({ readonly stamp: Stamp } | { readonly fault: PathFault });

/** What a look at a path found at it and below it, beside files. */
export interface Seen {
  /** Whether the path itself is a folder. */
  isFolder: boolean;
  /** Folders that could not be looked into; nothing is known of what is below them. */
  readonly unreadable: Map<string, PathFault>;
  /** Whether a symbolic link was seen. */
  symlinks: boolean;
}

/** How a walk sees its surroundings. */
export interface Walk {
  readonly fileSystem: FileSystem;
  readonly root: DirectoryRoot;
  /** Real paths of everything that may be read. */
  readonly allowed: readonly string[];
  /** Called for each configuration file. */
  readonly found: (file: SeenFile) => void;
  readonly seen: Seen;
}

/** A path to look at, with what it is known by. */
interface Spot {
  readonly path: string;
  readonly realPath: string;
  /** Steps below the root. */
  readonly depth: number;
}

/** Looks at a path that is neither hidden nor a link, and at all below it. Yields before each folder and after each file. */
export function* walk(context: Walk, spot: Spot): Generator<void, void> {
  const { fileSystem, root } = context;
  const stat = attempt(() => fileSystem.stat(spot.realPath));
  if ("absent" in stat) return;
  if ("fault" in stat) return addFault(context, spot, stat.fault);
  const { type, stamp } = stat.value;
  if (type === "file") {
    const wanted = spot.depth === 0 || (isConfigFile(baseName(spot.path)) && holdsFiles(root, spot.depth - 1));
    if (wanted) context.found({ path: spot.path, realPath: spot.realPath, stamp });
  } else if (type === "directory") {
    context.seen.isFolder = true;
    yield* walkFolder(context, spot);
  }
}

function* walkFolder(context: Walk, spot: Spot): Generator<void, void> {
  const { fileSystem, root, seen } = context;
  const listed = attempt(() => fileSystem.list(spot.realPath));
  if ("absent" in listed) return;
  if ("fault" in listed) return void seen.unreadable.set(spot.path, listed.fault);
  const entries = listed.value.filter(({ name, type }) => !isIgnored(name) && type !== "other");
  yield;
  for (const entry of entries) {
    const path = `${spot.path}/${entry.name}`;
    const realPath = spot.realPath === spot.path ? path : `${spot.realPath}/${entry.name}`;
    const below = { path, realPath, depth: spot.depth + 1 };
    if (entry.type === "symlink") yield* walkLink(context, spot, below);
    else if (entry.type === "directory" && holdsFolders(root, spot.depth)) yield* walkFolder(context, below);
    else if (entry.type === "file" && isConfigFile(entry.name)) {
      yield* walk(context, below);
      yield;
    }
  }
}

function* walkLink(context: Walk, folder: Spot, link: Spot): Generator<void, void> {
  context.seen.symlinks = true;
  const target = attempt(() => context.fileSystem.realPath(link.path));
  if ("absent" in target) {
    return addFault(context, link, { code: "SLUICE-1101", message: "this symbolic link leads nowhere" });
  }
  if ("fault" in target) return addFault(context, link, target.fault);
  if (!context.allowed.some((root) => isWithin(target.value, root))) {
    const message = `this symbolic link leads to ${target.value}, outside of the directories that Sluice reads`;
    return addFault(context, link, { code: "SLUICE-1104", message });
  }
  if (isWithin(folder.realPath, target.value)) {
    return addFault(context, link, { code: "SLUICE-1104", message: "this symbolic link leads in a circle" });
  }
  yield* walk(context, { ...link, realPath: target.value });
}

function addFault({ seen, root, found }: Walk, { path, realPath, depth }: Spot, fault: PathFault): void {
  if (!isConfigFile(baseName(path))) seen.unreadable.set(path, fault);
  else if (holdsFiles(root, depth - 1)) found({ path, realPath, fault });
}

type Attempt<T> = { readonly value: T } | { readonly absent: true } | { readonly fault: PathFault };

/** The result of a call of the file system, a missing file, or any other error as a fault. */
export function attempt<T>(call: () => T): Attempt<T> {
  try {
    return { value: call() };
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return { absent: true };
    const message = `this cannot be read: ${error instanceof Error ? error.message : String(error)}`;
    return { fault: { code: "SLUICE-1101", message } };
  }
}

/** True for the folder itself and for what is below it. */
export const isWithin = (path: string, folder: string): boolean =>
  path === folder || path.startsWith(folder.endsWith("/") ? folder : `${folder}/`);

export const baseName = (path: string): string => path.slice(path.lastIndexOf("/") + 1);
