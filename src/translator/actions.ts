import {
  type DirectResponseAction,
  pathTextFault,
  type ProxyRoute,
  type RedirectAction,
  regexFault,
  regexMatcher,
} from "../api/mod.ts";
import type { Message } from "../envoy/mod.ts";
import { isPort } from "./addresses.ts";
import type { TranslationContext } from "./context.ts";
import { at, type Faults, type Owner } from "./origins.ts";
import { routeAction } from "./route_actions.ts";
import type { RouteScope } from "./route_scope.ts";
import { textBytes } from "./text_bytes.ts";

type Route = Message<"envoy.config.route.v3.Route">;

/** The action of a route and the clusters that it may send requests to. */
export interface Action {
  readonly fields: Pick<Route, "route" | "redirect" | "directResponse">;
  readonly clusters: readonly string[];
}

/** Translates a route's action; errors go to `faults`. */
export function actionOf(
  context: TranslationContext,
  scope: RouteScope,
  route: ProxyRoute,
  owner: Owner,
  faults: Faults,
): Action {
  if (route.routeAction) return routeAction(context, scope, route.routeAction, route, owner, faults);
  if (route.redirectAction) {
    return { fields: { redirect: redirect(context, route.redirectAction, owner, faults) }, clusters: [] };
  }
  if (route.directResponseAction) {
    return {
      fields: { directResponse: directResponse(scope, route.directResponseAction, owner, faults) },
      clusters: [],
    };
  }
  if (route.graphqlApiRef) {
    faults.error("SLUICE-1304", at(owner.origin, "graphqlApiRef"), "GraphQL APIs are not served yet");
  } else {
    const message =
      "the route has no action; routeAction, redirectAction, directResponseAction or delegateAction is needed";
    faults.error("SLUICE-1331", owner.origin, message);
  }
  return { fields: {}, clusters: [] };
}

function redirect(
  { settings }: TranslationContext,
  action: RedirectAction,
  owner: Owner,
  faults: Faults,
): Message<"envoy.config.route.v3.RedirectAction"> {
  const fault = (field: string, message: string) =>
    faults.error("SLUICE-1337", at(owner.origin, `redirectAction.${field}`), message);
  for (const field of ["pathRedirect", "prefixRewrite"] as const) {
    const found = pathTextFault(withoutQuery(field, action[field] ?? ""));
    if (found) fault(field, found);
  }
  if (/[^\x21-\x7e]/.test(action.hostRedirect ?? "")) {
    fault("hostRedirect", `${JSON.stringify(action.hostRedirect)} is not the name of a host`);
  }
  if (action.portRedirect !== undefined && !isPort(action.portRedirect)) {
    fault("portRedirect", `${action.portRedirect} is no port; 1 to 65535 is wanted`);
  }
  const regexRewrite = action.regexRewrite &&
    redirectRewrite(action.regexRewrite, settings.gloo?.regexMaxProgramSize, fault);
  return {
    ...(action.hostRedirect && { hostRedirect: action.hostRedirect }),
    ...(action.pathRedirect && { pathRedirect: action.pathRedirect }),
    ...(action.prefixRewrite && { prefixRewrite: action.prefixRewrite }),
    ...(regexRewrite && { regexRewrite }),
    ...(action.responseCode && { responseCode: action.responseCode }),
    ...(action.httpsRedirect && { httpsRedirect: true }),
    ...(action.portRedirect && { portRedirect: action.portRedirect }),
    ...(action.stripQuery && { stripQuery: true }),
  };
}

/** A path to redirect to may bring its own query, which the rules of path text do not know. */
function withoutQuery(field: string, text: string): string {
  return field === "pathRedirect" ? text.split("?")[0]! : text;
}

function redirectRewrite(
  { pattern, substitution = "" }: NonNullable<RedirectAction["regexRewrite"]>,
  regexMaxProgramSize: number | undefined,
  fault: (field: string, message: string) => void,
): Message<"envoy.type.matcher.v3.RegexMatchAndSubstitute"> {
  const regex = pattern?.regex ?? "";
  const size = pattern?.googleRe2?.maxProgramSize ?? regexMaxProgramSize;
  const found = regexFault(regex, size);
  if (found) fault("regexRewrite.pattern.regex", found);
  return { pattern: found ? { regex } : regexMatcher(regex, size), substitution };
}

function directResponse(
  { maxBodyBytes }: RouteScope,
  { status = 0, body = "" }: DirectResponseAction,
  owner: Owner,
  faults: Faults,
): Message<"envoy.config.route.v3.DirectResponseAction"> {
  if (status < 200 || status > 599) {
    faults.error(
      "SLUICE-1338",
      at(owner.origin, "directResponseAction.status"),
      `${status} is no status; 200 to 599 is wanted`,
    );
  }
  const size = textBytes(body).length;
  if (size > maxBodyBytes) {
    const message = `the body has ${size} bytes, more than the ${maxBodyBytes} that the gateway's ` +
      "routeOptions.maxDirectResponseBodySizeBytes allows";
    faults.error("SLUICE-1338", at(owner.origin, "directResponseAction.body"), message);
  }
  return { status, ...(body && { body: { inlineString: body } }) };
}
