import { ALL_KINDS, KINDS, type Resource, type ResourceId } from "../../api/mod.ts";
import { isSourceRef, type Location, type Report, secretRedactor } from "../../report/mod.ts";
import type { AdminSources } from "../../server/mod.ts";
import type { ApiSnapshot } from "../../snapshot/mod.ts";
import type { TranslatorSyncer } from "../../syncer/mod.ts";
import type { Metrics } from "../../telemetry/mod.ts";
import type { ClientInfo, XdsCache } from "../../xds/mod.ts";
import { envoySnapshotJson } from "../xds_json.ts";

export interface PageSources {
  readonly ready: () => string | undefined;
  readonly metrics: Metrics;
  readonly cache: XdsCache;
  readonly syncer: TranslatorSyncer;
  readonly snapshot: () => ApiSnapshot | undefined;
  readonly sourceReports: () => readonly Report[];
  /** Every Secret that may still be part of what is served. */
  readonly secrets: () => readonly Resource<"Secret">[];
  readonly clients: () => readonly ClientInfo[];
  readonly locate: (id: ResourceId, path: string) => Location | undefined;
}

/** What the admin pages show of the running control plane. */
export function adminPages(from: PageSources): AdminSources {
  const { cache, syncer } = from;
  return {
    ready: from.ready,
    metrics: () => from.metrics.text(),
    input: () => ({ ...inputOf(from.snapshot()), reports: from.sourceReports() }),
    proxies: () => syncer.proxies.map(({ metadata, spec }) => ({ metadata, ...spec })),
    xds(node) {
      const role = cache.has(node) ? node : from.clients().find(({ nodeId }) => nodeId === node)?.role;
      const snapshot = role === undefined ? undefined : cache.snapshot(role);
      return snapshot && envoySnapshotJson(snapshot);
    },
    roles: () => cache.roles(),
    status: () => [
      ...syncer.statuses.map(({ kind, namespace, name, state, reason, reports, messages }) => ({
        kind,
        namespace,
        name,
        state,
        reasons: reports.map((report) => located(report, from.locate)),
        reason,
        messages,
      })),
      ...from.sourceReports().filter(({ ref }) => isSourceRef(ref)).map(fileStatus),
    ],
    clients: () =>
      from.clients().map((client) => ({ ...client, connectedAt: new Date(client.connectedAt).toISOString() })),
    replacer: () => secretRedactor(from.secrets()),
  };
}

/** What is wrong with a file or folder as such, so that no resource could be told. */
function fileStatus(report: Report): Record<string, unknown> {
  const { severity, code, message, location } = report;
  return {
    kind: "File",
    namespace: "",
    name: location?.file ?? "",
    state: severity === "error" ? "Rejected" : "Warning",
    reasons: [located(report, () => undefined)],
    reason: `${code} ${message}`,
    messages: [],
  };
}

/** A report as the status page and the log tell it: with the place in the file, where that is known. */
export function located(
  report: Report,
  locate: (id: ResourceId, path: string) => Location | undefined,
): Omit<Report, "ref"> {
  const { severity, code, path, message } = report;
  const location = report.location ?? locate(report.ref, path);
  return { severity, code, path, message, ...(location ? { location } : {}) };
}

/** Each kind by the name of its list, as in Gloo's ApiSnapshot: resources as Gloo writes them. */
function inputOf(snapshot: ApiSnapshot | undefined): Record<string, unknown> {
  const lists: Record<string, unknown> = {};
  for (const kind of ALL_KINDS) {
    const list = snapshot?.list(kind) ?? [];
    if (list.length > 0) lists[KINDS[kind].plural] = list.map(shown);
  }
  return { sequence: snapshot?.sequence ?? 0, ...lists };
}

/** kubectl keeps what it applied, a Secret's data too, in an annotation. */
const LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration";

function shown({ kind, metadata, spec }: Resource): Record<string, unknown> {
  if (kind !== "Secret" || !metadata.annotations?.[LAST_APPLIED]) return { metadata, ...spec };
  const { [LAST_APPLIED]: _, ...annotations } = metadata.annotations;
  return { metadata: { ...metadata, annotations }, ...spec };
}
