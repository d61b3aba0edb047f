import { encode, fieldChunks, hasField, nameOf, splitField, wireFields } from "../envoy/mod.ts";
import type { XdsResource } from "../xds/mod.ts";
import { concat, textOf, valueOf } from "./wire.ts";

/** Types that listeners and clusters refer to. */
export type ReferredType = "endpoint" | "route" | "secret";

/** What a listener or cluster refers to, and the absolute path of its file where it has one. */
export interface Referred {
  readonly resource: XdsResource;
  readonly path?: string;
}

/** Undefined leaves the reference as it is. */
export type Find = (type: ReferredType, name: string) => Referred | undefined;

/** A resource that needs no aggregated stream, and what of others became part of it. */
export interface Turned {
  readonly bytes: Uint8Array;
  readonly inside: ReadonlySet<XdsResource>;
}

/**
 * The listener or cluster with each reference to the aggregated stream turned into one to a file, or into what is referred to
 * where that has none. Everything else keeps its bytes, what this code does not know included.
 */
export function withoutAds(type: "listener" | "cluster", { name, bytes }: XdsResource, find: Find): Turned {
  const turning = new Turning(find);
  const turned = type === "listener" ? turning.listener(bytes) : turning.cluster(bytes, name);
  return { bytes: turned, inside: turning.inside };
}

/** Numbers of fields in Envoy's messages. */
const LISTENER = { filterChains: 3, defaultFilterChain: 25 };
const FILTER_CHAIN = { filters: 3, transportSocket: 6 };
const FILTER = { config: 4 };
const TRANSPORT_SOCKET = { config: 3 };
const CLUSTER = { type: 2, eds: 3, transportSocket: 24, loadAssignment: 33, transportSocketMatches: 43 };
const TRANSPORT_SOCKET_MATCH = { transportSocket: 3 };
const ASSIGNMENT = { clusterName: 1 };
const EDS = { source: 1, serviceName: 2 };
const HCM = { rds: 3, routeConfig: 4 };
const RDS = { source: 1, name: 2 };
const TLS_CONTEXT = { common: 1 };
const COMMON_TLS = { certificates: 2, validation: 3, sdsCertificates: 6, sdsValidation: 7, combined: 8 };
const COMBINED = { defaults: 1, sds: 2 };
const SDS = { name: 1, source: 2 };
const SECRET = { certificate: 2, validation: 4 };
const ANY = { typeUrl: 1, value: 2 };
const CONFIG_SOURCE = { ads: 3 };

/** One field in the place of another. */
interface Field {
  readonly number: number;
  readonly value: Uint8Array;
}

/** What to put in the place of a field: the field itself to keep it. */
type Replace = (field: Field) => Field;

class Turning {
  readonly inside = new Set<XdsResource>();
  readonly #find: Find;

  constructor(find: Find) {
    this.#find = find;
  }

  listener(bytes: Uint8Array): Uint8Array {
    const chain = (value: Uint8Array) =>
      within(value, { [FILTER_CHAIN.filters]: filter, [FILTER_CHAIN.transportSocket]: socket });
    const filter = (value: Uint8Array) => within(value, { [FILTER.config]: (any) => this.#any(any) });
    const socket = (value: Uint8Array) => this.#transportSocket(value);
    return within(bytes, { [LISTENER.filterChains]: chain, [LISTENER.defaultFilterChain]: chain });
  }

  cluster(bytes: Uint8Array, name: string): Uint8Array {
    const socket = (value: Uint8Array) => this.#transportSocket(value);
    const match = (value: Uint8Array) => within(value, { [TRANSPORT_SOCKET_MATCH.transportSocket]: socket });
    const turned = within(bytes, { [CLUSTER.transportSocket]: socket, [CLUSTER.transportSocketMatches]: match });
    const eds = valueOf(turned, CLUSTER.eds);
    const found = eds && isOurs(eds, EDS.source) &&
      this.#find("endpoint", textOf(valueOf(eds, EDS.serviceName)) || name);
    if (!found) return turned;
    this.inside.add(found.resource);
    const own = { number: ASSIGNMENT.clusterName, value: new TextEncoder().encode(name) };
    const value = replaced(found.resource.bytes, (field) => field.number === ASSIGNMENT.clusterName ? own : field);
    const loadAssignment = { number: CLUSTER.loadAssignment, value };
    // Without a type a cluster is STATIC.
    const fixed = replaced(turned, (field) => field.number === CLUSTER.eds ? loadAssignment : field);
    return splitField(fixed, CLUSTER.type).rest;
  }

  #transportSocket(bytes: Uint8Array): Uint8Array {
    return within(bytes, { [TRANSPORT_SOCKET.config]: (any) => this.#any(any) });
  }

  #any(bytes: Uint8Array): Uint8Array {
    const turn = this.#turnOf(nameOf(textOf(valueOf(bytes, ANY.typeUrl))) ?? "");
    return turn ? within(bytes, { [ANY.value]: turn }) : bytes;
  }

  #turnOf(message: string): ((bytes: Uint8Array) => Uint8Array) | undefined {
    switch (message) {
      case "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager":
        return (bytes) => replaced(bytes, (field) => field.number === HCM.rds ? this.#routes(field) : field);
      case "envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext":
      case "envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext":
        return (bytes) => within(bytes, { [TLS_CONTEXT.common]: (common) => this.#commonTls(common) });
    }
    return undefined;
  }

  #routes(rds: Field): Field {
    const found = isOurs(rds.value, RDS.source) && this.#find("route", textOf(valueOf(rds.value, RDS.name)));
    if (!found) return rds;
    if (found.path !== undefined) return fromPath(rds, RDS.source, found.path);
    this.inside.add(found.resource);
    return { number: HCM.routeConfig, value: found.resource.bytes };
  }

  #commonTls(bytes: Uint8Array): Uint8Array {
    const certificates = splitField(bytes, COMMON_TLS.sdsCertificates).values.map((value) => this.#secretOf(value));
    // A context has certificates in it or by SDS, and not some of each.
    const allInside = certificates.every((found) => found) && certificates.some((found) => found?.path === undefined);
    return replaced(bytes, (field) => {
      switch (field.number) {
        case COMMON_TLS.sdsCertificates:
          return this.#secret(field, allInside, SECRET.certificate, COMMON_TLS.certificates);
        case COMMON_TLS.sdsValidation:
          return this.#secret(field, false, SECRET.validation, COMMON_TLS.validation);
        case COMMON_TLS.combined:
          return this.#combined(field);
      }
      return field;
    });
  }

  #combined(combined: Field): Field {
    const reference = valueOf(combined.value, COMBINED.sds);
    if (!reference) return combined;
    const own = { number: COMBINED.sds, value: reference };
    const turned = this.#secret(own, false, SECRET.validation, COMMON_TLS.validation);
    if (turned.number === COMBINED.sds) {
      const value = replaced(combined.value, (field) => field.number === COMBINED.sds ? turned : field);
      return { number: combined.number, value };
    }
    // As Envoy does it: the secret's is merged over the defaults.
    return { ...turned, value: concat([valueOf(combined.value, COMBINED.defaults) ?? new Uint8Array(), turned.value]) };
  }

  #secret(reference: Field, inside: boolean, part: number, number: number): Field {
    const found = this.#secretOf(reference.value);
    if (!found) return reference;
    if (found.path !== undefined && !inside) return fromPath(reference, SDS.source, found.path);
    this.inside.add(found.resource);
    return { number, value: valueOf(found.resource.bytes, part) ?? new Uint8Array() };
  }

  #secretOf(reference: Uint8Array): Referred | undefined {
    return isOurs(reference, SDS.source) ? this.#find("secret", textOf(valueOf(reference, SDS.name))) : undefined;
  }
}

/** Whether a message's config source is the aggregated stream; others are served by somebody else. */
function isOurs(reference: Uint8Array, source: number): boolean {
  const bytes = valueOf(reference, source);
  return bytes !== undefined && hasField(bytes, CONFIG_SOURCE.ads);
}

function fromPath({ number, value }: Field, source: number, path: string): Field {
  const config = encode("envoy.config.core.v3.ConfigSource", { pathConfigSource: { path }, resourceApiVersion: "V3" });
  return {
    number,
    value: replaced(value, (field) => field.number === source ? { ...field, value: config } : field),
  };
}

function within(bytes: Uint8Array, turns: Readonly<Record<number, (value: Uint8Array) => Uint8Array>>): Uint8Array {
  return replaced(bytes, (field) => {
    const value = turns[field.number]?.(field.value);
    return value === undefined || value === field.value ? field : { ...field, value };
  });
}

/** The message with other fields in the place of some that are length-delimited; the same bytes where all are kept. */
function replaced(bytes: Uint8Array, replace: Replace): Uint8Array {
  const parts: Uint8Array[] = [];
  let from = 0;
  for (const { number, isLengthDelimited, start, valueStart, end } of wireFields(bytes)) {
    if (!isLengthDelimited) continue;
    const field = { number, value: bytes.subarray(valueStart, end) };
    const other = replace(field);
    if (other === field) continue;
    parts.push(bytes.subarray(from, start), ...fieldChunks(other.number, other.value));
    from = end;
  }
  return from === 0 ? bytes : concat([...parts, bytes.subarray(from)]);
}
