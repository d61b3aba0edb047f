import { idKey, idOf, sameResource } from "../../api/mod.ts";
import type { AnyResource, ResourceId } from "../../api/mod.ts";
import { makeReport } from "../../report/mod.ts";
import type { Report } from "../../report/mod.ts";

/** Who claims: a file. */
export interface Claimant {
  /** Index of its root; a lower one has precedence. */
  readonly root: number;
  readonly path: string;
  /** Tells the same file under two names. */
  readonly identity: string;
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

/**
 * Which document each resource comes from. A document that holds it now goes before one that held it; then an earlier
 * root before a later one; then the file that has it already; then the order of paths and documents.
 */
export class ClaimTable {
  readonly #claims = new Map<string, Claim[]>();
  readonly #winners = new Map<string, Claim>();
  readonly #visible = new Map<string, AnyResource>();
  readonly #touched = new Set<string>();
  readonly #contested = new Set<string>();

  /** Takes `before` away and puts `after` in, of one file. */
  replace(before: readonly Claim[], after: readonly Claim[]): void {
    for (const claim of before) {
      const key = keyOf(claim);
      const left = this.#claims.get(key)?.filter((other) => other !== claim) ?? [];
      if (left.length > 0) this.#claims.set(key, left);
      else this.#claims.delete(key);
      this.#touched.add(key);
    }
    for (const claim of after) {
      const key = keyOf(claim);
      this.#claims.set(key, [...this.#claims.get(key) ?? [], claim]);
      this.#touched.add(key);
    }
  }

  /** Says that something about the claims' file changed. */
  touch(claims: readonly Claim[]): void {
    for (const claim of claims) this.#touched.add(keyOf(claim));
  }

  /** What changed since the last call. An equal resource keeps its old object. */
  settle(): { put: AnyResource[]; removed: ResourceId[] } {
    const put: AnyResource[] = [];
    const removed: ResourceId[] = [];
    for (const key of this.#touched) {
      const before = this.#visible.get(key);
      const winner = this.#choose(key);
      if (!winner) {
        if (before) removed.push(idOf(before));
        this.#visible.delete(key);
        this.#winners.delete(key);
        continue;
      }
      this.#winners.set(key, winner);
      if (before && sameResource(before, winner.resource)) continue;
      this.#visible.set(key, winner.resource);
      put.push(winner.resource);
    }
    this.#touched.clear();
    return { put, removed };
  }

  /** All resources there are. */
  resources(): AnyResource[] {
    return [...this.#visible.values()];
  }

  /** The claim that a resource comes from. */
  winner(id: ResourceId): Claim | undefined {
    return this.#winners.get(idKey(id));
  }

  /** One report for each document that names a resource which another one keeps. */
  clashes(): Report[] {
    return [...this.#contested].flatMap((key) => {
      const winner = this.#winners.get(key)!;
      return contenders(this.#claims.get(key)!, winner).map((claim) => clashReport(claim, winner));
    });
  }

  #choose(key: string): Claim | undefined {
    const claims = this.#claims.get(key) ?? [];
    const owner = this.#winners.get(key)?.file;
    const [first, ...others] = claims.length > 1 ? claims.toSorted((a, b) => compareClaims(a, b, owner)) : claims;
    if (first && others.length > 0 && contenders(claims, first).length > 0) this.#contested.add(key);
    else this.#contested.delete(key);
    return first;
  }
}

const keyOf = ({ resource }: Claim): string => idKey(idOf(resource));

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
    (claim.file === winner.file || claim.file.identity !== winner.file.identity)
  );

function clashReport({ resource, file, line }: Claim, winner: Claim): Report {
  const { kind, namespace, name } = idOf(resource);
  const message =
    `${kind} ${namespace}/${name} is defined here too; that in ${winner.file.path} is used, remove one of them`;
  const report = makeReport("warning", "SLUICE-1106", { kind, namespace, name }, "", message);
  return { ...report, location: { file: file.path, line } };
}
