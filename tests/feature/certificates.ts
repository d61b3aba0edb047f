/** Certificate authorities and certificates for tests. */
import { createAuthority, issueCertificate } from "../../scripts/certificates.ts";

/** A key and its certificate, in PEM. */
export interface KeyPair {
  readonly certificate: string;
  readonly key: string;
}

/** A new authority that signs itself. */
export async function newAuthority(name: string): Promise<KeyPair> {
  const { cert, key } = await createAuthority(name);
  return { certificate: cert, key };
}

/** A certificate of an authority: common name `name`, and the DNS names given (`localhost` for a server). */
export async function issue(authority: KeyPair, name: string, dnsNames: readonly string[] = []): Promise<KeyPair> {
  const from = { cert: authority.certificate, key: authority.key };
  const { cert, key } = await issueCertificate(from, { commonName: name, dnsNames });
  return { certificate: cert, key };
}
