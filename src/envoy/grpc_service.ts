import { Buffer } from "node:buffer";
import type protobuf from "protobufjs";
import { type Chunks, decode, encode, joinFields } from "./codec.ts";
import type { Message, MessageName } from "./names.ts";
import { fullName, serviceMethods } from "./reflection.ts";

/** The xDS services that Sluice serves. */
export type XdsService =
  | "envoy.service.discovery.v3.AggregatedDiscoveryService"
  | "envoy.service.listener.v3.ListenerDiscoveryService"
  | "envoy.service.cluster.v3.ClusterDiscoveryService"
  | "envoy.service.route.v3.RouteDiscoveryService"
  | "envoy.service.route.v3.VirtualHostDiscoveryService"
  | "envoy.service.endpoint.v3.EndpointDiscoveryService"
  | "envoy.service.secret.v3.SecretDiscoveryService";

export type DiscoveryRequest = Message<"envoy.service.discovery.v3.DiscoveryRequest">;
export type DeltaDiscoveryRequest = Message<"envoy.service.discovery.v3.DeltaDiscoveryRequest">;

/**
 * A DiscoveryResponse as it is sent: each resource is an Any, or the bytes of an encoded Any, which are copied as they are;
 * or all of them are what {@link resourcesField} gave.
 */
export type DiscoveryResponse =
  & Omit<Message<"envoy.service.discovery.v3.DiscoveryResponse">, "resources">
  & { resources?: readonly (Message<"google.protobuf.Any"> | Uint8Array)[] | Uint8Array };

/** A resource of a DeltaDiscoveryResponse; its Any may be given as encoded bytes. */
export type DeltaResource =
  & Omit<Message<"envoy.service.discovery.v3.Resource">, "resource">
  & { resource?: Message<"google.protobuf.Any"> | Uint8Array };

/** A DeltaDiscoveryResponse as it is sent: a resource may be the bytes of an encoded `Resource`, all of them the field's. */
export type DeltaDiscoveryResponse =
  & Omit<Message<"envoy.service.discovery.v3.DeltaDiscoveryResponse">, "resources">
  & { resources?: readonly (DeltaResource | Uint8Array)[] | Uint8Array };

/** A method in the shape that grpc-js's `addService` and `makeClientConstructor` take. */
export interface GrpcMethod<Request, Response> {
  readonly path: string;
  readonly originalName: string;
  readonly requestStream: boolean;
  readonly responseStream: boolean;
  readonly requestSerialize: (request: Request) => Buffer;
  readonly requestDeserialize: (bytes: Buffer) => Request;
  readonly responseSerialize: (response: Response) => Buffer;
  readonly responseDeserialize: (bytes: Buffer) => Response;
}

/** State of the world: `Stream…` and `Fetch…`. */
export type SotwMethod = GrpcMethod<DiscoveryRequest, DiscoveryResponse>;

/** Incremental: `Delta…`. */
export type DeltaMethod = GrpcMethod<DeltaDiscoveryRequest, DeltaDiscoveryResponse>;

/** The methods by which an xDS service is served; VHDS has no `stream`, ADS no `fetch`. */
export interface XdsServiceMethods {
  readonly stream?: SotwMethod;
  readonly delta?: DeltaMethod;
  readonly fetch?: SotwMethod;
}

/** The methods of an xDS service by what they do, whatever their names. */
export function xdsMethods(service: XdsService): XdsServiceMethods {
  const methods = Object.values(grpcService(service));
  const find = (matches: (method: GrpcMethod<unknown, unknown>) => boolean) => methods.find(matches) as never;
  return {
    stream: find((method) => method.responseStream && !method.originalName.startsWith("delta")),
    delta: find((method) => method.originalName.startsWith("delta")),
    fetch: find((method) => !method.responseStream),
  };
}

/** The definition of a gRPC service for grpc-js, by method name (`StreamAggregatedResources`). */
export function grpcService(service: XdsService): { [method: string]: GrpcMethod<unknown, unknown> } {
  return Object.fromEntries(serviceMethods(service).map((method) => [method.name, grpcMethodOf(service, method)]));
}

/** One method of a gRPC service. Throws where the service has no such method. */
export function grpcMethod(service: XdsService, name: string): GrpcMethod<unknown, unknown> {
  const method = grpcService(service)[name];
  if (!method) throw new TypeError(`${service} has no method ${name}`);
  return method;
}

function grpcMethodOf(service: string, method: protobuf.Method): GrpcMethod<unknown, unknown> {
  const request = fullName(method.resolvedRequestType!) as MessageName;
  const response = fullName(method.resolvedResponseType!) as MessageName;
  return {
    path: `/${service}/${method.name}`,
    originalName: method.name.charAt(0).toLowerCase() + method.name.slice(1),
    requestStream: method.requestStream ?? false,
    responseStream: method.responseStream ?? false,
    requestSerialize: (message) => buffer(encode(request, message as never)),
    requestDeserialize: (bytes) => decode(request, bytes),
    responseSerialize: (message) => buffer(...(response === DELTA_RESPONSE ? deltaParts : sotwParts)(message as never)),
    responseDeserialize: (bytes) => decode(response, bytes),
  };
}

const SOTW_RESPONSE = "envoy.service.discovery.v3.DiscoveryResponse";
const DELTA_RESPONSE = "envoy.service.discovery.v3.DeltaDiscoveryResponse";
const RESOURCE = "envoy.service.discovery.v3.Resource";

/** Numbers of the fields that hold encoded resources: the same in both responses, and the Any in `Resource`. */
const RESOURCES = 2;
const RESOURCE_ANY = 2;

/**
 * The bytes of the field `resources` of either response, from encoded resources: what responses that carry the same to many
 * clients have in common.
 */
export function resourcesField(encoded: readonly Chunks[]): Uint8Array {
  return joinFields(RESOURCES, encoded);
}

function sotwParts({ resources = [], ...head }: DiscoveryResponse): Uint8Array[] {
  return [encode(SOTW_RESPONSE, head), fieldBytes(resources, anyBytes)];
}

function deltaParts({ resources = [], ...head }: DeltaDiscoveryResponse): Uint8Array[] {
  return [encode(DELTA_RESPONSE, head), fieldBytes(resources, resourceBytes)];
}

function fieldBytes<T>(resources: readonly T[] | Uint8Array, bytesOf: (resource: T) => Uint8Array): Uint8Array {
  return resources instanceof Uint8Array ? resources : resourcesField(resources.map(bytesOf));
}

function resourceBytes(given: DeltaResource | Uint8Array): Uint8Array {
  if (given instanceof Uint8Array) return given;
  const { resource, ...head } = given;
  return Buffer.concat([encode(RESOURCE, head), joinFields(RESOURCE_ANY, resource ? [anyBytes(resource)] : [])]);
}

function anyBytes(any: Message<"google.protobuf.Any"> | Uint8Array): Uint8Array {
  return any instanceof Uint8Array ? any : encode("google.protobuf.Any", any);
}

/** grpc-js wants a Buffer. */
function buffer(...parts: Uint8Array[]): Buffer {
  return Buffer.concat(parts);
}
