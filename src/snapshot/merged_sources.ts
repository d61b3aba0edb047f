import { ALL_KINDS, idKey, idOf, refKey, sameResource } from "../api/mod.ts";
import type { Kind, Resource, ResourceId } from "../api/mod.ts";
import { compareReports, makeReport } from "../report/mod.ts";
import type { Report } from "../report/mod.ts";
import type { ResourceClient, Transaction } from "../watchers/mod.ts";
import { ApiSnapshot } from "./api_snapshot.ts";
import { compareRefs } from "./resource_map.ts";

interface Source {
  readonly client: ResourceClient;
  /** What it has now. */
  state: ApiSnapshot;
  reports: readonly Report[];
  /** What is wrong with the source as a whole. */
  fault: Report | undefined;
}

/**
 * What all clients gave, laid over each other: where several have one resource, the first of them keeps it. Clients that
 * give way come after all others, whatever their place, and are no party to a clash.
 */
export class MergedSources {
  readonly #sources: readonly Source[];
  readonly #kinds: ReadonlySet<Kind>;
  readonly #changed = new Map<string, ResourceId>();
  readonly #clashes = new Map<string, readonly Report[]>();
  /** Undefined when they are to be gathered anew. */
  #reports: readonly Report[] | undefined;

  /**
   * @param clients In order of precedence.
   * @param after An ApiSnapshot that other sources gave: what the clients do not have is gone from the next one.
   */
  constructor(clients: readonly ResourceClient[], kinds: readonly Kind[], after: ApiSnapshot) {
    this.#sources = clients.map((client) => ({ client, state: NOTHING, reports: [], fault: undefined }));
    this.#kinds = new Set(kinds);
    for (const kind of ALL_KINDS) {
      for (const resource of after.list(kind)) this.#touch(idOf(resource));
    }
  }

  /** Takes a change of the client at `index`. */
  apply(index: number, transaction: Transaction): void {
    const source = this.#sources[index]!;
    if (source.reports !== transaction.reports) this.#reports = undefined;
    source.reports = transaction.reports;
    const changes = new ChangesByKind();
    for (const id of transaction.removed) if (source.state.get(id.kind, id)) changes.add(id, undefined);
    for (const resource of transaction.put) {
      if (this.#kinds.has(resource.kind)) changes.add(idOf(resource), resource);
    }
    source.state = source.state.with(changes.byKind);
    for (const id of changes.ids) this.#touch(id);
  }

  /** Takes a list: what the client at `index` had and the list has not is gone. */
  replace(index: number, transaction: Transaction): void {
    const had = ALL_KINDS.flatMap((kind): readonly Resource[] => this.#sources[index]!.state.list(kind));
    const kept = new Set(had.length === 0 ? [] : transaction.put.map((resource) => idKey(idOf(resource))));
    // In order, so that no later step has to sort thousands again.
    const put = transaction.put.toSorted((a, b) => compareRefs(a.metadata, b.metadata));
    this.apply(index, { ...transaction, put, removed: had.map(idOf).filter((id) => !kept.has(idKey(id))) });
  }

  /** Says what is wrong with the client at `index` as a whole, if anything is. */
  setFault(index: number, fault: Report | undefined): void {
    this.#sources[index]!.fault = fault;
    this.#reports = undefined;
  }

  hasFault(index: number): boolean {
    return this.#sources[index]!.fault !== undefined;
  }

  /**
   * What is wrong with clients, what they said, and the resources that several of them have, in the order of resources;
   * the same array while nothing of that changes.
   */
  reports(): readonly Report[] {
    return this.#reports ??= [
      ...this.#sources.flatMap(({ fault }) => fault ?? []),
      ...this.#sources.flatMap(({ reports }) => reports),
      ...[...this.#clashes.values()].flat(),
    ].sort(compareReports);
  }

  /**
   * The ApiSnapshot that follows `before`: `before` itself where nothing is different from it.
   * @param only Changes of other kinds are left for a later one.
   */
  snapshot(before: ApiSnapshot, only?: ReadonlySet<Kind>): ApiSnapshot {
    const changes = new ChangesByKind();
    for (const [key, id] of this.#changed) {
      if (only && !only.has(id.kind)) continue;
      this.#changed.delete(key);
      const old = before.get(id.kind, id);
      const found = this.#having(id)[0]?.state.get(id.kind, id);
      changes.add(id, found && old && sameResource(found, old) ? old : found);
    }
    return before.with(changes.byKind);
  }

  /** The clients whose say counts for a resource, in order of precedence. */
  #having({ kind, ...ref }: ResourceId): Source[] {
    const having = this.#sources.filter(({ state }) => state.get(kind, ref));
    if (having.length < 2) return having;
    const firm = having.filter(({ client }) => !client.givesWay);
    return firm.length > 0 ? firm : having.slice(0, 1);
  }

  #touch(id: ResourceId): void {
    const key = idKey(id);
    this.#changed.set(key, id);
    const [first, ...later] = this.#having(id);
    if (!first || later.length === 0) {
      if (this.#clashes.delete(key)) this.#reports = undefined;
      return;
    }
    this.#reports = undefined;
    this.#clashes.set(key, later.map(({ client }) => clashReport(id, first.client, client)));
  }
}

const NOTHING = new ApiSnapshot(0, {});

/** New states of resources, as {@link ApiSnapshot.with} takes them. */
class ChangesByKind {
  readonly byKind = new Map<Kind, Map<string, Resource | undefined>>();
  readonly ids: ResourceId[] = [];

  add(id: ResourceId, resource: Resource | undefined): void {
    let ofKind = this.byKind.get(id.kind);
    if (ofKind === undefined) this.byKind.set(id.kind, ofKind = new Map());
    ofKind.set(refKey(id), resource);
    this.ids.push(id);
  }
}

function clashReport(id: ResourceId, first: ResourceClient, later: ResourceClient): Report {
  const message = `${later.name} has a ${id.kind} of this name too; that of ${first.name} is used, remove one of them`;
  const report = makeReport("warning", "SLUICE-1106", id, "", message);
  const location = later.locate?.(id, "");
  return location ? { ...report, location } : report;
}
