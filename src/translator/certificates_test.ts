/** Certificates for the tests of this room; no tests of its own. */
import { createAuthority } from "../../scripts/certificates.ts";
import { PemConverter, X509CertificateGenerator } from "../certificates/x509.ts";
import type { Resource } from "../api/mod.ts";
import { resource } from "./fixtures_test.ts";

export interface Pair {
  readonly certChain: string;
  readonly privateKey: string;
}

async function pair(): Promise<Pair> {
  const { cert, key } = await createAuthority("test");
  return { certChain: cert, privateKey: key };
}

/** With a key that Envoy takes for too short. */
async function shortPair(): Promise<Pair> {
  const algorithm = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256", modulusLength: 1024 };
  const keys = await crypto.subtle.generateKey(
    { ...algorithm, publicExponent: new Uint8Array([1, 0, 1]) },
    true,
    ["sign", "verify"],
  );
  const made = await X509CertificateGenerator.createSelfSigned({ name: "CN=test", keys, signingAlgorithm: algorithm });
  const privateKey = PemConverter.encode(await crypto.subtle.exportKey("pkcs8", keys.privateKey), "PRIVATE KEY");
  return { certChain: made.toString("pem"), privateKey };
}

export const GOOD: Pair = await pair();
export const OTHER: Pair = await pair();
export const SHORT: Pair = await shortPair();

export const tlsSecret = (name: string, tls: object = GOOD): Resource<"Secret"> => resource("Secret", name, { tls });
