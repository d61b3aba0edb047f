import { Buffer } from "node:buffer";
import { decodeMessage } from "./decode.ts";
import { encodeMessage } from "./encode.ts";
import { type MethodType, serviceMethods } from "./message_type.ts";
import type { Message } from "./names.ts";

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

/** A DiscoveryResponse as it is sent: each resource is an Any, or the bytes of an encoded Any, which are copied as they are. */
export type DiscoveryResponse =
  & Omit<Message<"envoy.service.discovery.v3.DiscoveryResponse">, "resources">
  & { resources?: readonly (Message<"google.protobuf.Any"> | Uint8Array)[] };

/** A resource of a DeltaDiscoveryResponse; its Any may be given as encoded bytes. */
export type DeltaResource =
  & Omit<Message<"envoy.service.discovery.v3.Resource">, "resource">
  & { resource?: Message<"google.protobuf.Any"> | Uint8Array };

/** A DeltaDiscoveryResponse as it is sent: a resource may be the bytes of an encoded `Resource`. */
export type DeltaDiscoveryResponse =
  & Omit<Message<"envoy.service.discovery.v3.DeltaDiscoveryResponse">, "resources">
  & { resources?: readonly (DeltaResource | Uint8Array)[] };

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

function grpcMethodOf(service: string, method: MethodType): GrpcMethod<unknown, unknown> {
  return {
    path: `/${service}/${method.name}`,
    originalName: method.name.charAt(0).toLowerCase() + method.name.slice(1),
    requestStream: method.requestStream,
    responseStream: method.responseStream,
    requestSerialize: (request) => serialize(method.request, request),
    requestDeserialize: (bytes) => decodeMessage(method.request, bytes),
    responseSerialize: (response) => serialize(method.response, response),
    responseDeserialize: (bytes) => decodeMessage(method.response, bytes),
  };
}

/** grpc-js wants a Buffer: here the same memory as the bytes. */
function serialize(name: string, message: unknown): Buffer {
  const bytes = encodeMessage(name, message);
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
