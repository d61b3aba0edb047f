import { ALL_KINDS, KINDS, type ResourceId } from "../../api/mod.ts";
import { type Location, type Report, secretRedactor } from "../../report/mod.ts";
import type { AdminSources } from "../../server/mod.ts";
import type { ApiSnapshot } from "../../snapshot/mod.ts";
import type { TranslatorSyncer } from "../../syncer/mod.ts";
import type { Metrics } from "../../telemetry/mod.ts";
import type { ClientInfo, XdsCache } from "../../xds/mod.ts";
import { envoySnapshotJson } from "../xds_json.ts";

export interface PageSources {
  readonly ready: () => boolean;
  readonly metrics: Metrics;
  readonly cache: XdsCache;
  readonly syncer: TranslatorSyncer;
  readonly snapshot: () => ApiSnapshot | undefined;
  readonly sourceReports: () => readonly Report[];
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
    status: () =>
      syncer.statuses.map(({ kind, namespace, name, state, reason, reports, messages }) => ({
        kind,
        namespace,
        name,
        state,
        reasons: reports.map((report) => located(report, from.locate)),
        reason,
        messages,
      })),
    clients: () =>
      from.clients().map((client) => ({ ...client, connectedAt: new Date(client.connectedAt).toISOString() })),
    replacer: () => secretRedactor(from.snapshot()?.list("Secret") ?? []),
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
    if (list.length > 0) lists[KINDS[kind].plural] = list.map(({ metadata, spec }) => ({ metadata, ...spec }));
  }
  return { sequence: snapshot?.sequence ?? 0, ...lists };
}
