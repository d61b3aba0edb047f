/** A small xDS client for tests: it asks what it is told to ask and remembers what it was sent. */
import {
  type DeltaDiscoveryRequest,
  type DiscoveryRequest,
  type GrpcMethod,
  type Message,
  TYPE_URL,
  xdsMethods,
  type XdsService,
} from "../../src/envoy/mod.ts";
import type { SnapshotType } from "../../src/xds/mod.ts";
import { waitFor } from "../envoy/harness.ts";
import { type ClientTls, GrpcConnection, type GrpcFailure } from "./grpc_connection.ts";

export type SotwResponse = Message<"envoy.service.discovery.v3.DiscoveryResponse">;
export type DeltaResponse = Message<"envoy.service.discovery.v3.DeltaDiscoveryResponse">;

export const ADS: XdsService = "envoy.service.discovery.v3.AggregatedDiscoveryService";

/** The services of single types. */
export const SERVICE_OF: Readonly<Record<SnapshotType, XdsService>> = {
  cluster: "envoy.service.cluster.v3.ClusterDiscoveryService",
  endpoint: "envoy.service.endpoint.v3.EndpointDiscoveryService",
  listener: "envoy.service.listener.v3.ListenerDiscoveryService",
  route: "envoy.service.route.v3.RouteDiscoveryService",
  secret: "envoy.service.secret.v3.SecretDiscoveryService",
};

export function node(role: string | undefined, id = "test-client") {
  return { id, userAgentName: "envoy", ...(role === undefined ? {} : { metadata: { role } }) };
}

/** What a client needs of a method. */
type Asking<Request> = Pick<GrpcMethod<Request, never>, "path" | "requestSerialize"> & {
  readonly responseDeserialize: (bytes: Parameters<GrpcMethod<Request, never>["responseDeserialize"]>[0]) => unknown;
};

/** One stream. */
export interface TestStream<Request, Response> {
  readonly responses: Response[];
  /** The status that ended the stream; undefined for OK. */
  readonly ended: Promise<GrpcFailure | undefined>;
  send(request: Request): void;
  /** Waits until there are `count` responses, and gives the last of them. */
  response(count: number): Promise<Response>;
  pause(): void;
  resume(): void;
  cancel(): void;
}

/** A connection to an xDS server. */
export interface TestClient {
  stream(service?: XdsService): TestStream<DiscoveryRequest, SotwResponse>;
  delta(service?: XdsService): TestStream<DeltaDiscoveryRequest, DeltaResponse>;
  /** Rejects with a GrpcFailure where the answer is no response. */
  fetch(type: SnapshotType, request: DiscoveryRequest): Promise<SotwResponse>;
  /** Ends all streams and the connection. To be waited for before the server stops; see {@link GrpcConnection}. */
  close(): Promise<void>;
}

export function connect(address: string, tls?: ClientTls): TestClient {
  const connection = new GrpcConnection(address, tls);
  const open = <Request, Response>(method: Asking<Request>) => openStream<Request, Response>(connection, method);
  return {
    stream: (service = ADS) => open(xdsMethods(service).stream!),
    delta: (service = ADS) => open(xdsMethods(service).delta!),
    fetch: async (type, request) => {
      const { path, requestSerialize, responseDeserialize } = xdsMethods(SERVICE_OF[type]).fetch!;
      const responses: SotwResponse[] = [];
      const call = connection.call(path, (message) => responses.push(responseDeserialize(message) as SotwResponse));
      call.send(requestSerialize(request));
      call.finish();
      const failure = await call.ended;
      if (failure !== undefined) throw failure;
      return responses[0]!;
    },
    close: () => connection.close(),
  };
}

function openStream<Request, Response>(
  connection: GrpcConnection,
  { path, requestSerialize, responseDeserialize }: Asking<Request>,
): TestStream<Request, Response> {
  const responses: Response[] = [];
  const call = connection.call(path, (message) => responses.push(responseDeserialize(message) as Response));
  return {
    responses,
    ended: call.ended,
    send: (request) => call.send(requestSerialize(request)),
    response: (count) => waitFor(`response ${count}`, () => responses.length >= count && responses[count - 1]),
    pause: call.pause,
    resume: call.resume,
    cancel: call.cancel,
  };
}

/** The names of the resources in a response. */
export function names(response: SotwResponse | DeltaResponse): string[] {
  return (response.resources ?? []).map((resource) =>
    "name" in resource ? resource.name ?? "" : nameIn((resource as { value?: Uint8Array }).value ?? new Uint8Array())
  ).sort();
}

/** `name` (or `cluster_name`) is field 1 of every type that xDS serves here. */
function nameIn(bytes: Uint8Array): string {
  return bytes[0] === 0x0a ? new TextDecoder().decode(bytes.subarray(2, 2 + bytes[1]!)) : "";
}

/** A request for names of a type in the state of the world. */
export function ask(type: SnapshotType, resourceNames: string[] = [], more: DiscoveryRequest = {}): DiscoveryRequest {
  return { typeUrl: TYPE_URL[type], resourceNames, ...more };
}
