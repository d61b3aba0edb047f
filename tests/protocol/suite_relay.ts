/**
 * Stands between the conformance suite and the xDS server, and changes two texts: the suite names versions itself ("1", "2"),
 * where Sluice's are hashes of what is sent; and its nodes have an id and no role. Everything else, each message in its turn,
 * goes through as it is.
 */
import { Client, credentials, type Server, type ServerDuplexStream, type ServiceError } from "@grpc/grpc-js";
import {
  type DeltaDiscoveryRequest,
  type DiscoveryRequest,
  type GrpcMethod,
  grpcService,
  xdsMethods,
  type XdsService,
} from "../../src/envoy/mod.ts";

type Request = DiscoveryRequest & DeltaDiscoveryRequest;
interface Response {
  readonly typeUrl?: string;
  /** State of the world. */
  readonly versionInfo?: string;
  /** Delta. */
  readonly systemVersionInfo?: string;
}

const SERVICES: readonly XdsService[] = [
  "envoy.service.discovery.v3.AggregatedDiscoveryService",
  "envoy.service.listener.v3.ListenerDiscoveryService",
  "envoy.service.cluster.v3.ClusterDiscoveryService",
  "envoy.service.route.v3.RouteDiscoveryService",
  "envoy.service.endpoint.v3.EndpointDiscoveryService",
];

/** Adds the services of xDS to `server`; what comes is passed to `target`. `version` names what was set last for a node. */
export function addRelay(server: Server, target: string, version: (node: string) => string): void {
  const client = new Client(target, credentials.createInsecure());
  for (const service of SERVICES) {
    const { stream, delta } = xdsMethods(service);
    const handlers = Object.fromEntries([stream!, delta!].map((method) => {
      const passed = method as unknown as GrpcMethod<Request, Response>;
      return [
        passed.originalName,
        (call: ServerDuplexStream<Request, Response>) => pass(client, passed, call, version),
      ];
    }));
    server.addService(grpcService(service), handlers);
  }
}

function pass(
  client: Client,
  { path, requestSerialize, responseDeserialize }: GrpcMethod<Request, Response>,
  call: ServerDuplexStream<Request, Response>,
  version: (node: string) => string,
): void {
  const beyond = client.makeBidiStreamRequest<Request, Response>(path, requestSerialize, responseDeserialize);
  /** By type, what the server called the version that the suite knows under its own name. */
  const hashes = new Map<string, string>();
  let node = "";
  call.on("data", (request: Request) => {
    if (request.node !== undefined) node = request.node.id ?? "";
    const role = request.node && { node: { ...request.node, metadata: { role: node } } };
    const own = request.versionInfo && { versionInfo: hashes.get(`${request.typeUrl} ${request.versionInfo}`) ?? "" };
    beyond.write({ ...request, ...role, ...own });
  });
  beyond.on("data", (response: Response) => {
    const name = version(node);
    hashes.set(`${response.typeUrl} ${name}`, response.versionInfo ?? "");
    const named = response.versionInfo === undefined ? { systemVersionInfo: name } : { versionInfo: name };
    call.write({ ...response, ...named });
  });
  call.on("end", () => beyond.end());
  call.on("cancelled", () => beyond.cancel());
  beyond.on("end", () => call.end());
  beyond.on("error", (error: ServiceError) => call.emit("error", error));
}
