import type { AnyResource, Kind, ResourceId } from "../api/mod.ts";
import type { Location, Report } from "../report/mod.ts";

/**
 * What one look at a source found (one scan, one watch event): all of it becomes visible at once. Resources that are
 * neither put nor removed stay as they are.
 */
export interface Transaction {
  readonly put: readonly AnyResource[];
  readonly removed: readonly ResourceId[];
  /** All that is wrong in the source now (not only what is new); the same array while that stays the same. */
  readonly reports: readonly Report[];
  /** When the first event that led to this was heard, on the clock of `elapsed()`; absent where no event did. */
  readonly since?: number;
}

/** Anything that JSON can say. */
export type JsonValue = null | boolean | number | string | readonly JsonValue[] | { readonly [key: string]: JsonValue };

/**
 * What a source knows and would not know again after a restart, by keys of its own: what a file held that is bad by then.
 * Values are JSON.
 */
export interface SourceRecords {
  keys(): Iterable<string>;
  get(key: string): JsonValue | undefined;
  /** The keys whose value may be another since the last call. */
  takeChanged(): readonly string[];
}

/** What a source of the process before knew. */
export type FormerRecords = Pick<SourceRecords, "keys" | "get">;

/** Which kinds and namespaces somebody wants to know of. No namespaces means all. */
export interface Interest {
  readonly kinds: readonly Kind[];
  readonly namespaces?: readonly string[];
}

/**
 * One source of resources (Gloo's and solo-kit's ResourceClient): Register, then List once, then Watch. A client may
 * serve one kind (Kubernetes) or all (a directory). Resources come decoded, frozen, with identity kept while equal.
 */
export interface ResourceClient {
  /** For messages and for `source` in listings: `file:config`, `kube:virtualservices`. */
  readonly name: string;
  /**
   * True where what it has stands back behind what any other client has: a resource of the same identity from elsewhere is
   * used instead, and nobody is told of a clash. For what is made up, as discovered Upstreams are. Default false.
   */
  readonly givesWay?: boolean;
  register(interest: Interest): void;
  /** The state now, as one transaction. Rejects only when the source as a whole cannot be read. */
  list(signal: AbortSignal): Promise<Transaction>;
  /** Calls `commit` for each change after the last list or commit. Ends when `signal` is aborted; survives its source. */
  watch(commit: (transaction: Transaction) => void, signal: AbortSignal): Promise<void>;
  /** Looks again at everything now; resolves when what was found is committed. A no-op for sources that cannot poll. */
  rescan?(): Promise<void>;
  /** What is to be kept for the client that follows this one in the next process. */
  readonly records?: SourceRecords;
  /** For as long as it has not listed: what the client before it had, in the last process. */
  former?(): Transaction | undefined;
  /** Where in the source a path of a resource stands (slow; only for messages). */
  locate?(id: ResourceId, path: string): Location | undefined;
}
