import {
  ALL_KINDS,
  type Changes,
  idKey,
  idOf,
  type Kind,
  KINDS,
  KINDS_NOT_SERVED,
  type Resource,
  type ResourceId,
  sameItems,
} from "../api/mod.ts";
import type { Held } from "../holds/mod.ts";
import {
  compareReports,
  isSourceRef,
  makeReport,
  type Report,
  type ResourceStatus,
  type State,
  worst,
} from "../report/mod.ts";
import { ApiSnapshot } from "../snapshot/mod.ts";

export interface StatusInput {
  readonly snapshot: ApiSnapshot;
  readonly reports: readonly Report[];
  readonly held: readonly Held[];
  /** Without a proxy nothing of an Upstream was tried: it stays Pending (as in Gloo). */
  readonly hasProxy: boolean;
}

/** What differs from one set of statuses to the next. */
export interface StatusChanges {
  /** In order of kind, namespace and name. */
  readonly changed: readonly ResourceStatus[];
  readonly removed: readonly ResourceId[];
}

/** What is said about one resource. */
interface Words {
  readonly id: ResourceId;
  /** As they came. */
  readonly raw: readonly Report[];
  /** Sorted, each once. */
  readonly reports: readonly Report[];
  readonly messages: readonly string[];
}

/**
 * The statuses of all resources that exist or are reported on. From one sync to the next only those are made anew whose
 * resource came or went, or of whom something else is said: their number is that of the change, not of the configuration.
 */
export class StatusBook {
  /** By {@link idKey}. */
  readonly #statuses = new Map<string, ResourceStatus>();
  readonly #counts = new Map<State, number>(STATES.map((state) => [state, 0]));
  #said: ReadonlyMap<string, Words> = new Map();
  #last: ApiSnapshot | undefined;
  #hasProxy = false;

  /** In order of kind, namespace and name. */
  get statuses(): readonly ResourceStatus[] {
    return [...this.#statuses.values()].sort(compareIds);
  }

  /** How many resources are in each state. */
  get counts(): ReadonlyMap<State, number> {
    return this.#counts;
  }

  get(id: ResourceId): ResourceStatus | undefined {
    return this.#statuses.get(idKey(id));
  }

  /** Takes what is said now. Yields now and then: at the first time all statuses are made. */
  *update(input: StatusInput): Generator<void, StatusChanges> {
    const said = wordsByOwner(input, this.#said);
    yield;
    const touched = this.#touched(input, said);
    const changed: ResourceStatus[] = [];
    const removed: ResourceId[] = [];
    let steps = 0;
    for (const [key, id] of touched) {
      if (steps++ % BATCH === 0) yield;
      const before = this.#statuses.get(key);
      const words = said.get(key);
      const exists = (words?.reports.length ?? 0) > 0 ||
        (hasStatus(id.kind) && input.snapshot.get(id.kind, id) !== undefined);
      const after = exists ? statusOf(id, words?.reports ?? [], words?.messages ?? [], input.hasProxy) : undefined;
      this.#set(key, before, after);
      if (after && !sameStatus(before, after)) changed.push(after);
      if (before && !after) removed.push(id);
    }
    this.#said = said;
    this.#last = input.snapshot;
    this.#hasProxy = input.hasProxy;
    return { changed: changed.sort(compareIds), removed };
  }

  /** Resources whose status may be another one now, by {@link idKey}. */
  #touched({ snapshot, hasProxy }: StatusInput, said: ReadonlyMap<string, Words>): Map<string, ResourceId> {
    const touched = new Map<string, ResourceId>();
    const touch = ({ kind, namespace, name }: ResourceId) =>
      void touched.set(idKey({ kind, namespace, name }), { kind, namespace, name });
    const changes = this.#last ? snapshot.changesSince(this.#last) : everything(snapshot);
    for (const [kind, ofKind] of changes) {
      if (!hasStatus(kind)) continue;
      for (const { before, after } of ofKind.values()) if (!before || !after) touch(idOf((before ?? after)!));
    }
    for (const [key, words] of said) if (words !== this.#said.get(key)) touch(words.id);
    for (const [key, words] of this.#said) if (!said.has(key)) touch(words.id);
    if (this.#hasProxy !== hasProxy) {
      for (const kind of PENDING_KINDS) snapshot.list(kind).forEach((resource) => touch(idOf(resource)));
    }
    return touched;
  }

  #set(key: string, before: ResourceStatus | undefined, after: ResourceStatus | undefined): void {
    if (before) this.#counts.set(before.state, this.#counts.get(before.state)! - 1);
    if (after) this.#counts.set(after.state, this.#counts.get(after.state)! + 1);
    if (after) this.#statuses.set(key, after);
    else this.#statuses.delete(key);
  }
}

/** The statuses of one ApiSnapshot by itself, in order of kind, namespace and name. */
export function statusesOf(input: StatusInput): readonly ResourceStatus[] {
  const book = new StatusBook();
  const work = book.update(input);
  while (!work.next().done);
  return book.statuses;
}

/** How many statuses are made between two yields: a fraction of a millisecond. */
const BATCH = 256;

const STATES: readonly State[] = ["Accepted", "Warning", "Rejected", "Pending"];
const PENDING_KINDS = ["Upstream", "UpstreamGroup"] as const;
const KIND_ORDER = new Map(ALL_KINDS.map((kind, i) => [kind, i]));

function compareIds(a: ResourceId, b: ResourceId): number {
  return KIND_ORDER.get(a.kind)! - KIND_ORDER.get(b.kind)! || compareText(a.namespace, b.namespace) ||
    compareText(a.name, b.name);
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Of Kubernetes' own kinds only what is wrong with them is told. */
const hasStatus = (kind: Kind): boolean => KINDS[kind].owner === "gloo";

function everything(snapshot: ApiSnapshot): Changes {
  return snapshot.changesSince(new ApiSnapshot(0, {}));
}
/** What is said, by {@link idKey}; the very words of before where the same is said again. */
function wordsByOwner(
  { snapshot, reports, held }: StatusInput,
  before: ReadonlyMap<string, Words>,
): ReadonlyMap<string, Words> {
  const groups = new Map<string, { id: ResourceId; raw: Report[]; messages: string[] }>();
  const groupOf = (id: ResourceId) => {
    const key = idKey(id);
    const known = groups.get(key);
    if (known) return known;
    const { kind, namespace, name } = id;
    const group = { id: { kind, namespace, name }, raw: [], messages: [] };
    groups.set(key, group);
    return group;
  };
  for (const report of reports) if (!isSourceRef(report.ref)) groupOf(report.ref).raw.push(report);
  for (const kind of KINDS_NOT_SERVED) {
    for (const report of notServed(snapshot.list(kind))) groupOf(report.ref).raw.push(report);
  }
  for (const one of held) groupOf(one.origin).messages.push(heldMessage(one));
  const said = new Map<string, Words>();
  for (const [key, { id, raw, messages }] of groups) {
    const last = before.get(key);
    const same = last && sameItems(last.raw, raw) && sameItems(last.messages, messages);
    said.set(key, same ? last : { id, raw, messages, reports: eachOnce(raw) });
  }
  return said;
}

function eachOnce(reports: readonly Report[]): Report[] {
  const sorted = [...reports].sort(compareReports);
  return sorted.filter((report, i) => i === 0 || compareReports(report, sorted[i - 1]!) !== 0);
}

function heldMessage({ origin, what, since }: Held): string {
  const where = origin.path ? ` at ${origin.path}` : "";
  return `the ${what}${where} is served in its last good form since ${new Date(since).toISOString()}`;
}

const notServedReports = new WeakMap<readonly Resource[], readonly Report[]>();

/** The list of a kind is one object while nothing of that kind changes; so are its reports. */
function notServed(resources: readonly Resource[]): readonly Report[] {
  let reports = notServedReports.get(resources);
  if (!reports) {
    reports = resources.map((resource) =>
      makeReport("error", "SLUICE-1401", idOf(resource), "", `${resource.kind} is read and kept, but not served yet`)
    );
    notServedReports.set(resources, reports);
  }
  return reports;
}

function statusOf(
  { kind, namespace, name }: ResourceId,
  reports: readonly Report[],
  messages: readonly string[],
  hasProxy: boolean,
): ResourceStatus {
  return {
    kind,
    namespace,
    name,
    state: stateOf(kind, reports, hasProxy),
    reason: reasonOf(reports),
    reports,
    messages,
  };
}

function stateOf(kind: Kind, reports: readonly Report[], hasProxy: boolean): State {
  const severity = worst(reports);
  if (severity === "error") return "Rejected";
  if (severity === "warning") return "Warning";
  return !hasProxy && (kind === "Upstream" || kind === "UpstreamGroup") ? "Pending" : "Accepted";
}

/** Gloo's reason: the errors, then the warnings, each with code and path. */
function reasonOf(reports: readonly Report[]): string {
  const errors = reports.filter((report) => report.severity === "error");
  const warnings = reports.filter((report) => report.severity === "warning");
  const lines = errors.length === 0 ? [] : [
    `${errors.length} error${errors.length === 1 ? "" : "s"} occurred:`,
    ...errors.map((one) => `* ${sentence(one)}`),
  ];
  return [...lines, ...warnings.map((one) => `warning: ${sentence(one)}`)].join("\n");
}

function sentence(report: Report): string {
  return `${report.code} ${report.path ? `${report.path}: ` : ""}${report.message}`;
}

function sameStatus(a: ResourceStatus | undefined, b: ResourceStatus): boolean {
  return a !== undefined && a.state === b.state && a.reason === b.reason &&
    a.messages.length === b.messages.length && a.messages.every((message, i) => message === b.messages[i]);
}
