/** gloo.solo.io/v1: Upstream, UpstreamGroup, Endpoint. */
import { list, map, message, string, uint32 } from "../shape.ts";
import { resourceRef } from "../resource.ts";
import { upstreamSslConfig, weightedDestination } from "./routing.ts";

/** Everything else of an Upstream, its type included (oneof `upstreamType`), is contributed by plugins. */
export const upstreamSpec = message({
  discoveryMetadata: message({ labels: map(string()) }, { doc: "What discovery knew of the service." }),
  sslConfig: { ...upstreamSslConfig, doc: "Speak TLS to the back end." },
}, { hole: "upstream" });

export const upstreamGroupSpec = message({
  destinations: list(weightedDestination, { doc: "Back ends that share the traffic by weight." }),
});

export const endpointSpec = message({
  upstreams: list(resourceRef),
  address: string({ doc: "IP address or host name." }),
  port: uint32({ maximum: 65535 }),
  hostname: string(),
  healthCheck: message({ hostname: string() }),
});
