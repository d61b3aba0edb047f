import type { Spec } from "../api/mod.ts";
import type { Message } from "../envoy/mod.ts";

type Route = Message<"envoy.config.route.v3.Route">;
type DirectResponse = Message<"envoy.config.route.v3.DirectResponseAction">;

/** What stands in for a route or virtual host that is faulty and has no last good form. */
const FAULTY: DirectResponse = {
  status: 500,
  body: { inlineString: "The configuration of this route is faulty. Its resource's status says what is wrong.\n" },
};

const DEFAULT_REPLACEMENT =
  "There is no valid configuration for this request. The status of the gateway's resources says why.\n";

type Policy = NonNullable<NonNullable<Spec<"Settings">["gloo"]>["invalidConfigPolicy"]>;

/** The Settings' policy on invalid configuration where it asks for replacement, else undefined. */
function replacementPolicy({ gloo }: Spec<"Settings">): Policy | undefined {
  return gloo?.invalidConfigPolicy?.replaceInvalidRoutes ? gloo.invalidConfigPolicy : undefined;
}

/** `replace` where Settings want faulty routes replaced, else `hold`: the last good form goes on being served. */
export function rejection(settings: Spec<"Settings">): "hold" | "replace" {
  return replacementPolicy(settings) ? "replace" : "hold";
}

/** The answer that Settings ask for in place of invalid routes (Gloo's RouteReplacing sanitizer); default 404. */
export function replacement(settings: Spec<"Settings">): DirectResponse | undefined {
  const policy = replacementPolicy(settings);
  if (!policy) return undefined;
  const { invalidRouteResponseCode: code, invalidRouteResponseBody: body } = policy;
  const status = code !== undefined && code >= 200 && code <= 599 ? code : 404;
  return { status, body: { inlineString: body || DEFAULT_REPLACEMENT } };
}

/** The route that stands in for a faulty one with the same matcher. */
export function standInRoute(
  name: string,
  match: Message<"envoy.config.route.v3.RouteMatch">,
  settings: Spec<"Settings">,
): Route {
  return { name, match, directResponse: replacement(settings) ?? FAULTY };
}

/** The only route of a virtual host that stands in for a faulty one: its domains must not fall to another host. */
export function standInForAll(settings: Spec<"Settings">): Route {
  return standInRoute("faulty", { prefix: "/" }, settings);
}

/** What Envoy answers where one of several weighted clusters is missing, as near to the replacement as it can be. */
export function missingClusterCode(
  settings: Spec<"Settings">,
): Message<"envoy.config.route.v3.RouteAction">["clusterNotFoundResponseCode"] {
  const status = replacement(settings)?.status;
  if (status === 404) return "NOT_FOUND";
  return status === 500 ? "INTERNAL_SERVER_ERROR" : undefined;
}
