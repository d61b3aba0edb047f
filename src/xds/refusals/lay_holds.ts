import { joinFields, splitField } from "../../envoy/mod.ts";
import { DOMAINS, domainsOf } from "../domains.ts";
import { editedSet } from "../edited_set.ts";
import type { EnvoySnapshot, ResourceSet, RouteResource, XdsResource } from "../resource.ts";
import { routeResource } from "../route_resource.ts";
import { versionOf } from "../version.ts";
import type { ClientHold, FrameHold, PartHold, ResourceHold } from "./client_hold.ts";
import { type Part, partsOf, unitedRefs, withoutSharedNames, withParts } from "./parts.ts";

/** What a client is shown of a snapshot. */
export interface LaidHolds {
  readonly snapshot: EnvoySnapshot;
  /** The holds that still hold something: the snapshot has what they are about. */
  readonly live: readonly ClientHold[];
}

/** The snapshot with what is held in the place of what is refused. Where nothing is, the very snapshot. */
export function layHolds(snapshot: EnvoySnapshot, holds: readonly ClientHold[]): LaidHolds {
  if (holds.length === 0) return { snapshot, live: holds };
  const live: ClientHold[] = [];
  const of = (type: ClientHold["type"]) => holds.filter((hold) => hold.type === type) as (ResourceHold | PartHold)[];
  const laid: EnvoySnapshot = {
    clusters: laySet(snapshot.clusters, of("cluster"), live),
    endpoints: laySet(snapshot.endpoints, of("endpoint"), live),
    secrets: laySet(snapshot.secrets, of("secret"), live),
    listeners: laySet(snapshot.listeners, of("listener"), live),
    routes: layRoutes(snapshot.routes, holds, live),
  };
  return { snapshot: live.length === 0 ? snapshot : laid, live };
}

function layRoutes(
  routes: ResourceSet<RouteResource>,
  holds: readonly ClientHold[],
  live: ClientHold[],
): ResourceSet<RouteResource> {
  const edits = new Map<string, RouteResource | undefined>();
  const byName = Map.groupBy(holds, (hold) => hold.type === "route" ? hold.name : configurationOf(hold));
  for (const [name, own] of byName) {
    const route = name === undefined ? undefined : routes.get(name);
    if (route === undefined) continue;
    const frame = own.find((hold): hold is FrameHold =>
      hold.what === "frame" && hold.refused === versionOf(route.frame)
    );
    if (frame !== undefined) live.push(frame);
    const hosts = own.filter((hold): hold is ResourceHold | PartHold => hold.what !== "frame");
    if (frame && !frame.instead) {
      edits.set(route.name, undefined);
      continue;
    }
    const virtualHosts = frame?.withHosts ? frame.instead!.virtualHosts : laySet(route.virtualHosts, hosts, live);
    if (frame === undefined && virtualHosts === route.virtualHosts) continue;
    const { frame: bytes, frameOrigins } = frame?.instead ?? route;
    edits.set(route.name, routeResource({ name: route.name, frame: bytes, frameOrigins, virtualHosts }, route));
  }
  return withEdits(routes, edits);
}

function configurationOf(hold: ClientHold): string | undefined {
  return hold.what === "frame" ? hold.name : hold.configuration;
}

function laySet(set: ResourceSet, holds: readonly (ResourceHold | PartHold)[], live: ClientHold[]): ResourceSet {
  const edits = new Map<string, XdsResource | undefined>();
  for (const hold of holds) {
    if (hold.what !== "resource" || set.get(hold.name)?.version !== hold.refused) continue;
    live.push(hold);
    edits.set(hold.name, hold.instead);
    for (const host of hold.also) if (!set.has(host.name)) edits.set(host.name, host);
  }
  freeDomains(set, edits);
  const parts = holds.filter((hold): hold is PartHold => hold.what === "part" && !edits.has(hold.name));
  for (const [name, own] of Map.groupBy(parts, ({ name }) => name)) {
    const resource = set.get(name);
    const laid = resource && layParts(resource, own, live);
    if (laid !== resource) edits.set(name, laid);
  }
  return withEdits(set, edits);
}

function withEdits<R extends XdsResource>(
  set: ResourceSet<R>,
  edits: ReadonlyMap<string, R | undefined>,
): ResourceSet<R> {
  if (edits.values().every((resource) => resource) && edits.keys().every((name) => set.has(name))) {
    return editedSet(set, edits as ReadonlyMap<string, R>);
  }
  const all = new Map(set);
  for (const [name, resource] of edits) {
    if (resource === undefined) all.delete(name);
    else all.set(name, resource);
  }
  return all;
}

/** A virtual host that stays with its old domains must not share one with a host that has it now. */
function freeDomains(set: ResourceSet, edits: Map<string, XdsResource | undefined>): void {
  let taken: Set<string> | undefined;
  for (const [name, host] of edits) {
    if (host === undefined || !isHost(host)) continue;
    const own = domainsOf(host.bytes);
    const refused = set.get(name);
    const had = new Set(refused ? domainsOf(refused.bytes) : []);
    if (own.every((domain) => had.has(domain))) continue;
    taken ??= new Set([...set.values()].flatMap((other) => edits.has(other.name) ? [] : domainsOf(other.bytes)));
    const free = own.filter((domain) => !taken!.has(domain));
    if (free.length < own.length) edits.set(name, free.length === 0 ? undefined : withDomains(host, free));
  }
}

function isHost({ typeUrl }: XdsResource): boolean {
  return typeUrl.endsWith(".VirtualHost");
}

function withDomains(host: XdsResource, domains: readonly string[]): XdsResource {
  const encoder = new TextEncoder();
  const { rest } = splitField(host.bytes, DOMAINS);
  const bytes = joinFields(DOMAINS, domains.map((domain) => encoder.encode(domain)), rest);
  return { ...host, bytes, version: versionOf(bytes) };
}

function layParts(resource: XdsResource, holds: readonly PartHold[], live: ClientHold[]): XdsResource | undefined {
  const { type } = holds[0]!;
  const { frame, parts } = partsOf(resource, type);
  const shown = new Map<Part, readonly Uint8Array[]>();
  let refs = resource.refs;
  for (const hold of holds) {
    const found = hold.refused.map((version) => parts.find((part) => part.version === version && !shown.has(part)));
    if (found.some((part) => part === undefined)) continue;
    live.push(hold);
    found.forEach((part, i) => shown.set(part!, i === 0 ? hold.instead : []));
    refs = unitedRefs(refs, hold.refs);
  }
  if (shown.size === 0) return resource;
  const others = parts.flatMap((part) => shown.has(part) ? [] : [part.bytes]);
  const all = parts.flatMap((part) => {
    const instead = shown.get(part);
    if (instead === undefined) return [part.bytes];
    return type === "listener" ? instead.flatMap((chain) => withoutSharedNames(chain, others) ?? []) : instead;
  });
  return withParts(resource, frame, all, refs);
}
