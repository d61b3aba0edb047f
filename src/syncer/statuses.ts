import { ALL_KINDS, idKey, idOf, type Kind, KINDS_NOT_SERVED, type ResourceId } from "../api/mod.ts";
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
import type { ApiSnapshot } from "../snapshot/mod.ts";

export interface StatusInput {
  readonly snapshot: ApiSnapshot;
  readonly reports: readonly Report[];
  readonly held: readonly Held[];
  /** Without a proxy nothing of an Upstream was tried: it stays Pending (as in Gloo). */
  readonly hasProxy: boolean;
}

/** The status of every resource that exists or is reported on, by {@link idKey}. */
export function statusesOf(input: StatusInput): Map<string, ResourceStatus> {
  const reports = groupByOwner([...input.reports, ...notServed(input.snapshot)]);
  const held = heldByOwner(input.held);
  const statuses = new Map<string, ResourceStatus>();
  for (const kind of ALL_KINDS) {
    for (const resource of input.snapshot.list(kind)) {
      const id = idOf(resource);
      const key = idKey(id);
      statuses.set(key, statusOf(id, reports.get(key) ?? [], held.get(key) ?? [], input.hasProxy));
    }
  }
  for (const [key, list] of reports) {
    if (!statuses.has(key)) statuses.set(key, statusOf(list[0]!.ref, list, held.get(key) ?? [], input.hasProxy));
  }
  return statuses;
}

function groupByOwner(reports: readonly Report[]): Map<string, Report[]> {
  const groups = new Map<string, Report[]>();
  for (const report of [...reports].filter(({ ref }) => !isSourceRef(ref)).sort(compareReports)) {
    const key = idKey(report.ref);
    const group = groups.get(key);
    if (!group) groups.set(key, [report]);
    else if (compareReports(group[group.length - 1]!, report) !== 0) group.push(report);
  }
  return groups;
}

function heldByOwner(held: readonly Held[]): Map<string, string[]> {
  const messages = new Map<string, string[]>();
  for (const { origin, what, since } of held) {
    const key = idKey(origin);
    const where = origin.path ? ` at ${origin.path}` : "";
    const text = `the ${what}${where} is served in its last good form since ${new Date(since).toISOString()}`;
    messages.set(key, [...messages.get(key) ?? [], text]);
  }
  return messages;
}

function* notServed(snapshot: ApiSnapshot): Generator<Report> {
  for (const kind of KINDS_NOT_SERVED) {
    for (const resource of snapshot.list(kind)) {
      yield makeReport("error", "SLUICE-1401", idOf(resource), "", `${kind} is read and kept, but not served yet`);
    }
  }
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

/** What differs between two sets of statuses. */
export function changedStatuses(
  before: ReadonlyMap<string, ResourceStatus>,
  after: ReadonlyMap<string, ResourceStatus>,
): { changed: ResourceStatus[]; removed: ResourceId[] } {
  const changed = [...after].filter(([key, status]) => !sameStatus(before.get(key), status)).map(([, status]) =>
    status
  );
  const removed = [...before].filter(([key]) => !after.has(key)).map(([, { kind, namespace, name }]) => ({
    kind,
    namespace,
    name,
  }));
  return { changed, removed };
}

function sameStatus(a: ResourceStatus | undefined, b: ResourceStatus): boolean {
  return a !== undefined && a.state === b.state && a.reason === b.reason &&
    a.messages.length === b.messages.length && a.messages.every((message, i) => message === b.messages[i]);
}
