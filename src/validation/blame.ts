import { idKey, idOf, sameValue } from "../api/mod.ts";
import { type Code, compareReports, type Report } from "../report/mod.ts";
import type { ApiSnapshot } from "../snapshot/mod.ts";
import type { Change } from "./verdict.ts";
import { type ReportSet, unique, worseThan } from "./worse.ts";

/**
 * Warnings that say that requests which were served are not any more: they get 503 or 500, or are not listened for. Of a
 * resource that somebody is writing they are no more than warnings (its Upstream may come next); where a change brings
 * them on others it breaks these.
 */
const BREAKING: ReadonlySet<Code> = new Set<Code>([
  "SLUICE-1206",
  "SLUICE-1224",
  "SLUICE-1225",
  "SLUICE-1332",
  "SLUICE-1333",
  "SLUICE-1335",
]);

/** What the change is to blame for. */
export interface Blame {
  readonly errors: readonly Report[];
  readonly warnings: readonly Report[];
}

/** The states of the configuration without the change and with it. */
export interface BeforeAndAfter {
  readonly snapshot: ApiSnapshot;
  readonly before: ReportSet;
  readonly after: ReportSet;
}

/**
 * What is worse than before, and everything that is wrong with a resource whose spec the change sets: who writes a resource
 * is to have it right, even if it was as wrong before.
 */
export function blameFor(change: Change, { snapshot, before, after }: BeforeAndAfter): Blame {
  const written = new Set(
    change.put.filter((one) => !sameValue(snapshot.get(one.kind, one.metadata)?.spec, one.spec))
      .map((one) => idKey(idOf(one))),
  );
  const own = written.size === 0 ? [] : after.all.filter(({ ref }) => written.has(idKey(ref)));
  const all = unique([...(change.found ?? []), ...own, ...worseThan(before, after)]).toSorted(compareReports);
  const touched = new Set([...change.put.map(idOf), ...change.removed].map(idKey));
  const isError = ({ severity, code, ref }: Report): boolean =>
    severity === "error" || BREAKING.has(code) && !touched.has(idKey(ref));
  return { errors: all.filter(isError), warnings: all.filter((report) => !isError(report)) };
}
