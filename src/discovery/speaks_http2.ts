import type { Spec } from "../api/mod.ts";

/** A port of a Service. */
export type ServicePort = NonNullable<Spec<"Service">["ports"]>[number];

/** Application protocols that Gloo takes for HTTP/2. */
const APP_PROTOCOLS: ReadonlySet<string> = new Set(["http2", "grpc", "grpc-web", "kubernetes.io/h2c"]);

/** True where the name of the port starts with grpc, h2 or http2, or its application protocol is one over HTTP/2 (Gloo). */
export function speaksHttp2({ name = "", appProtocol = "" }: ServicePort): boolean {
  return /^(grpc|h2|http2)/.test(name) || APP_PROTOCOLS.has(appProtocol.toLowerCase());
}
