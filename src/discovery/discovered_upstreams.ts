import { idKey, idOf, sameItems, sameResource } from "../api/mod.ts";
import type { AnyResource, Resource, ResourceId } from "../api/mod.ts";
import { compareReports, makeReport } from "../report/mod.ts";
import type { Report } from "../report/mod.ts";
import type { Transaction } from "../watchers/mod.ts";
import type { DiscoveryRules } from "./rules.ts";
import { upstreamsOf } from "./upstreams_of.ts";

/** A port of a Service. */
export interface ServicePortRef {
  readonly serviceNamespace: string;
  readonly serviceName: string;
  readonly servicePort: number;
}

/** What is known of the Services now, for whoever writes it elsewhere. */
export interface Found {
  readonly upstreams: readonly Resource<"Upstream">[];
  /** True where there is such a Service with such a port, discovered or not. */
  hasPort(port: ServicePortRef): boolean;
}

/** What one Service gives. */
interface Entry {
  readonly service: Resource<"Service">;
  readonly upstreams: readonly Resource<"Upstream">[];
  readonly reports: readonly Report[];
}

/** An Upstream that a Service would have. */
interface Candidate {
  readonly service: Resource<"Service">;
  readonly upstream: Resource<"Upstream">;
}

/**
 * The Upstreams of the Services that were given, each the same object for as long as it is equal. Where two Services come
 * to one name, the older has it, so that nobody takes traffic over by a name well chosen.
 */
export class DiscoveredUpstreams implements Found {
  readonly #rules: DiscoveryRules;
  /** By {@link idKey} of the Service. */
  readonly #entries = new Map<string, Entry>();
  /** By name of the Upstream; the first has the name. */
  readonly #candidates = new Map<string, readonly Candidate[]>();
  /** By name: what others know of. */
  readonly #visible = new Map<string, Resource<"Upstream">>();
  /** Names that several Services come to. */
  readonly #clashing = new Set<string>();
  #reports: readonly Report[];

  constructor(rules: DiscoveryRules) {
    this.#rules = rules;
    this.#reports = rules.reports;
  }

  get upstreams(): readonly Resource<"Upstream">[] {
    return [...this.#visible.values()];
  }

  hasPort({ serviceNamespace, serviceName, servicePort }: ServicePortRef): boolean {
    const key = idKey({ kind: "Service", namespace: serviceNamespace, name: serviceName });
    return this.#entries.get(key)?.service.spec.ports?.some(({ port }) => port === servicePort) ?? false;
  }

  /** Takes all Services that there are, with a rest after each; gives all Upstreams. */
  *replace(listed: Transaction): Generator<void, Transaction> {
    const kept = new Set(listed.put.map((resource) => idKey(idOf(resource))));
    const gone = [...this.#entries].filter(([key]) => !kept.has(key)).map(([, { service }]) => idOf(service));
    return { ...yield* this.#take({ ...listed, removed: gone }), put: this.upstreams, removed: [] };
  }

  /** Takes a change of Services; gives that of Upstreams. */
  apply(change: Transaction): Transaction {
    return toEnd(this.#take(change));
  }

  *#take({ put, removed, since }: Transaction): Generator<void, Transaction> {
    const names = new Set<string>();
    let told = false;
    const set = (key: string, entry: Entry | undefined): void => {
      const before = this.#entries.get(key);
      if (entry) this.#entries.set(key, entry);
      else this.#entries.delete(key);
      told ||= (before?.reports.length ?? 0) + (entry?.reports.length ?? 0) > 0;
      this.#replaceCandidates(before, entry, names);
    };
    for (const id of removed) if (id.kind === "Service") set(idKey(id), undefined);
    for (const service of put) {
      if (!isService(service) || this.#entries.get(idKey(idOf(service)))?.service === service) continue;
      set(idKey(idOf(service)), { service, ...upstreamsOf(service, this.#rules) });
      yield;
    }
    const changes = this.#settle(names);
    if (told || changes.clashed) this.#gatherReports();
    return { put: changes.put, removed: changes.removed, reports: this.#reports, since };
  }

  #replaceCandidates(before: Entry | undefined, after: Entry | undefined, names: Set<string>): void {
    for (const { metadata: { name } } of before?.upstreams ?? []) {
      names.add(name);
      this.#candidates.set(name, this.#candidates.get(name)!.filter(({ service }) => service !== before!.service));
    }
    for (const upstream of after?.upstreams ?? []) {
      const { name } = upstream.metadata;
      names.add(name);
      const others = this.#candidates.get(name) ?? [];
      this.#candidates.set(name, [...others, { service: after!.service, upstream }].sort(compareAges));
    }
  }

  /** What changed for others. */
  #settle(names: ReadonlySet<string>) {
    const put: AnyResource[] = [];
    const removed: ResourceId[] = [];
    let clashed = false;
    for (const name of names) {
      const candidates = this.#candidates.get(name) ?? [];
      if (candidates.length > 1) this.#clashing.add(name);
      clashed ||= this.#clashing.has(name);
      if (candidates.length < 2) this.#clashing.delete(name);
      const before = this.#visible.get(name);
      const first = candidates[0]?.upstream;
      if (!first) {
        this.#candidates.delete(name);
        this.#visible.delete(name);
        if (before) removed.push(idOf(before));
      } else if (!before || !sameResource(before, first)) {
        this.#visible.set(name, first);
        put.push(first);
      }
    }
    return { put, removed, clashed };
  }

  #gatherReports(): void {
    const next = [...this.#rules.reports, ...[...this.#entries.values()].flatMap(({ reports }) => reports)];
    for (const name of this.#clashing) {
      const [first, ...later] = this.#candidates.get(name)!;
      for (const { service } of later) next.push(clashReport(service, name, first!.service));
    }
    next.sort(compareReports);
    if (!sameItems(next, this.#reports, (a, b) => compareReports(a, b) === 0)) this.#reports = next;
  }
}

/** Does the work without a rest. */
export function toEnd<T>(work: Generator<void, T>): T {
  let step = work.next();
  while (!step.done) step = work.next();
  return step.value;
}

const isService = (resource: AnyResource): resource is Resource<"Service"> => resource.kind === "Service";

/** The older Service first, those of unknown age last; of one age, by namespace and name. */
function compareAges({ service: { metadata: a } }: Candidate, { service: { metadata: b } }: Candidate): number {
  return compareText(a.creationTimestamp ?? "~", b.creationTimestamp ?? "~") ||
    compareText(a.namespace, b.namespace) || compareText(a.name, b.name);
}

const compareText = (a: string, b: string): number => a < b ? -1 : a > b ? 1 : 0;

function clashReport(service: Resource<"Service">, name: string, { metadata }: Resource<"Service">): Report {
  const message =
    `the Upstream ${name} is that of the Service ${metadata.namespace}/${metadata.name}, which is older; ` +
    "rename this one, or write an Upstream for it by hand";
  return makeReport("warning", "SLUICE-1603", idOf(service), "", message);
}
