/** What Envoys are told: EnvoySnapshots by role, and the state of xDS streams. Knows no configuration API. */
export { roleOfProxy, XdsCache } from "./cache.ts";
export type { SnapshotSource } from "./cache.ts";
export type { ClientInfo, ClientTypeInfo, HoldInfo, NackInfo } from "./client_info.ts";
export { DeltaState } from "./delta_state.ts";
export type { DeltaRequest } from "./delta_state.ts";
export { editedNames, editedSet } from "./edited_set.ts";
export { FALLBACK_TEXT, fallbackSnapshot } from "./fallback.ts";
export { versionOfSet } from "./fingerprint.ts";
export { fetchUpdate } from "./fetch.ts";
export { EMPTY_ENVOY_SNAPSHOT, shareBytes } from "./resource.ts";
export type {
  EnvoySnapshot,
  ResourceOrigin,
  ResourceRefs,
  ResourceSet,
  RouteResource,
  XdsResource,
} from "./resource.ts";
export { bookFromJson, bookToJson, RefusalBook, refusedKey, withoutMatch } from "./refusals/mod.ts";
export type { ClientHold, ClientHolds, RefusedHold, RefusingClient } from "./refusals/mod.ts";
export { removedFromJson, removedToJson } from "./removed_json.ts";
export type { RoleRemovals } from "./removed_json.ts";
export { routeResource } from "./route_resource.ts";
export type { RouteParts } from "./route_resource.ts";
export { INLINE, vhdsExcept } from "./route_view.ts";
export type { RouteView } from "./route_view.ts";
export { SotwState } from "./sotw_state.ts";
export type { SotwRequest } from "./sotw_state.ts";
export type { Update, XdsVariant } from "./type_state.ts";
export { versionOf } from "./version.ts";
export { XdsStream } from "./xds_stream.ts";
export type { Outgoing, StreamClock, XdsStreamLimits, XdsStreamOptions } from "./xds_stream_options.ts";
export { implicitWildcard, isWholeSet, SERVICE_TYPES, XDS_TYPES, xdsTypeOf } from "./xds_type.ts";
export type { SnapshotType, XdsType } from "./xds_type.ts";
