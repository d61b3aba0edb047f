import { regexFault, regexMatcher, type Spec } from "../../api/mod.ts";
import type { Message } from "../../envoy/mod.ts";
import type { Faults } from "../faults.ts";
import { headerNameFault } from "../header_checks.ts";
import type { AccessLogFilter, Comparison, HeaderMatcher } from "./options.ts";

type EnvoyFilter = Message<"envoy.config.accesslog.v3.AccessLogFilter">;
type EnvoyHeaderMatcher = Message<"envoy.config.route.v3.HeaderMatcher">;

/** https://www.envoyproxy.io/docs/envoy/latest/configuration/observability/access_log/usage#response-flags */
const RESPONSE_FLAGS = new Set(
  ("LH UH UT LR UR UF UC UO NR DI FI RL UAEX RLSE DC URX SI IH DPE UMSDR RFCF NFCF DT UPE NC OM DF DO DR UDO").split(
    " ",
  ),
);

/** What the reading of filters needs to know. */
interface Reading {
  readonly settings: Spec<"Settings">;
  readonly faults: Faults;
}

/** Envoy's filter. Errors: no filter named, fewer than two in an andFilter or orFilter, and values Envoy refuses. */
export function envoyFilter(path: string, filter: AccessLogFilter, reading: Reading): EnvoyFilter {
  const { faults } = reading;
  if (filter.andFilter) return { andFilter: several(`${path}.andFilter`, filter.andFilter, reading) };
  if (filter.orFilter) return { orFilter: several(`${path}.orFilter`, filter.orFilter, reading) };
  if (filter.statusCodeFilter) {
    const at = `${path}.statusCodeFilter.comparison`;
    return { statusCodeFilter: { comparison: comparison(at, filter.statusCodeFilter.comparison, faults) } };
  }
  if (filter.durationFilter) {
    const at = `${path}.durationFilter.comparison`;
    return { durationFilter: { comparison: comparison(at, filter.durationFilter.comparison, faults) } };
  }
  if (filter.notHealthCheckFilter) return { notHealthCheckFilter: {} };
  if (filter.traceableFilter) return { traceableFilter: {} };
  if (filter.runtimeFilter) return runtimeFilter(`${path}.runtimeFilter`, filter.runtimeFilter, faults);
  if (filter.headerFilter) {
    const at = `${path}.headerFilter.header`;
    return { headerFilter: { header: headerMatcher(at, filter.headerFilter.header ?? {}, reading) } };
  }
  if (filter.responseFlagFilter) {
    filter.responseFlagFilter.flags?.forEach((flag, i) => {
      if (RESPONSE_FLAGS.has(flag)) return;
      const message = `Envoy knows no response flag ${JSON.stringify(flag)}; there are ${
        [...RESPONSE_FLAGS].join(", ")
      }`;
      faults.error("SLUICE-1439", `${path}.responseFlagFilter.flags[${i}]`, message);
    });
    return { responseFlagFilter: filter.responseFlagFilter };
  }
  if (filter.grpcStatusFilter) return { grpcStatusFilter: filter.grpcStatusFilter };
  faults.error("SLUICE-1439", path, "the filter names nothing to filter by, such as statusCodeFilter");
  return {};
}

function several(
  path: string,
  { filters = [] }: { readonly filters?: readonly AccessLogFilter[] },
  reading: Reading,
): { filters: EnvoyFilter[] } {
  if (filters.length < 2) reading.faults.error("SLUICE-1439", `${path}.filters`, "at least two filters are wanted");
  return { filters: filters.map((filter, i) => envoyFilter(`${path}.filters[${i}]`, filter, reading)) };
}

function comparison(
  path: string,
  given: Comparison | undefined,
  faults: Faults,
): Message<"envoy.config.accesslog.v3.ComparisonFilter"> {
  if (!given?.value) {
    faults.error("SLUICE-1439", `${path}.value`, "a value to compare with is wanted: { defaultValue, runtimeKey }");
  }
  return { op: given?.op ?? "EQ", value: given?.value };
}

function runtimeFilter(
  path: string,
  filter: NonNullable<AccessLogFilter["runtimeFilter"]>,
  faults: Faults,
): EnvoyFilter {
  if (!filter.runtimeKey) faults.error("SLUICE-1439", `${path}.runtimeKey`, "a key of Envoy's runtime is wanted");
  return { runtimeFilter: filter };
}

function headerMatcher(path: string, matcher: HeaderMatcher, { settings, faults }: Reading): EnvoyHeaderMatcher {
  const { name = "", invertMatch, exactMatch, prefixMatch, suffixMatch, safeRegexMatch, rangeMatch } = matcher;
  const fault = headerNameFault(name);
  if (fault) faults.error("SLUICE-1420", `${path}.name`, fault);
  const common = { name, invertMatch };
  if (exactMatch !== undefined) return { ...common, stringMatch: { exact: exactMatch } };
  for (const field of ["prefixMatch", "suffixMatch"] as const) {
    if (matcher[field] === "") faults.error("SLUICE-1439", `${path}.${field}`, "a text to match is wanted");
  }
  if (prefixMatch !== undefined) return { ...common, stringMatch: { prefix: prefixMatch } };
  if (suffixMatch !== undefined) return { ...common, stringMatch: { suffix: suffixMatch } };
  if (safeRegexMatch) {
    const { regex = "" } = safeRegexMatch;
    const limit = settings.gloo?.regexMaxProgramSize || undefined;
    const wrong = regexFault(regex, limit);
    if (wrong) faults.error("SLUICE-1413", `${path}.safeRegexMatch.regex`, wrong);
    return wrong ? common : { ...common, stringMatch: { safeRegex: regexMatcher(regex, limit) } };
  }
  if (rangeMatch) return { ...common, rangeMatch };
  return { ...common, presentMatch: matcher.presentMatch ?? true };
}
