import type { Nack } from "./exchange.ts";
import type { HoldShows, RefusedHold } from "./refusals/mod.ts";
import type { TypeState } from "./type_state.ts";
import type { XdsType } from "./xds_type.ts";
import type { ResourceOrigin } from "./resource.ts";
import type { XdsVariant } from "./type_state.ts";

/** A response that a client refused. */
export interface NackInfo {
  readonly type: string;
  /** Envoy's words. */
  readonly detail: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** The version that was refused. */
  readonly version: string;
  /** Those resources that Envoy's words name, or, if none, all that were new in the response. */
  readonly resources: readonly { readonly name: string; readonly origins: readonly ResourceOrigin[] }[];
}

/** Something that a client refuses. */
export interface HoldInfo {
  readonly type: XdsType;
  /** Of the resource that it is, or is in. */
  readonly name: string;
  /** What the client is shown in its place. */
  readonly shows: HoldShows;
  /** Envoy's words. */
  readonly detail: string;
  /** Milliseconds since the epoch. */
  readonly since: number;
}

/** How a client stands with one type. */
export interface ClientTypeInfo {
  readonly versionSent: string | undefined;
  readonly versionAcked: string | undefined;
  /** How many names it asked for; undefined for the wildcard. */
  readonly names: number | undefined;
  readonly lastNack: NackInfo | undefined;
}

/** One stream of one client, for people to look at. */
export interface ClientInfo {
  readonly nodeId: string;
  /** node.metadata.role as it was sent; empty when there was none. */
  readonly role: string;
  /** Whether the role has configuration of its own; otherwise the client gets the fallback. */
  readonly known: boolean;
  readonly peer: string;
  /** The name in the client's certificate that let it in. */
  readonly certificate: string | undefined;
  readonly variant: XdsVariant;
  /** `ads`, or the one type of the stream's service. */
  readonly service: "ads" | XdsType;
  /** `envoy 1.40.0`: user agent and version of the node. */
  readonly userAgent: string;
  /** Milliseconds since the epoch. */
  readonly connectedAt: number;
  /** Clusters that are not ready yet and hold back the routes that name them. */
  readonly waitingFor: readonly string[];
  /** What the client refuses, and is shown something else for. */
  readonly holds: readonly HoldInfo[];
  /** By type name, or by type URL for types that Sluice does not serve. */
  readonly types: Readonly<Record<string, ClientTypeInfo>>;
}

/** What is told of a refusal. `at`: milliseconds since the epoch. */
export function nackInfo(type: string, { detail, response, guilty }: Nack, at: number): NackInfo {
  const resources = guilty.map(({ name, origins }) => ({ name, origins }));
  return { type, detail, at, version: response.version, resources };
}

/** What is told of the state of a type. */
export function typeInfo({ exchange, wanted }: TypeState, lastNack: NackInfo | undefined): ClientTypeInfo {
  return { versionSent: exchange.versionSent, versionAcked: exchange.versionAcked, names: wanted, lastNack };
}

/** What is told of a hold. */
export function holdInfo({ hold: { type, name, shows }, detail, since }: RefusedHold): HoldInfo {
  return { type, name, shows, detail, since };
}
