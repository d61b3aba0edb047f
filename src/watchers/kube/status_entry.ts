import type { Kind } from "../../api/mod.ts";
import type { ResourceStatus, State } from "../../report/mod.ts";

/** Gloo's numbers of states, as its CRDs hold them. */
const NUMBERS: Readonly<Record<State, number>> = { Pending: 0, Accepted: 1, Rejected: 2, Warning: 3 };

/** Gloo cuts a reason there too: statuses live in etcd, and are sent to everybody who watches. */
const LONGEST_REASON = 1024;

/** What stands under `status.statuses.<namespace>` of an object. */
export interface StatusEntry {
  readonly state: number;
  readonly reportedBy: "gateway" | "gloo";
  readonly reason?: string;
  readonly messages?: readonly string[];
}

/** Kinds whose statuses Gloo's gateway translation reports; the others are reported by "gloo". */
const GATEWAY_KINDS: ReadonlySet<Kind> = new Set<Kind>([
  "Gateway",
  "MatchableHttpGateway",
  "MatchableTcpGateway",
  "RouteOption",
  "RouteTable",
  "VirtualHostOption",
  "VirtualService",
]);

/** Who Gloo says has reported the status of a kind. */
export const reporterOf = (kind: Kind): StatusEntry["reportedBy"] => GATEWAY_KINDS.has(kind) ? "gateway" : "gloo";

/** The entry of a status. */
export function statusEntry({ kind, state, reason, messages }: ResourceStatus): StatusEntry {
  return {
    state: NUMBERS[state],
    reportedBy: reporterOf(kind),
    ...(reason !== "" && { reason: cut(reason) }),
    ...(messages.length > 0 && { messages: messages.map(cut) }),
  };
}

/** The entry of a namespace in the status of an object, as text to compare; "" where there is none. */
export function entryText(status: unknown, namespace: string): string {
  const entry = fields(fields(fields(status).statuses)[namespace]);
  const { state, reportedBy, reason = "", messages = [] } = entry;
  return state === undefined && reportedBy === undefined ? "" : JSON.stringify([state, reportedBy, reason, messages]);
}

/** The same of an entry that is to be written. */
export const textOfEntry = ({ state, reportedBy, reason = "", messages = [] }: StatusEntry): string =>
  JSON.stringify([state, reportedBy, reason, messages]);

const cut = (text: string): string => text.length <= LONGEST_REASON ? text : `${text.slice(0, LONGEST_REASON - 1)}…`;

const fields = (value: unknown): Record<string, unknown> =>
  typeof value === "object" && value !== null ? value as Record<string, unknown> : {};
