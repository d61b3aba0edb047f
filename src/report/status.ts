import type { ResourceId } from "../api/mod.ts";
import type { Report } from "./report.ts";

/** Gloo's states of a resource. */
export type State = "Pending" | "Accepted" | "Rejected" | "Warning";

/** The status of one resource after a sync. */
export interface ResourceStatus extends ResourceId {
  readonly state: State;
  /** Gloo's text: errors, then lines that start with `warning: `; "" when Accepted. */
  readonly reason: string;
  readonly reports: readonly Report[];
  /** Further sentences that are no fault (a held last good form, what is not served yet). */
  readonly messages: readonly string[];
}

/** Writes statuses where users look for them. Called with what changed since the last call; must never throw. */
export interface StatusWriter {
  write(changed: readonly ResourceStatus[], removed: readonly ResourceId[]): Promise<void>;
}
