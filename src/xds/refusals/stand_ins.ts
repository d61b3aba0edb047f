import { encode, joinFields, type Message, TYPE_URL } from "../../envoy/mod.ts";
import { domainsOf } from "../domains.ts";
import type { RouteResource, XdsResource } from "../resource.ts";
import { routeResource } from "../route_resource.ts";
import { versionOf } from "../version.ts";
import { matchOf } from "./parts.ts";

/** What a client is shown that refuses a route and never accepted one in its place: closed, so that nothing goes round it. */
const ANSWER: Message<"envoy.config.route.v3.DirectResponseAction"> = {
  status: 500,
  body: { inlineString: "This proxy refused the configuration of this route. Its resource's status says why.\n" },
};

/** Field number of `match` in envoy.config.route.v3.Route. */
const MATCH = 1;

/** A route with the same match that answers 500. */
export function standInRoute(route: Uint8Array): Uint8Array {
  return joinFields(MATCH, [matchOf(route)], encode("envoy.config.route.v3.Route", { directResponse: ANSWER }));
}

/** A virtual host of the same name and domains that answers 500: they must not fall to another host. */
export function standInHost(host: XdsResource): XdsResource {
  return answering(host, domainsOf(host.bytes));
}

/** A route configuration of the same name that answers 500. */
export function standInRoutes({ name, frameOrigins }: RouteResource): RouteResource {
  const frame = encode("envoy.config.route.v3.RouteConfiguration", { name });
  const parts = { typeUrl: TYPE_URL.virtualHost, name: `${name}/refused`, origins: frameOrigins, refs: {} };
  const host = answering({ ...parts, bytes: new Uint8Array(), version: "" }, ["*"]);
  return routeResource({ name, frame, frameOrigins, virtualHosts: new Map([[host.name, host]]) });
}

function answering(host: XdsResource, domains: string[]): XdsResource {
  const bytes = encode("envoy.config.route.v3.VirtualHost", {
    name: host.name,
    domains,
    routes: [{ match: { prefix: "/" }, directResponse: ANSWER }],
  });
  return { ...host, bytes, version: versionOf(bytes), refs: {} };
}
