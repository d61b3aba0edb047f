/** Certificate authorities and certificates for tests. */
import { generate } from "selfsigned";

/** A key and its certificate, in PEM. */
export interface KeyPair {
  readonly certificate: string;
  readonly key: string;
}

const EC = { keyType: "ec", algorithm: "sha256" } as const;

/** A new authority that signs itself. */
export async function newAuthority(name: string): Promise<KeyPair> {
  const made = await generate([{ name: "commonName", value: name }], {
    ...EC,
    extensions: [
      { name: "basicConstraints", cA: true, critical: true },
      { name: "keyUsage", keyCertSign: true, cRLSign: true, digitalSignature: true },
    ],
  });
  return { certificate: made.cert, key: made.private };
}

/** A certificate of an authority: common name `name`, and the DNS names given (`localhost` for a server). */
export async function issue(authority: KeyPair, name: string, dnsNames: readonly string[] = []): Promise<KeyPair> {
  const made = await generate([{ name: "commonName", value: name }], {
    ...EC,
    ca: { key: authority.key, cert: authority.certificate },
    extensions: [
      { name: "basicConstraints", cA: false },
      { name: "keyUsage", digitalSignature: true },
      { name: "extKeyUsage", serverAuth: true, clientAuth: true },
      ...dnsNames.length === 0 ? [] : [{
        name: "subjectAltName" as const,
        altNames: dnsNames.map((value) => ({ type: 2 as const, value })),
      }],
    ],
  });
  return { certificate: made.cert, key: made.private };
}
