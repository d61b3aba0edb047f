import { createHash } from "node:crypto";

/** The version of a resource: a hash of its bytes, so that equal bytes have equal versions in every process. */
export function versionOf(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("base64url").slice(0, 22);
}
