import type { ResourceRefs, RouteResource, XdsResource } from "../resource.ts";
import { parseWithBytes, textWithBytes } from "../resource_json.ts";
import { routeResource } from "../route_resource.ts";
import type { ClientHold } from "./client_hold.ts";
import type { ClientHolds } from "./refusal_book.ts";

/** The hold table as JSON, with bytes in base64: see {@link bookFromJson}. May hold private keys, as resources do. */
export function bookToJson(all: readonly ClientHolds[]): string {
  return textWithBytes(all, (value) => isRoute(value) ? routeJson(value) : value);
}

/** What {@link bookToJson} made. Throws where the text is no such thing. */
export function bookFromJson(text: string): ClientHolds[] {
  const all = parseWithBytes(text, (value) => isRouteJson(value) ? routeFrom(value) : value);
  if (!Array.isArray(all) || !all.every(isClientHolds)) throw new Error("no hold table");
  return all;
}

interface RouteJson {
  readonly name: string;
  readonly frame: Uint8Array;
  readonly frameOrigins: XdsResource["origins"];
  readonly routeOf: readonly XdsResource[];
}

/** What is of the whole of a route configuration is made anew. */
function routeJson({ name, frame, frameOrigins, virtualHosts }: RouteResource): RouteJson {
  return { name, frame, frameOrigins, routeOf: [...virtualHosts.values()] };
}

function routeFrom({ name, frame, frameOrigins, routeOf }: RouteJson): RouteResource {
  return routeResource({ name, frame, frameOrigins, virtualHosts: new Map(routeOf.map((host) => [host.name, host])) });
}

function isRouteJson(value: unknown): value is RouteJson {
  return Array.isArray((value as RouteJson | null)?.routeOf);
}

function isRoute(value: unknown): value is RouteResource {
  return typeof value === "object" && value !== null && "virtualHosts" in value;
}

function isClientHolds(value: unknown): value is ClientHolds {
  const { client, holds } = value as Partial<ClientHolds>;
  return typeof client?.role === "string" && typeof client.nodeId === "string" &&
    typeof client.userAgent === "string" && Array.isArray(holds) &&
    holds.every(({ hold, detail, since }) => typeof detail === "string" && typeof since === "number" && isHold(hold));
}

function isHold(hold: ClientHold): boolean {
  const base = typeof hold?.name === "string" && typeof hold.type === "string" && typeof hold.shows === "string";
  switch (base && hold.what) {
    case "part": {
      const { refused, parts, instead, refs } = hold as Extract<ClientHold, { what: "part" }>;
      return refused.every((one) => typeof one === "string") && [...parts, ...instead].every(isBytes) && isRefs(refs);
    }
    case "resource": {
      const { refused, instead, also } = hold as Extract<ClientHold, { what: "resource" }>;
      return typeof refused === "string" && [...instead ? [instead] : [], ...also].every(isResource);
    }
    case "frame": {
      const { refused, instead } = hold as Extract<ClientHold, { what: "frame" }>;
      return typeof refused === "string" && (instead === undefined || isBytes(instead.frame));
    }
    default:
      return false;
  }
}

/** Whether this is a resource, whatever it was read from. */
export function isResource({ typeUrl, name, version, bytes, origins, refs }: XdsResource): boolean {
  return [typeUrl, name, version].every((text) => typeof text === "string") && isBytes(bytes) &&
    Array.isArray(origins) && isRefs(refs);
}

function isRefs(refs: ResourceRefs): boolean {
  return typeof refs === "object" && refs !== null;
}

function isBytes(value: unknown): boolean {
  return value instanceof Uint8Array;
}
