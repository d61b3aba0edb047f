import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { any, encode } from "./codec.ts";
import { grpcMethod, grpcService, xdsMethods, type XdsService } from "./grpc_service.ts";
import { nameOf, TYPE_URL, typeUrlOf } from "./names.ts";

const services: readonly [XdsService, string[]][] = [
  ["envoy.service.discovery.v3.AggregatedDiscoveryService", ["StreamAggregatedResources", "DeltaAggregatedResources"]],
  ["envoy.service.listener.v3.ListenerDiscoveryService", ["StreamListeners", "DeltaListeners", "FetchListeners"]],
  ["envoy.service.cluster.v3.ClusterDiscoveryService", ["StreamClusters", "DeltaClusters", "FetchClusters"]],
  ["envoy.service.route.v3.RouteDiscoveryService", ["StreamRoutes", "DeltaRoutes", "FetchRoutes"]],
  ["envoy.service.endpoint.v3.EndpointDiscoveryService", ["StreamEndpoints", "DeltaEndpoints", "FetchEndpoints"]],
  ["envoy.service.secret.v3.SecretDiscoveryService", ["StreamSecrets", "DeltaSecrets", "FetchSecrets"]],
];

Deno.test("each xDS service has its stream, its delta and its fetch", () => {
  for (const [service, [stream, delta, fetch]] of services) {
    const methods = xdsMethods(service);
    assert.equal(methods.stream?.path, `/${service}/${stream}`);
    assert.equal(methods.delta?.path, `/${service}/${delta}`);
    assert.equal(methods.fetch?.path, fetch && `/${service}/${fetch}`);
    assert.deepEqual([methods.stream?.requestStream, methods.stream?.responseStream], [true, true]);
  }
  const vhds = xdsMethods("envoy.service.route.v3.VirtualHostDiscoveryService");
  assert.deepEqual(Object.entries(vhds).filter(([, method]) => method).map(([name]) => name), ["delta"]);
  assert.equal(vhds.delta!.path, "/envoy.service.route.v3.VirtualHostDiscoveryService/DeltaVirtualHosts");
});

Deno.test("a response of encoded resources is the response of the resources", () => {
  const { stream, delta } = xdsMethods("envoy.service.discovery.v3.AggregatedDiscoveryService");
  const resource = any("envoy.config.cluster.v3.Cluster", { name: "a" });
  const encoded = encode("google.protobuf.Any", resource);
  const head = { versionInfo: "1", typeUrl: TYPE_URL.cluster, nonce: "2" };
  const sotw = stream!.responseSerialize({ ...head, resources: [encoded] });
  assert.equal(Buffer.isBuffer(sotw), true);
  assert.deepEqual(stream!.responseDeserialize(sotw), { ...head, resources: [resource] });

  const whole = encode("envoy.service.discovery.v3.Resource", { name: "b", version: "2", resource });
  const bytes = delta!.responseSerialize({
    nonce: "3",
    resources: [{ name: "a", version: "1", resource: encoded }, whole],
  });
  assert.deepEqual(delta!.responseDeserialize(bytes), {
    nonce: "3",
    resources: [{ name: "a", version: "1", resource }, { name: "b", version: "2", resource }],
  });
});

Deno.test("a request is decoded as it was sent", () => {
  const { delta } = xdsMethods("envoy.service.discovery.v3.AggregatedDiscoveryService");
  const request = {
    node: { id: "n", metadata: { role: "gloo-system~gateway-proxy" }, userAgentName: "envoy" },
    typeUrl: TYPE_URL.route,
    resourceNamesSubscribe: ["a", "*"],
    initialResourceVersions: { a: "1" },
    errorDetail: { code: 3, message: "bad" },
  };
  assert.deepEqual(delta!.requestDeserialize(delta!.requestSerialize(request)), request);
});

Deno.test("methods go by their names", () => {
  const service = "envoy.service.secret.v3.SecretDiscoveryService";
  assert.deepEqual(Object.keys(grpcService(service)).sort(), ["DeltaSecrets", "FetchSecrets", "StreamSecrets"]);
  assert.equal(grpcMethod(service, "FetchSecrets").originalName, "fetchSecrets");
  assert.throws(() => grpcMethod(service, "PushSecrets"), /has no method PushSecrets/);
  assert.throws(() => grpcService("acme.Service" as XdsService), /unknown service acme\.Service/);
});

Deno.test("type URLs and names", () => {
  assert.equal(TYPE_URL.virtualHost, "type.googleapis.com/envoy.config.route.v3.VirtualHost");
  assert.equal(nameOf(typeUrlOf("envoy.config.core.v3.Node")), "envoy.config.core.v3.Node");
  assert.equal(nameOf("type.googleapis.com/acme.Unknown"), undefined);
  assert.equal(nameOf("type.googleapis.com/envoy.config"), undefined);
  assert.equal(nameOf("type.googleapis.com/Cluster"), undefined);
  for (const typeUrl of Object.values(TYPE_URL)) assert.equal(typeUrlOf(nameOf(typeUrl)!), typeUrl);
});
