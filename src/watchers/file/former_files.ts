import type { AnyResource } from "../../api/mod.ts";
import type { FormerRecords, JsonValue } from "../contract.ts";
import { freeze } from "../freeze.ts";
import type { Claim, Claimant } from "./claims.ts";
import type { DirectoryRoot } from "./layout.ts";
import type { Root } from "./root.ts";

/** Parts the key of a root from the path of a file below it. */
const SEPARATOR = "\0";

/** The key under which it is kept what a root is. Two roots of one path are of different kinds. */
export const rootKey = (root: DirectoryRoot): string =>
  root.layout === "one-kind" ? `${root.path} of ${root.kind}` : root.path;
/** The key under which it is kept what a file held; `below` is its path without the root's. */
export const fileKey = (root: string, below: string): string => root + SEPARATOR + below;

/** The root's key and, of a file's, its path without the root's. */
export function placeOfKey(key: string): { readonly root: string; readonly below?: string } {
  const at = key.indexOf(SEPARATOR);
  return at === -1 ? { root: key } : { root: key.slice(0, at), below: key.slice(at + 1) };
}

type FormerClaim = Omit<Claim, "file" | "held">;

/** What a file holds, to be kept. */
export function claimsRecord(claims: readonly Claim[]): JsonValue | undefined {
  if (claims.length === 0) return undefined;
  return claims.map(({ file: _, held: __, ...claim }): FormerClaim => claim) as unknown as JsonValue;
}

/**
 * What was known of files when the last process ended: last good forms of what they held. A file that this process has read
 * has none any more; nothing of a file is read from the records before it is needed.
 */
export class FormerFiles {
  readonly #roots: readonly Root[];
  #records: FormerRecords | undefined;
  /** Of files that are still to be read, the paths by root, without the root's. */
  #paths: Map<string, Set<string>> | undefined;

  constructor(roots: readonly Root[], records: FormerRecords | undefined) {
    this.#roots = roots;
    this.#records = records;
  }

  get isThere(): boolean {
    return this.#records !== undefined;
  }

  /** What {@link Root.keptIdentity} was. */
  identity(root: number): string | undefined {
    return this.#records?.get(this.#roots[root]!.key) as string | undefined;
  }

  /** Files of the root that this process has not read. */
  paths(root: number): string[] {
    const { key, path } = this.#roots[root]!;
    return [...this.#index().get(key) ?? []].map((below) => path + below);
  }

  /** What the file held. */
  claims(file: Claimant): Claim[] {
    const root = this.#roots[file.root]!;
    const below = root.below(file.path);
    if (!this.#index().get(root.key)?.has(below)) return [];
    const record = this.#records?.get(fileKey(root.key, below)) as readonly FormerClaim[] | undefined;
    return (record ?? []).map((claim): Claim => ({ ...freeze(claim), file, held: true }));
  }

  /** This process knows better. */
  forget(root: number, path: string): void {
    if (this.#records) this.#index().get(this.#roots[root]!.key)?.delete(this.#roots[root]!.below(path));
  }

  /** Every file was read that could be. */
  forgetAll(): void {
    this.#records = undefined;
    this.#paths = new Map();
  }

  /** All there was, to go on with until something better is known. */
  resources(): AnyResource[] {
    return this.#roots.flatMap((_, root) =>
      this.paths(root).flatMap((path) =>
        this.claims({ root, path, device: 0, inode: 0, absent: false }).map(({ resource }) => resource)
      )
    );
  }

  keys(): Iterable<string> {
    return this.#records?.keys() ?? [];
  }

  get(key: string): JsonValue | undefined {
    return this.#records?.get(key);
  }

  #index(): Map<string, Set<string>> {
    if (this.#paths) return this.#paths;
    this.#paths = new Map();
    for (const key of this.keys()) {
      const { root, below } = placeOfKey(key);
      if (below === undefined) continue;
      const paths = this.#paths.get(root);
      if (paths) paths.add(below);
      else this.#paths.set(root, new Set([below]));
    }
    return this.#paths;
  }
}
