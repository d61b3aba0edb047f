/**
 * Envoy's messages: types, codecs, names. The types and the descriptor behind the codecs are generated from .proto files
 * by `deno task gen`; which messages there are is said in protos/messages.txt.
 */
export { any, type Chunks, decode, encode, fieldChunks, fromJson, joinFields, toJson, wrap } from "./codec.ts";
export { duration, type DurationMessage, durationMs, durationOfMs, durationText, parseDuration } from "./duration.ts";
export type { JsonObject, JsonValue } from "./gen/messages.ts";
export {
  type DeltaDiscoveryRequest,
  type DeltaDiscoveryResponse,
  type DeltaMethod,
  type DeltaResource,
  type DiscoveryRequest,
  type DiscoveryResponse,
  type GrpcMethod,
  grpcMethod,
  grpcService,
  resourcesField,
  type SotwMethod,
  xdsMethods,
  type XdsService,
  type XdsServiceMethods,
} from "./grpc_service.ts";
export { hasField, splitField, type WireField, wireFields } from "./wire_fields.ts";
export { type Message, type MessageName, nameOf, TYPE_URL, typeUrlOf } from "./names.ts";
