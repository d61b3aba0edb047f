import { createHash } from "node:crypto";
import type { Ref } from "../api/mod.ts";

/** Longest name that is kept as it is: that of a label's value in Kubernetes. */
const LONGEST = 63;
/** What is kept of the beginning of a longer one. */
const KEPT = 31;

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
  const plain = text.replaceAll(/[*/.:_ ]/g, "-").replaceAll(/[[\]\n"']/g, "");
  if (plain.length <= LONGEST) return plain.toLowerCase();
  const hash = createHash("md5").update(plain).digest("hex");
  return `${plain.slice(0, KEPT)}-${hash}`.slice(0, LONGEST).toLowerCase();
}
