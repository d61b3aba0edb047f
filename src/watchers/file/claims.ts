import { idKey, idOf, sameResource } from "../../api/mod.ts";
import type { AnyResource, ResourceId } from "../../api/mod.ts";
import { makeReport } from "../../report/mod.ts";
import type { Report } from "../../report/mod.ts";

/** Who claims: a file. */
export interface Claimant {
  /** Index of its root; a lower one has precedence. */
  readonly root: number;
  readonly path: string;
  /** Both tell the same file under two names; 0 where it was never read. */
  readonly device: number;
  readonly inode: number;
  /** True while the file is missing, and perhaps only on its way to another name. */
  readonly absent: boolean;
}

/** That a document holds a resource. */
export interface Claim {
  readonly file: Claimant;
  /** Of the document; see ReadDocument. */
  readonly index: number;
  readonly part: number;
  readonly specPath: string;
  /** Line of the file at which the document starts. */
  readonly line: number;
  /** True where this is a last good form, and the document does not say so now. */
  readonly held: boolean;
  readonly resource: AnyResource;
}

/** What is known of one name. */
interface Name {
  claims: readonly Claim[];
  /** Which of them has it, since the last settling. */
  winner: Claim | undefined;
  /** What others know of: the winner's resource, or an equal one from before. */
  visible: AnyResource | undefined;
}

/**
 * Which document each resource comes from. A document that holds it now goes before one that held it; then an earlier
 * root before a later one; then the file that has it already; then the order of paths and documents.
 */
export class ClaimTable {
  /** By {@link idKey}. */
  readonly #names = new Map<string, Name>();
  readonly #touched = new Set<string>();
  readonly #contested = new Set<string>();

  /** Takes `before` away and puts `after` in, of one file. */
  replace(before: readonly Claim[], after: readonly Claim[]): void {
    for (const claim of before) {
      const name = this.#touch(claim);
      name.claims = name.claims.filter((other) => other !== claim);
    }
    for (const claim of after) {
      const name = this.#touch(claim);
      name.claims = name.claims.length === 0 ? [claim] : [...name.claims, claim];
    }
  }

  /** Says that something about the claims' file changed. */
  touch(claims: readonly Claim[]): void {
    for (const claim of claims) this.#touch(claim);
  }

  /** What changed since the last call. An equal resource keeps its old object. */
  settle(): { put: AnyResource[]; removed: ResourceId[] } {
    const put: AnyResource[] = [];
    const removed: ResourceId[] = [];
    for (const key of this.#touched) {
      const name = this.#names.get(key)!;
      const before = name.visible;
      name.winner = this.#choose(key, name);
      if (!name.winner) {
        if (before) removed.push(idOf(before));
        this.#names.delete(key);
      } else if (!before || !sameResource(before, name.winner.resource)) {
        name.visible = name.winner.resource;
        put.push(name.visible);
      }
    }
    this.#touched.clear();
    return { put, removed };
  }

  /** All resources there are. */
  resources(): AnyResource[] {
    return [...this.#names.values()].flatMap(({ visible }) => visible ?? []);
  }

  /** The claim that a resource comes from. */
  winner(id: ResourceId): Claim | undefined {
    return this.#names.get(idKey(id))?.winner;
  }

  /** One report for each document that names a resource which another one keeps. */
  clashes(): Report[] {
    return [...this.#contested].flatMap((key) => {
      const { claims, winner } = this.#names.get(key)!;
      return contenders(claims, winner!).map((claim) => clashReport(claim, winner!));
    });
  }

  #touch({ resource }: Claim): Name {
    const key = idKey(idOf(resource));
    this.#touched.add(key);
    let name = this.#names.get(key);
    if (!name) this.#names.set(key, name = { claims: [], winner: undefined, visible: undefined });
    return name;
  }

  #choose(key: string, { claims, winner }: Name): Claim | undefined {
    const [first, ...others] = claims.length > 1
      ? claims.toSorted((a, b) => compareClaims(a, b, winner?.file))
      : claims;
    if (first && others.length > 0 && contenders(claims, first).length > 0) this.#contested.add(key);
    else this.#contested.delete(key);
    return first;
  }
}

const isPast = (claim: Claim): boolean => claim.held || claim.file.absent;

function compareClaims(a: Claim, b: Claim, owner: Claimant | undefined): number {
  if (isPast(a) !== isPast(b)) return isPast(a) ? 1 : -1;
  if (a.file.root !== b.file.root) return a.file.root - b.file.root;
  if (a.file !== b.file && (a.file === owner || b.file === owner)) return a.file === owner ? -1 : 1;
  if (a.file.path !== b.file.path) return a.file.path < b.file.path ? -1 : 1;
  return a.index - b.index;
}

/** Who names the resource now and does not get it; not the winner's own file under a second name. */
const contenders = (claims: readonly Claim[], winner: Claim): Claim[] =>
  claims.filter((claim) =>
    claim !== winner && !isPast(claim) &&
    (claim.file === winner.file || !isSameFile(claim.file, winner.file))
  );

const isSameFile = (a: Claimant, b: Claimant): boolean => a.inode !== 0 && a.inode === b.inode && a.device === b.device;

function clashReport({ resource, file, line }: Claim, winner: Claim): Report {
  const { kind, namespace, name } = idOf(resource);
  const message =
    `${kind} ${namespace}/${name} is defined here too; that in ${winner.file.path} is used, remove one of them`;
  const report = makeReport("warning", "SLUICE-1106", { kind, namespace, name }, "", message);
  return { ...report, location: { file: file.path, line } };
}
