import { makeReport, SOURCE_REF } from "../../report/mod.ts";
import type { Code, Report } from "../../report/mod.ts";
import type { FileSystem } from "./file_system.ts";
import { rootKey } from "./former_files.ts";
import { isIgnored, placeHint } from "./layout.ts";
import type { DirectoryRoot, PlaceHint } from "./layout.ts";
import { attempt, isWithin } from "./walk.ts";
import type { PathFault, Seen } from "./walk.ts";

/** Milliseconds that a new root has to stay the same before what is missing in it counts as deleted. */
export const NEW_ROOT_MS = 1000;

/** One place of configuration: where it really is, whether it is still the same, and what is wrong in it. */
export class Root {
  readonly definition: DirectoryRoot;
  /** Its place in the order of precedence. */
  readonly index: number;
  /** The path as it was given, without a slash at its end. */
  readonly path: string;
  /** Whether a symbolic link was seen in it: then an event's path may not be the path that the file is known by. */
  hasLinks = false;
  /** Until then nothing that is missing counts as deleted: the whole root is new, and may still be being filled. */
  unsettledUntil = 0;
  /**
   * It is empty, and not the folder that the process before this one read: most likely that is still to be mounted here.
   * What was read from it is kept until a file turns up.
   */
  isAwaited = false;
  #found: { readonly realPath: string; readonly identity: string; readonly isFile: boolean } | undefined;
  #wasFound = false;
  #fault: PathFault | undefined;
  readonly #problems = new Map<string, PathFault>();
  /** Which folder it was when it was last found. */
  #keptIdentity: string | undefined;

  constructor(definition: DirectoryRoot, index: number) {
    this.definition = definition;
    this.index = index;
    this.path = definition.path.replace(/(?<=.)\/+$/, "");
  }

  /** Where the root really is; undefined while it is missing. */
  get realPath(): string | undefined {
    return this.#found?.realPath;
  }

  /** True where the root is a single file. */
  get isFile(): boolean {
    return this.#found?.isFile ?? false;
  }

  /** Whether something in it could not be looked into, when it was looked at last. */
  get hasProblems(): boolean {
    return this.#problems.size > 0;
  }

  /** Tells one folder from another at the same path: what was read last was read from this one. */
  get keptIdentity(): string | undefined {
    return this.#keptIdentity;
  }

  /** The process before this one read it, as the folder of this identity, and had files of it. */
  wasRead(identity: string | undefined): void {
    this.#keptIdentity = identity;
    this.#wasFound = true;
  }

  /** There are no files in it, although the process before had some. Gives whether it is to be waited for. */
  isOther(formerIdentity: string | undefined): boolean {
    return this.#found !== undefined && !this.#found.isFile && this.#found.identity !== formerIdentity;
  }

  /** Whether this path could not be looked into, or one above it. */
  isUnreadable(path: string): boolean {
    return this.#problems.keys().some((known) => isWithin(path, known));
  }

  /** Finds out where the root is. True when it is another one than before, or came, or went. */
  inspect(fileSystem: FileSystem, now: number): boolean {
    const before = this.#found;
    const found = attempt(() => {
      const realPath = fileSystem.realPath(this.path);
      const { type, stamp } = fileSystem.stat(realPath);
      return { realPath, identity: `${stamp.device}:${stamp.inode}:${realPath}`, isFile: type === "file" };
    });
    if ("value" in found) {
      this.#found = found.value;
      this.#fault = undefined;
    } else {
      this.#found = undefined;
      this.#fault = "fault" in found ? found.fault : MISSING;
    }
    if (this.#found && !this.isAwaited) this.#keptIdentity = this.#found.identity;
    const changed = before?.identity !== this.#found?.identity;
    if (changed && this.#found) {
      if (this.#wasFound) this.unsettledUntil = now + NEW_ROOT_MS;
      this.#wasFound = true;
    }
    return changed;
  }

  /** What the place of a file in this root says. */
  hint(path: string): PlaceHint {
    const below = path === this.path ? path : path.slice(this.path.length + 1);
    return placeHint(this.definition, below.split("/"));
  }

  /** The path that an event's real path is known by; undefined where it is not of this root or nobody's business. */
  pathOf(realPath: string): string | undefined {
    const found = this.#found;
    if (!found || !isWithin(realPath, found.realPath)) return undefined;
    const below = realPath.slice(found.realPath.length);
    if (this.hasLinks) return this.path;
    return below.split("/").some((step) => step !== "" && isIgnored(step)) ? undefined : this.path + below;
  }

  /** Names the root in what is kept for the next process. */
  get key(): string {
    return rootKey({ ...this.definition, path: this.path });
  }

  /** The path of a file without the root's. */
  below(path: string): string {
    return path.slice(this.path.length);
  }

  /** The real path of a path of this root that leads over no link. */
  realPathOf(path: string): string {
    return (this.#found?.realPath ?? this.path) + path.slice(this.path.length);
  }

  depthOf(path: string): number {
    return path.slice(this.path.length).split("/").length - 1;
  }

  /** Takes what a look at `path` found, in place of what was known of it and all below it. */
  note(path: string, seen: Seen): void {
    this.hasLinks = path === this.path ? seen.symlinks : this.hasLinks || seen.symlinks;
    for (const known of [...this.#problems.keys()]) if (isWithin(known, path)) this.#problems.delete(known);
    for (const [known, fault] of seen.unreadable) this.#problems.set(known, fault);
  }

  reports(isWatched: boolean): Report[] {
    if (this.#fault) return [this.#report("error", this.#fault, this.path)];
    if (this.isAwaited) return [this.#report("warning", AWAITED, this.path)];
    const problems = [...this.#problems].map(([path, fault]) => this.#report("warning", fault, path));
    return isWatched ? problems : [...problems, this.#report("warning", NOT_WATCHED, this.path)];
  }

  #report(severity: Report["severity"], { code, message }: PathFault, file: string): Report {
    return { ...makeReport(severity, code, SOURCE_REF, "", message), location: { file } };
  }
}

const MISSING = {
  code: "SLUICE-1107" as Code,
  message: "there is no such file or folder; Sluice waits for it, and keeps what it read from it before",
};
const AWAITED = {
  code: "SLUICE-1111" as Code,
  message:
    "this folder is empty and is another than the one that was read before (a mount that is missing?); what that one " +
    "held is kept until there is a file in this one",
};
const NOT_WATCHED = { code: "SLUICE-1110" as Code, message: "this cannot be watched, and is looked at every second" };
