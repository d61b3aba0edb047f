import {
  type InferFields,
  pathTextFault,
  regexFault,
  type RegexMatchAndSubstitute,
  regexMatcher,
  type Spec,
} from "../../api/mod.ts";
import { type Message, wrap } from "../../envoy/mod.ts";
import type { Faults } from "../faults.ts";
import { headerNameFault, headerTextFault } from "../header_checks.ts";
import type { routeOptions } from "./options.ts";

export type RouteOptions = InferFields<typeof routeOptions>;
type RouteAction = Message<"envoy.config.route.v3.RouteAction">;

/** Rewrites of the path. Envoy refuses a route with two of them. */
export function pathRewrite(options: RouteOptions, settings: Spec<"Settings">, faults: Faults): RouteAction {
  const { prefixRewrite, regexRewrite } = options;
  if (prefixRewrite && regexRewrite) {
    faults.error("SLUICE-1411", "regexRewrite", "a route has either prefixRewrite or regexRewrite, not both");
  }
  const fault = pathTextFault(prefixRewrite ?? "");
  if (fault) faults.error("SLUICE-1412", "prefixRewrite", fault);
  return {
    prefixRewrite: prefixRewrite || undefined,
    regexRewrite: regexRewrite && substitution("regexRewrite", regexRewrite, settings, faults),
  };
}

/** Rewrites of the Host; the oneof of the options lets through one at most. */
export function hostRewrite(options: RouteOptions, settings: Spec<"Settings">, faults: Faults): RouteAction {
  const { hostRewrite, autoHostRewrite, hostRewriteHeader, hostRewritePathRegex, appendXForwardedHost } = options;
  const rest = { appendXForwardedHost: appendXForwardedHost || undefined };
  if (hostRewrite !== undefined) {
    const fault = hostTextFault(hostRewrite);
    if (fault) faults.error("SLUICE-1417", "hostRewrite", fault);
    return { ...rest, hostRewriteLiteral: hostRewrite };
  }
  if (autoHostRewrite !== undefined) return { ...rest, autoHostRewrite: wrap(autoHostRewrite) };
  if (hostRewriteHeader !== undefined) {
    const fault = headerNameFault(hostRewriteHeader);
    if (fault) faults.error("SLUICE-1417", "hostRewriteHeader", fault);
    return { ...rest, hostRewriteHeader };
  }
  if (hostRewritePathRegex === undefined) return rest;
  return {
    ...rest,
    hostRewritePathRegex: substitution("hostRewritePathRegex", hostRewritePathRegex, settings, faults),
  };
}

/** Envoy takes any text; a Host with a blank or a slash in it makes back ends answer 400. */
function hostTextFault(text: string): string | undefined {
  if (/^[^\s/?#@]+$/.test(text)) return headerTextFault(text);
  return `${JSON.stringify(text)} is no host; a name or an address is wanted, with or without a port`;
}

function substitution(
  path: string,
  { pattern, substitution = "" }: RegexMatchAndSubstitute,
  settings: Spec<"Settings">,
  faults: Faults,
): RouteAction["regexRewrite"] {
  const regex = pattern?.regex ?? "";
  const limit = settings.gloo?.regexMaxProgramSize || undefined;
  const regexWrong = regexFault(regex, limit);
  if (regexWrong) faults.error("SLUICE-1413", `${path}.pattern.regex`, regexWrong);
  const textWrong = headerTextFault(substitution);
  if (textWrong) faults.error("SLUICE-1412", `${path}.substitution`, textWrong);
  return regexWrong ? undefined : { pattern: regexMatcher(regex, limit), substitution };
}
