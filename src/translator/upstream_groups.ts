import { idOf, type Origin, refKey, type Resource } from "../api/mod.ts";
import type { Report } from "../report/mod.ts";
import type { TranslationContext } from "./context.ts";
import { groupDestinations, resolveWeights } from "./destinations.ts";
import { Faults } from "./origins.ts";

/**
 * What is wrong with one UpstreamGroup, on the group itself. As in Gloo a missing Upstream is an error here and a warning
 * on the routes that use the group.
 */
export function checkUpstreamGroup(context: TranslationContext, group: Resource<"UpstreamGroup">): readonly Report[] {
  const { revision, settings, plugins } = context;
  const inputs = [group, settings, plugins];
  return revision.table<string, readonly Report[]>("upstreamGroup").recall(
    refKey(group.metadata),
    inputs,
    () => faultsOf(context, group),
  );
}

function faultsOf(context: TranslationContext, group: Resource<"UpstreamGroup">): readonly Report[] {
  const faults = new Faults();
  const origin: Origin = { ...idOf(group), path: "destinations" };
  resolveWeights(context, groupDestinations(group), origin, faults);
  return faults.reports.map((report): Report =>
    report.code === "SLUICE-1332" ? { ...report, severity: "error", code: "SLUICE-1360" } : report
  );
}
