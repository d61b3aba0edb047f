import type { AnyResource, ResourceId } from "../api/mod.ts";
import type { Report } from "../report/mod.ts";

/** What a request would make of the configuration. */
export interface Change {
  /** Resources as they would be, in place of those of their names. */
  readonly put: readonly AnyResource[];
  readonly removed: readonly ResourceId[];
  /** Warnings of reading it. */
  readonly found?: readonly Report[];
}

/** What is to be said to a change. */
export interface Verdict {
  readonly allowed: boolean;
  /** What the change breaks or brings along broken. Where it is allowed all the same, the mode says so (`alwaysAccept`). */
  readonly errors: readonly Report[];
  readonly warnings: readonly Report[];
  /** True where the change was not judged against the other resources: these are not known yet, or a sync takes too long. */
  readonly unjudged?: boolean;
}
