import type { AnyResource, ResourceId } from "../../api/mod.ts";
import { SOURCE_REF } from "../../report/mod.ts";
import type { Location, Report } from "../../report/mod.ts";
import type { DecodeResource } from "../../report/mod.ts";
import { ClaimTable } from "./claims.ts";
import type { Claim, Claimant } from "./claims.ts";
import { sameStamp } from "./file_system.ts";
import type { FileSystem, Stamp } from "./file_system.ts";
import type { PlaceHint } from "./layout.ts";
import { holdAll, mergeDocuments } from "./merge_documents.ts";
import type { FileContent } from "./merge_documents.ts";
import type { FormerFiles } from "./former_files.ts";
import { documentsIn, locateIn, readDocuments } from "./read_documents.ts";
import type { ReadDocument } from "./read_documents.ts";
import type { DocumentText } from "../yaml/mod.ts";
import { PathTree } from "./path_tree.ts";
import { attempt, isWithin } from "./walk.ts";
import type { SeenFile } from "./walk.ts";

/** Milliseconds that a file which nobody said to be closed has to stay the same before it is believed to be whole. */
export const QUIET_MS = 250;
/** Milliseconds after which a file that never stays the same is read all the same; nothing is taken away then. */
const RESTLESS_MS = 1000;
/** Milliseconds that a file may be missing before its resources are: it may be on its way to another name. */
const ABSENT_MS = 100;
/** Files that want a look within so many milliseconds get it together: what moved from one to another is never missing. */
const TOGETHER_MS = 20;
/** File systems count time in coarse steps: two writes within one leave the same stamp. */
const STAMP_STEP_MS = 20;

interface KnownFile extends Claimant {
  /** Nothing is known of it but what the process before knew. */
  isNew: boolean;
  device: number;
  inode: number;
  absent: boolean;
  realPath: string;
  /** Of what was read last; undefined where that is to be read again. */
  stamp: Stamp | undefined;
  /** What was read within one step of the stamp's time, and when: more may have been written since, with the same stamp. */
  young: { readonly bytes: Uint8Array; readonly at: number } | undefined;
  content: FileContent;
  /** What was seen and is not read yet, since when it is like that, and since when it is not settled. */
  unread: { readonly stamp: Stamp; readonly since: number; readonly unsettledSince: number } | undefined;
  absentSince: number;
  /** Number of the last look that found it. */
  look: number;
}

/** What is known of the circumstances of a look at a file. */
export interface SightingOf {
  readonly root: number;
  /** Number of the look; a later one has a larger number. */
  readonly look: number;
  readonly hint: PlaceHint;
  /** Somebody said that the file was closed or moved here whole. */
  readonly closed: boolean;
  /** The first look at everything: what is there is taken as it is. */
  readonly first: boolean;
}

export interface FileTableOptions {
  readonly fileSystem: FileSystem;
  readonly decode: DecodeResource;
  readonly defaultNamespace: string;
  readonly maxFileBytes: number;
  readonly lastGood: (id: ResourceId) => AnyResource | undefined;
  readonly former: FormerFiles;
  readonly now: () => number;
}

/** Every file that was seen, what it holds, and what is waited for before it is believed. */
export class FileTable {
  readonly claims = new ClaimTable();
  readonly #options: FileTableOptions;
  /** By root. */
  readonly #files: PathTree<KnownFile>[] = [];
  readonly #faulty = new Set<KnownFile>();
  readonly #due = new Map<KnownFile, number>();
  readonly #changed = new Set<KnownFile>();
  #lastSplit:
    | { readonly realPath: string; readonly stamp: Stamp; readonly documents: readonly DocumentText[] }
    | undefined;

  constructor(options: FileTableOptions) {
    this.#options = options;
  }

  /** A look found this file. Gives true where it differs from what was known. */
  see(seen: SeenFile, of: SightingOf): boolean {
    const file = this.#known(seen, of.root);
    file.look = of.look;
    // A symbolic link was turned to another file, which is a thing of one moment.
    const turned = file.realPath !== seen.realPath;
    if (turned) file.realPath = seen.realPath;
    if (file.absent) {
      file.absent = false;
      this.claims.touch(file.content.claims);
    }
    this.#due.delete(file);
    if ("fault" in seen) {
      file.stamp = file.unread = file.young = undefined;
      const fault = { severity: "error", ...seen.fault } as const;
      this.#keep(file, holdAll(file, this.#before(file), fault, refOf(of.hint)));
      return false;
    }
    const { stamp } = seen;
    if (!of.closed && !turned && file.stamp && sameStamp(file.stamp, stamp)) {
      file.unread = undefined;
      if (file.young) this.#readAgain(file, stamp, of.hint);
      return false;
    }
    const settled = of.closed || turned || (of.first && !file.stamp);
    this.#meet(file, stamp, settled, of.hint);
    return true;
  }

  /** True where a look at this file would find something new. Finding it counts as being seen. */
  differs(seen: SeenFile, root: number, look: number): boolean {
    const file = this.#files[root]?.get(seen.path);
    if (!file) return true;
    file.look = Math.max(file.look, look);
    if (file.absent || "fault" in seen || !file.stamp) return true;
    return file.realPath !== seen.realPath || !sameStamp(file.stamp, seen.stamp);
  }

  /** Files of a root that neither this look nor a later one found, and that are not known to be missing. */
  unseen(root: number, path: string, look: number): string[] {
    const files = [...this.#files[root]?.within(path) ?? []];
    return files.filter((file) => file.look < look && !file.absent).map((file) => file.path);
  }

  /**
   * A look at `path` of a root, that has come to its end, found those files at or below it that carry its number. Of what
   * is in `unreadable` nothing is known. What is missing is kept until `keepUntil` at least.
   */
  miss(root: number, path: string, look: number, unreadable: readonly string[], keepUntil: number): void {
    const now = this.#options.now();
    for (const file of this.#files[root]?.within(path) ?? []) {
      if (file.look >= look || unreadable.some((folder) => isWithin(file.path, folder))) continue;
      if (!file.absent) {
        file.absent = true;
        file.absentSince = now;
        this.claims.touch(file.content.claims);
      }
      const end = Math.max(file.absentSince + ABSENT_MS, keepUntil);
      if (file.content.claims.length > 0 && now < end) this.#due.set(file, end);
      else this.#forget(file);
    }
  }

  /** Of a file that this process cannot look at: what the process before knew of it. */
  adopt(root: number, path: string, look: number): void {
    const file = this.#known({ path, realPath: path }, root);
    if (!file.isNew) return;
    file.look = look;
    this.#keep(file, { claims: this.#before(file), reports: [] });
  }

  /** Whether any file of the root is known. */
  hasFiles(root: number): boolean {
    return this.#files[root]?.within("").next().done === false;
  }

  /** Every file that holds something. */
  *files(): Generator<{ readonly root: number; readonly path: string }, void> {
    for (const files of this.#files) {
      for (const file of files?.within("") ?? []) if (file.content.claims.length > 0) yield file;
    }
  }

  /** What a file holds, in its last good form. */
  claimsIn(root: number, path: string): readonly Claim[] {
    return this.#files[root]?.get(path)?.content.claims ?? [];
  }

  /** Files that may hold something else since the last call, and those that are gone. */
  takeChanged(): { readonly root: number; readonly path: string }[] {
    const changed = [...this.#changed];
    this.#changed.clear();
    return changed;
  }

  /** When a file wants to be looked at again, if one does; a little later where others want that soon after. */
  nextDue(): number | undefined {
    let first = Infinity;
    for (const at of this.#due.values()) first = Math.min(first, at);
    let last: number | undefined;
    for (const at of this.#due.values()) if (at <= first + TOGETHER_MS) last = Math.max(at, last ?? at);
    return last;
  }

  /** The files that want to be looked at by now. */
  takeDue(): { readonly root: number; readonly path: string }[] {
    const now = this.#options.now();
    const due = [...this.#due].filter(([, at]) => at <= now).map(([file]) => file);
    for (const file of due) this.#due.delete(file);
    return due;
  }

  /** What is wrong in files, and which files quarrel. */
  reports(): Report[] {
    return [...[...this.#faulty].flatMap(({ content }) => content.reports), ...this.claims.clashes()];
  }

  /** Where a path of a claimed resource stands; reads the file anew where it is another than the last time. */
  locate({ file, part, specPath }: Claim, path: string): Location | undefined {
    const documents = this.#documentsOf(this.#files[file.root]?.get(file.path)?.realPath ?? file.path);
    const document = documents?.[part];
    return (document && locateIn(document, file.path, specPath, path)) ?? { file: file.path };
  }

  /** A file of a thousand resources is asked for a thousand times in a row, so that of the last call is kept. */
  #documentsOf(realPath: string): readonly DocumentText[] | undefined {
    const { fileSystem } = this.#options;
    const stat = attempt(() => fileSystem.stat(realPath));
    if (!("value" in stat)) return undefined;
    const { stamp } = stat.value;
    const last = this.#lastSplit;
    if (last && last.realPath === realPath && sameStamp(last.stamp, stamp)) return last.documents;
    const read = attempt(() => documentsIn(fileSystem.read(realPath)));
    if (!("value" in read)) return undefined;
    this.#lastSplit = { realPath, stamp, documents: read.value };
    return read.value;
  }

  /** What the file held when it was believed last, be it by the process before. */
  #before(file: KnownFile): readonly Claim[] {
    return file.isNew ? this.#options.former.claims(file) : file.content.claims;
  }

  #known({ path, realPath }: Pick<SeenFile, "path" | "realPath">, root: number): KnownFile {
    const files = this.#files[root] ??= new PathTree();
    let file = files.get(path);
    if (!file) {
      file = {
        ...{ root, path, realPath, isNew: true, absent: false, absentSince: 0, look: 0, device: 0, inode: 0 },
        ...{ stamp: undefined, young: undefined, unread: undefined, content: NOTHING },
      };
      files.set(path, file);
    }
    return file;
  }

  /** Of a file with the stamp that it had when it was read: whether it holds the same. */
  #readAgain(file: KnownFile, stamp: Stamp, hint: PlaceHint): void {
    const { bytes, at } = file.young!;
    if (this.#options.now() < at + QUIET_MS) return void this.#due.set(file, at + QUIET_MS);
    const read = attempt(() => this.#options.fileSystem.read(file.realPath));
    file.young = undefined;
    if (!("value" in read) || !sameBytes(read.value, bytes)) this.#read(file, stamp, true, hint);
  }

  /** Reads a file with a new stamp, or waits until it is believed to be whole. */
  #meet(file: KnownFile, stamp: Stamp, settled: boolean, hint: PlaceHint): void {
    const now = this.#options.now();
    const { unread } = file;
    const since = unread && sameStamp(unread.stamp, stamp) ? unread.since : now;
    const unsettledSince = unread?.unsettledSince ?? now;
    const quietAt = since + QUIET_MS;
    file.unread = { stamp, since, unsettledSince };
    const final = settled || now >= quietAt;
    if (final || now >= unsettledSince + RESTLESS_MS) this.#read(file, stamp, final, hint);
    else this.#due.set(file, quietAt);
  }

  #read(file: KnownFile, stamp: Stamp, final: boolean, hint: PlaceHint): void {
    const { fileSystem, decode, defaultNamespace, maxFileBytes, lastGood, now } = this.#options;
    const ref = refOf(hint);
    file.young = undefined;
    if (stamp.size > maxFileBytes) {
      const message = `the file has ${stamp.size} bytes, more than the ${maxFileBytes} that are read; split it`;
      file.stamp = stamp;
      file.unread = undefined;
      return this.#keep(
        file,
        holdAll(file, this.#before(file), { severity: "error", code: "SLUICE-1102", message }, ref),
      );
    }
    const read = attempt(() => fileSystem.read(file.realPath));
    const after = attempt(() => fileSystem.stat(file.realPath));
    if ("absent" in read) return;
    if ("fault" in read) {
      file.stamp = undefined;
      return this.#keep(file, holdAll(file, this.#before(file), { severity: "error", ...read.fault }, ref));
    }
    const still = "value" in after && sameStamp(after.value.stamp, stamp);
    const documents = readDocuments(read.value, { file: file.path, hint, defaultNamespace, decode });
    const believed = final && still;
    const young = now() - Math.max(stamp.modified, stamp.changed) < STAMP_STEP_MS;
    file.device = stamp.device;
    file.inode = stamp.inode;
    file.stamp = believed ? stamp : undefined;
    if (believed) {
      file.unread = undefined;
      if (young) {
        file.young = { bytes: read.value, at: now() };
        this.#due.set(file, now() + QUIET_MS);
      }
    } else {
      file.unread = { stamp, since: now(), unsettledSince: now() };
      this.#due.set(file, now() + QUIET_MS);
    }
    // Of ten thousand good files nobody wants to know what they were before.
    const before = believed && isGood(documents) ? file.content.claims : this.#before(file);
    this.#keep(file, mergeDocuments(file, before, documents, { final: believed, lastGood }));
  }

  #keep(file: KnownFile, content: FileContent): void {
    this.claims.replace(file.content.claims, content.claims);
    file.content = content;
    file.isNew = false;
    this.#options.former.forget(file.root, file.path);
    this.#changed.add(file);
    if (content.reports.length > 0) this.#faulty.add(file);
    else this.#faulty.delete(file);
  }

  #forget(file: KnownFile): void {
    this.#keep(file, NOTHING);
    this.#due.delete(file);
    this.#files[file.root]!.delete(file.path);
  }
}

/** There is something in it, and all of that could be read. */
const isGood = (documents: readonly ReadDocument[]): boolean =>
  documents.length > 0 && documents.every(({ resource, reports }) => resource || reports.length === 0);

const NOTHING: FileContent = { claims: [], reports: [] };

const sameBytes = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && a.every((byte, i) => byte === b[i]);

const refOf = ({ kind = SOURCE_REF.kind, namespace = "", name = "" }: PlaceHint) => ({ kind, namespace, name });
