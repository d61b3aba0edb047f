import type { ResourceRefs, RouteResource, XdsResource } from "../resource.ts";
import type { SnapshotType } from "../xds_type.ts";
import type { PartedType } from "./parts.ts";

/** What a client is shown in the place of what it refuses: what it accepted last, an answer of 500, or nothing. */
export type HoldShows = "last accepted" | "500" | "nothing";

/** A resource that a client refuses as a whole. */
export interface ResourceHold {
  readonly what: "resource";
  readonly type: Exclude<SnapshotType, "route"> | "virtualHost";
  readonly name: string;
  readonly shows: HoldShows;
  /** Of a virtual host: its route configuration. */
  readonly configuration?: string;
  /** The version that is refused. */
  readonly refused: string;
  /** What the client is shown: what it accepted last, or what stands in for it. Undefined: nothing. */
  readonly instead: XdsResource | undefined;
  /** Virtual hosts that were to go for the refused one, as they share domains with it: they stay. */
  readonly also: readonly XdsResource[];
}

/** A route configuration of which everything but its virtual hosts is refused. */
export interface FrameHold {
  readonly what: "frame";
  readonly type: "route";
  readonly name: string;
  readonly shows: HoldShows;
  /** The version of the frame that is refused. */
  readonly refused: string;
  /** Undefined: the route configuration stays away. */
  readonly instead: RouteResource | undefined;
  /** Whether the virtual hosts of `instead` are shown too. */
  readonly withHosts: boolean;
}

/** Routes of a virtual host, or filter chains of a listener, that stand side by side. */
export interface PartHold {
  readonly what: "part";
  readonly type: PartedType;
  readonly name: string;
  readonly shows: HoldShows;
  readonly configuration?: string;
  /** The versions of the parts that are refused. */
  readonly refused: readonly string[];
  /** The parts themselves, so that it can be found whose they are. */
  readonly parts: readonly Uint8Array[];
  readonly instead: readonly Uint8Array[];
  /** What `instead` may need. */
  readonly refs: ResourceRefs;
}

/** What a client refuses, and what it is shown instead for as long as it would be shown just that. */
export type ClientHold = ResourceHold | FrameHold | PartHold;

/** Names what is refused: equal for equal refused content, whoever refuses it. */
export function refusedKey(hold: ClientHold): string {
  const refused = hold.what === "part" ? hold.refused.join(" ") : hold.refused;
  return `${hold.type} ${hold.what} ${hold.name} ${refused}`;
}
