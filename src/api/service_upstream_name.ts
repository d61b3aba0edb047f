import { createHash } from "node:crypto";

/** Longest name that is kept as it is: that of a label's value in Kubernetes. */
const LONGEST = 63;
/** What is kept of the beginning of a longer one. */
const KEPT = 31;

/**
 * Gloo's name of the Upstream of a Service's port, `<namespace>-<service>-<port>`: of those that discovery writes, and with
 * `kube-svc:` before it of those that stand for a kube destination.
 *
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(serviceUpstreamName({ namespace: "shop", name: "pets" }, 80), "shop-pets-80");
 * ```
 */
export function serviceUpstreamName(
  { namespace, name }: { readonly namespace: string; readonly name: string },
  port: number,
): string {
  return shortName(`${namespace}-${name}-${port}`.replaceAll(".", "-"));
}

/** As Gloo shortens: a name of more than 63 bytes is its first 31, a dash and the first 31 digits of its MD5. */
export function shortName(name: string): string {
  if (name.length <= LONGEST) return name;
  return `${name.slice(0, KEPT)}-${createHash("md5").update(name).digest("hex")}`.slice(0, LONGEST);
}
