/** A small xDS client for tests, on grpc-js: it asks what it is told to ask and remembers what it was sent. */
import { type ChannelCredentials, Client, credentials, type ServiceError } from "@grpc/grpc-js";
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
  /** The status that ended the stream. */
  readonly ended: Promise<ServiceError | undefined>;
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
  fetch(type: SnapshotType, request: DiscoveryRequest): Promise<SotwResponse>;
  close(): void;
}

export function connect(address: string, secrets: ChannelCredentials = credentials.createInsecure()): TestClient {
  const client = new Client(address, secrets, {
    "grpc.use_local_subchannel_pool": 1,
    "grpc.max_receive_message_length": -1,
  });
  const open = <Request, Response>(method: Asking<Request>) => openStream<Request, Response>(client, method);
  return {
    stream: (service = ADS) => open(xdsMethods(service).stream!),
    delta: (service = ADS) => open(xdsMethods(service).delta!),
    fetch: (type, request) => {
      const { path, requestSerialize, responseDeserialize } = xdsMethods(SERVICE_OF[type]).fetch!;
      return new Promise((resolve, reject) => {
        client.makeUnaryRequest(path, requestSerialize, responseDeserialize, request, (error, response) => {
          if (error) reject(error);
          else resolve(response as SotwResponse);
        });
      });
    },
    close: () => client.close(),
  };
}

function openStream<Request, Response>(
  client: Client,
  { path, requestSerialize, responseDeserialize }: Asking<Request>,
): TestStream<Request, Response> {
  const call = client.makeBidiStreamRequest<Request, Response>(path, requestSerialize, responseDeserialize as never);
  const responses: Response[] = [];
  call.on("data", (response: Response) => responses.push(response));
  const ended = new Promise<ServiceError | undefined>((resolve) => {
    call.on("error", (error: ServiceError) => resolve(error));
    call.on("end", () => resolve(undefined));
  });
  return {
    responses,
    ended,
    send: (request) => void call.write(request),
    response: (count) => waitFor(`response ${count}`, () => responses.length >= count && responses[count - 1]),
    pause: () => void call.pause(),
    resume: () => void call.resume(),
    cancel: () => call.cancel(),
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
