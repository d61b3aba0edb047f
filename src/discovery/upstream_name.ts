import { type Ref, shortName } from "../api/mod.ts";

/**
 * The name that Gloo's discovery gives to the Upstream of a Service's port. Routes refer to Upstreams by it, so it is the
 * same to the last character: `<namespace>-<service>-<port>`, made fit by {@link sanitizeName}.
 *
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(upstreamName({ namespace: "default", name: "petstore" }, 8080), "default-petstore-8080");
 * ```
 */
export function upstreamName({ namespace, name }: Ref, port: number): string {
  return sanitizeName(`${namespace}-${name}-${port}`);
}

/**
 * `SanitizeNameV2` of Solo's k8s-utils: what Kubernetes allows in no name becomes a dash or is left out, and a name of
 * more than 63 bytes is its first 31, a dash and the first 31 digits of its MD5 in hexadecimal. Lower case comes last, so
 * the hash is that of the text as written.
 */
export function sanitizeName(text: string): string {
  return shortName(text.replaceAll(/[*/.:_ ]/g, "-").replaceAll(/[[\]\n"']/g, "")).toLowerCase();
}
