import type { ResourceStatus, State } from "../../report/mod.ts";
import { reporterOf } from "../reporter.ts";

/** Gloo cuts a reason there too: statuses live in etcd, and are sent to everybody who watches. */
const LONGEST_REASON = 1024;

/** What stands under `status.statuses.<namespace>` of an object. */
export interface StatusEntry {
  /** By its name, as Gloo 1.14 writes it; older ones wrote its number. */
  readonly state: State;
  readonly reportedBy: "gateway" | "gloo";
  readonly reason?: string;
  readonly messages?: readonly string[];
}

/** The entry of a status. */
export function statusEntry({ kind, state, reason, messages }: ResourceStatus): StatusEntry {
  return {
    state,
    reportedBy: reporterOf(kind),
    ...(reason !== "" && { reason: cut(reason) }),
    ...(messages.length > 0 && { messages: messages.map(cut) }),
  };
}

/** States by the numbers that older Gloos wrote. */
const NAMES: readonly unknown[] = ["Pending", "Accepted", "Rejected", "Warning"] satisfies State[];

/** The entry of a namespace in the status of an object, as text to compare; "" where there is none. */
export function entryText(status: unknown, namespace: string): string {
  const { state, reportedBy, reason = "", messages = [], ...others } = entryOf(status, namespace);
  return state === undefined && reportedBy === undefined
    ? ""
    : textOf(typeof state === "number" ? NAMES[state] : state, reportedBy, reason, messages, others);
}

/** Fields of the entry of a namespace that are not in this one: what another writer of the entry has left in it. */
export function leftFields(status: unknown, namespace: string, entry: StatusEntry): readonly string[] {
  return Object.keys(entryOf(status, namespace)).filter((name) => !Object.hasOwn(entry, name));
}

/** The same of an entry that is to be written. */
export const textOfEntry = ({ state, reportedBy, reason = "", messages = [] }: StatusEntry): string =>
  textOf(state, reportedBy, reason, messages, {});

const textOf = (...parts: readonly unknown[]): string => JSON.stringify(parts);

const cut = (text: string): string => text.length <= LONGEST_REASON ? text : `${text.slice(0, LONGEST_REASON - 1)}…`;

const entryOf = (status: unknown, namespace: string): Record<string, unknown> =>
  fields(fields(fields(status).statuses)[namespace]);

const fields = (value: unknown): Record<string, unknown> =>
  typeof value === "object" && value !== null ? value as Record<string, unknown> : {};
