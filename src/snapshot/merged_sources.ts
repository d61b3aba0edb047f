import { ALL_KINDS, idKey, idOf, refKey, sameResource } from "../api/mod.ts";
import type { AnyResource, Kind, Resource, ResourceId } from "../api/mod.ts";
import { makeReport } from "../report/mod.ts";
import type { Report } from "../report/mod.ts";
import type { ResourceClient, Transaction } from "../watchers/mod.ts";
import { ApiSnapshot } from "./api_snapshot.ts";
import { changeResources } from "./resource_map.ts";
import type { ResourceMap } from "./resource_map.ts";

interface Source {
  readonly client: ResourceClient;
  readonly resources: Map<string, AnyResource>;
  reports: readonly Report[];
}

/** What all clients gave, laid over each other: where several have one resource, the first of them keeps it. */
export class MergedSources {
  readonly #sources: readonly Source[];
  readonly #kinds: ReadonlySet<Kind>;
  readonly #changed = new Map<string, ResourceId>();
  readonly #clashes = new Map<string, readonly Report[]>();

  /**
   * @param clients In order of precedence.
   * @param after An ApiSnapshot that other sources gave: what the clients do not have is gone from the next one.
   */
  constructor(clients: readonly ResourceClient[], kinds: readonly Kind[], after: ApiSnapshot) {
    this.#sources = clients.map((client) => ({ client, resources: new Map(), reports: [] }));
    this.#kinds = new Set(kinds);
    for (const kind of ALL_KINDS) {
      for (const resource of after.list(kind)) this.#touch(idOf(resource));
    }
  }

  /** Takes a change of the client at `index`. */
  apply(index: number, transaction: Transaction): void {
    const source = this.#sources[index]!;
    source.reports = transaction.reports;
    for (const id of transaction.removed) {
      if (source.resources.delete(idKey(id))) this.#touch(id);
    }
    for (const resource of transaction.put) {
      if (!this.#kinds.has(resource.kind)) continue;
      const id = idOf(resource);
      source.resources.set(idKey(id), resource);
      this.#touch(id);
    }
  }

  /** Takes a list: what the client at `index` had and the list has not is gone. */
  replace(index: number, transaction: Transaction): void {
    const kept = new Set(transaction.put.map((resource) => idKey(idOf(resource))));
    const gone = [...this.#sources[index]!.resources].filter(([key]) => !kept.has(key));
    this.apply(index, { ...transaction, removed: gone.map(([, resource]) => idOf(resource)) });
  }

  /** What clients said, and the resources that several of them have. */
  reports(): Report[] {
    return [...this.#sources.flatMap(({ reports }) => reports), ...[...this.#clashes.values()].flat()];
  }

  /** The ApiSnapshot that follows `before`: `before` itself where nothing is different from it. */
  snapshot(before: ApiSnapshot): ApiSnapshot {
    const changes = new Map<Kind, Map<string, Resource | undefined>>();
    for (const [key, id] of this.#changed) {
      const old = before.get(id.kind, id);
      const found = this.#sources.find(({ resources }) => resources.has(key))?.resources.get(key);
      const ofKind = changes.get(id.kind) ?? new Map<string, Resource | undefined>();
      changes.set(id.kind, ofKind.set(refKey(id), found && old && sameResource(found, old) ? old : found));
    }
    this.#changed.clear();
    const next: { [K in Kind]?: ResourceMap } = {};
    let different = false;
    for (const kind of ALL_KINDS) {
      const map = before.map(kind) as ResourceMap;
      const ofKind = changes.get(kind);
      next[kind] = ofKind ? changeResources(map, ofKind) : map;
      different ||= next[kind] !== map;
    }
    return different ? new ApiSnapshot(before.sequence + 1, next as { readonly [K in Kind]?: ResourceMap<K> }) : before;
  }

  #touch(id: ResourceId): void {
    const key = idKey(id);
    this.#changed.set(key, id);
    const [first, ...later] = this.#sources.filter(({ resources }) => resources.has(key));
    if (!first || later.length === 0) {
      this.#clashes.delete(key);
      return;
    }
    this.#clashes.set(key, later.map(({ client }) => clashReport(id, first.client, client)));
  }
}

function clashReport(id: ResourceId, first: ResourceClient, later: ResourceClient): Report {
  const message = `${later.name} has a ${id.kind} of this name too; that of ${first.name} is used, remove one of them`;
  const report = makeReport("warning", "SLUICE-1106", id, "", message);
  const location = later.locate?.(id, "");
  return location ? { ...report, location } : report;
}
