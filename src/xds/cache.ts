import { fallbackSnapshot } from "./fallback.ts";
import { versionOfSet } from "./fingerprint.ts";
import type { EnvoySnapshot } from "./resource.ts";
import { type FoundAgain, Lately, type Removed } from "./lately.ts";
import { shareEqual } from "./share_equal.ts";

/** What a stream sees of the cache: the snapshots of one role. */
export interface SnapshotSource {
  /** The present snapshot; undefined while there is nothing to say yet. */
  current(): EnvoySnapshot | undefined;
  /** What a client has whose clusters have this version, if it was served not long ago. */
  earlier(clusterVersion: string): FoundAgain | undefined;
  /**
   * Calls back at each change until the function that it gives is called. `since` is when what led to it was heard of, in
   * milliseconds on the clock of whoever set the snapshot; undefined where that is not known.
   */
  watch(changed: SnapshotChanged): () => void;
}

export type SnapshotChanged = (snapshot: EnvoySnapshot | undefined, since: number | undefined) => void;

interface Role {
  snapshot: EnvoySnapshot | undefined;
  /** By the version of the clusters, oldest first. */
  readonly earlier: Map<string, EnvoySnapshot>;
  readonly watchers: Set<SnapshotChanged>;
  lately: Lately;
}

/** The role of the Envoys of a proxy, `<namespace>~<name>`, from `<namespace>/<name>`. */
export function roleOfProxy(proxy: string): string {
  return proxy.replace("/", "~");
}

/** How many sets of clusters a role remembers, so that a client that comes back can go on from where it was. */
const REMEMBERED = 16;

/**
 * The newest EnvoySnapshot of each role. A role is node.metadata.role of the clients, `<namespace>~<proxy>`, as in Gloo.
 * Clients of a role that nobody set get the fallback (see {@link fallbackSnapshot}), but only after
 * {@link XdsCache.openFallback}: until the roles are known they get no answer and keep what they have.
 */
export class XdsCache {
  readonly #roles = new Map<string, Role>();
  readonly #roleWatchers = new Set<(role: string) => void>();
  readonly #removalWatchers = new Set<() => void>();
  #fallback: EnvoySnapshot | undefined;

  /**
   * Makes this the role's snapshot. Gives whether anything changed; if not, no client hears of it.
   * @param since When the change was heard of, in milliseconds on the clock of streams; for measurement alone.
   */
  setSnapshot(role: string, snapshot: EnvoySnapshot, since?: number): boolean {
    const entry = this.#entry(role);
    const isNew = entry.snapshot === undefined;
    const next = entry.snapshot === undefined ? snapshot : shareEqual(entry.snapshot, snapshot);
    if (next === entry.snapshot) return false;
    const lost = entry.snapshot !== undefined && entry.lately.add(entry.snapshot, next);
    entry.snapshot = next;
    const version = versionOfSet(next.clusters);
    entry.earlier.delete(version);
    entry.earlier.set(version, next);
    if (entry.earlier.size > REMEMBERED) entry.earlier.delete(entry.earlier.keys().next().value!);
    this.#tell(entry, since);
    if (lost) this.#removalWatchers.forEach((removed) => removed());
    if (isNew) this.#roleWatchers.forEach((added) => added(role));
    return true;
  }

  /** Calls back for each role that has a snapshot of its own, now or later, until the function that it gives is called. */
  watchRoles(added: (role: string) => void): () => void {
    this.#roleWatchers.add(added);
    this.roles().forEach(added);
    return () => void this.#roleWatchers.delete(added);
  }

  /** How roles' snapshots changed of late. */
  lately(): { readonly role: string; readonly removed: readonly Removed[] }[] {
    return [...this.#roles].flatMap(([role, { lately: { removed } }]) => removed.length > 0 ? [{ role, removed }] : []);
  }

  /** How a role's snapshot changed before this process began. */
  restoreLately(role: string, removed: readonly Removed[]): void {
    this.#entry(role).lately = new Lately(removed);
  }

  /** Calls back when {@link lately} gives more. */
  watchRemovals(removed: () => void): void {
    this.#removalWatchers.add(removed);
  }

  /** Forgets the role; its clients get the fallback. */
  clear(role: string): void {
    const entry = this.#roles.get(role);
    if (entry?.snapshot === undefined) return;
    entry.snapshot = undefined;
    entry.earlier.clear();
    this.#tell(entry);
    this.#tidy(role, entry);
  }

  /** The roles that have a snapshot of their own, sorted. */
  roles(): string[] {
    return [...this.#roles].filter(([, { snapshot }]) => snapshot !== undefined).map(([role]) => role).sort();
  }

  /** Whether the role has a snapshot of its own. */
  has(role: string): boolean {
    return this.#roles.get(role)?.snapshot !== undefined;
  }

  /** The role's own snapshot. */
  snapshot(role: string): EnvoySnapshot | undefined {
    return this.#roles.get(role)?.snapshot;
  }

  /** Whether all roles that exist were set for the first time, so that an unknown one is a mistake. */
  get rolesKnown(): boolean {
    return this.#fallback !== undefined;
  }

  /** Call once all roles that exist were set for the first time: from now on an unknown role is a mistake. */
  openFallback(): void {
    if (this.#fallback !== undefined) return;
    this.#fallback = fallbackSnapshot();
    for (const entry of this.#roles.values()) {
      if (entry.snapshot === undefined) this.#tell(entry);
    }
  }

  /** The snapshots that clients of this role get. */
  source(role: string): SnapshotSource {
    return {
      current: () => this.#roles.get(role)?.snapshot ?? this.#fallback,
      earlier: (clusterVersion) => {
        const entry = this.#roles.get(role);
        const known = entry?.earlier.get(clusterVersion);
        if (known) return { snapshot: known, behind: false };
        return entry?.snapshot && entry.lately.find(entry.snapshot, clusterVersion);
      },
      watch: (changed) => {
        const entry = this.#entry(role);
        entry.watchers.add(changed);
        return () => {
          entry.watchers.delete(changed);
          this.#tidy(role, entry);
        };
      },
    };
  }

  #entry(role: string): Role {
    let entry = this.#roles.get(role);
    if (entry === undefined) {
      this.#roles.set(
        role,
        entry = { snapshot: undefined, earlier: new Map(), watchers: new Set(), lately: new Lately() },
      );
    }
    return entry;
  }

  #tidy(role: string, entry: Role): void {
    if (entry.snapshot === undefined && entry.watchers.size === 0) this.#roles.delete(role);
  }

  #tell(entry: Role, since?: number): void {
    for (const changed of [...entry.watchers]) changed(entry.snapshot ?? this.#fallback, since);
  }
}
