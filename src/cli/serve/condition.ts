import { isSourceRef, type Report, type ResourceStatus } from "../../report/mod.ts";
import type { Condition } from "./messages.ts";
import type { XdsFront } from "./xds_front.ts";

/** How many roles are named. */
const MOST_NAMED = 3;

/** How far syncs have come. */
export interface SyncedState {
  /** The first sync is done. */
  readonly ready: boolean;
  /** When the last one ended, in milliseconds since 1970. */
  readonly at: number;
  readonly statuses: readonly ResourceStatus[];
}

/**
 * How the control plane fares: ready where /readyz says so and Envoys can connect; the text is one plain sentence.
 * @param admin Where the admin pages are: `127.0.0.1:9091`.
 */
export function conditionOf(
  front: XdsFront,
  synced: SyncedState,
  reports: readonly Report[],
  admin: string,
): Condition {
  const { servesFrom } = front.state;
  const faults = [...reports, ...front.state.reports()].filter(({ ref }) => isSourceRef(ref));
  const worst = faults[0] ? `: ${sentence(faults[0])}` : "";
  if (front.address === undefined || (!synced.ready && !servesFrom)) {
    return { ready: false, text: `Starting, nothing is served yet${worst}` };
  }
  if (!synced.ready) {
    const since = timeOf(servesFrom!.getTime());
    return { ready: true, text: `Serving what was served last, at ${since}, until all is read${worst}` };
  }
  return { ready: true, text: `${served(front.cache.roles(), synced.at)}${faultsText(synced, faults, admin)}` };
}

function served(roles: readonly string[], at: number): string {
  if (roles.length === 0) return "Serving nothing: no Gateway with routes was read, and no Proxy";
  const more = roles.length > MOST_NAMED ? ` and ${roles.length - MOST_NAMED} more` : "";
  return `Serving ${roles.slice(0, MOST_NAMED).join(", ")}${more} as of ${timeOf(at)}`;
}

function faultsText({ statuses }: SyncedState, faults: readonly Report[], admin: string): string {
  const rejected = statuses.filter(({ state }) => state === "Rejected").length;
  const warned = statuses.filter(({ state }) => state === "Warning").length;
  const parts = [
    ...(rejected > 0 ? [`${rejected} rejected`] : []),
    ...(warned > 0 ? [`${warned} with warnings`] : []),
    ...(faults[0] ? [sentence(faults[0])] : []),
  ];
  return parts.length === 0 ? "" : `; ${parts.join(", ")} (http://${admin}/status)`;
}

/** Where the fault is, and what it is. */
function sentence({ location, message }: Report): string {
  if (!location) return message;
  const { file, line } = location;
  return message.includes(file) ? message : `${line === undefined ? file : `${file}:${line}`}: ${message}`;
}

/** `2025-11-28T15:04:05Z` */
const timeOf = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19)}Z`;
