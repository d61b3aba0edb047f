import type { Resource } from "../../api/mod.ts";

/** What an Upstream is spoken to in: HTTP/1.1, HTTP/2, or whichever the client speaks. */
export type UpstreamProtocol = "http1" | "http2" | "downstream";

interface ProtocolFields {
  readonly useHttp2?: boolean;
  readonly protocolSelection?: string;
}

/** The protocol of an Upstream. A gRPC serviceSpec means HTTP/2, as in Gloo. */
export function upstreamProtocol(upstream: Resource<"Upstream">): UpstreamProtocol {
  const { useHttp2, protocolSelection } = upstream.spec as ProtocolFields;
  if (protocolSelection === "USE_DOWNSTREAM_PROTOCOL") return "downstream";
  return useHttp2 || hasGrpcService(upstream) ? "http2" : "http1";
}

/** Looks into the member of the oneof `upstreamType`, whichever it is: every type has its serviceSpec there. */
function hasGrpcService(upstream: Resource<"Upstream">): boolean {
  return Object.values(upstream.spec).some((part) => {
    const serviceSpec = (part as { serviceSpec?: object } | undefined)?.serviceSpec;
    return serviceSpec !== undefined && ("grpc" in serviceSpec || "grpcJsonTranscoder" in serviceSpec);
  });
}
