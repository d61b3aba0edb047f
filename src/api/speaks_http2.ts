/** Gloo's annotation of a Service: "true" or "false" decides. */
const ANNOTATION = "gloo.solo.io/h2_service";
/** What the name of a port that speaks HTTP/2 begins with (Gloo). */
const PORT_NAMES = ["grpc", "h2", "http2"] as const;
/** Names of protocols over HTTP/2: Gloo's, Kubernetes' and Istio's. */
const APP_PROTOCOLS: readonly string[] = ["http2", "grpc", "grpc-web", "kubernetes.io/h2c", "h2c", "h2"];

/**
 * Whether a Service's port is to be spoken to in HTTP/2: the annotation `gloo.solo.io/h2_service` decides; without it the
 * port's `appProtocol` or the beginning of its name may say so. Undefined where nothing does. Settings'
 * `upstreamOptions.globalAnnotations` stand in for annotations that a Service has not: `{ ...globalAnnotations, ...own }`.
 *
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(speaksHttp2({ name: "grpc-api" }), true);
 * assert.equal(speaksHttp2({ name: "web" }), undefined);
 * assert.equal(speaksHttp2({ name: "grpc" }, { "gloo.solo.io/h2_service": "false" }), false);
 * ```
 */
export function speaksHttp2(
  { name = "", appProtocol = "" }: { readonly name?: string; readonly appProtocol?: string },
  annotations: Readonly<Record<string, string>> = {},
): boolean | undefined {
  const wish = annotations[ANNOTATION];
  if (wish === "true" || wish === "false") return wish === "true";
  const speaks = APP_PROTOCOLS.includes(appProtocol.toLowerCase()) ||
    PORT_NAMES.some((start) => name.startsWith(start));
  return speaks || undefined;
}
