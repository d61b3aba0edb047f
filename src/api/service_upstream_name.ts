import { createHash } from "node:crypto";

/** Longer names are cut and made unique by a hash. */
const LONGEST = 63;
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
  const whole = `${namespace}-${name}-${port}`.replaceAll(".", "-");
  if (whole.length <= LONGEST) return whole;
  return `${whole.slice(0, KEPT)}-${createHash("md5").update(whole).digest("hex")}`.slice(0, LONGEST);
}
