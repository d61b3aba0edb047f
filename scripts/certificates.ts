/** Certificates for the demo and for tests, made without any program. */
import { generate } from "selfsigned";

/** A certificate with its private key, PEM. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

/** What a certificate says. */
export interface CertificateWish {
  readonly commonName: string;
  readonly dnsNames?: readonly string[];
  readonly ipAddresses?: readonly string[];
  readonly days?: number;
}

const DAY_MS = 24 * 3600 * 1000;

/** A certificate authority of its own. */
export async function createAuthority(commonName: string): Promise<Certificate> {
  const made = await generate([{ name: "commonName", value: commonName }], {
    algorithm: "sha256",
    keyType: "ec",
    extensions: [
      { name: "basicConstraints", cA: true, critical: true },
      { name: "keyUsage", keyCertSign: true, cRLSign: true, critical: true },
    ],
  });
  return { cert: made.cert, key: made.private };
}

/** A certificate that the authority signed. Without names of its own it is good for client authentication only. */
export async function issueCertificate(authority: Certificate, wish: CertificateWish): Promise<Certificate> {
  const altNames = [
    ...(wish.dnsNames ?? []).map((value) => ({ type: 2 as const, value })),
    ...(wish.ipAddresses ?? []).map((ip) => ({ type: 7 as const, ip })),
  ];
  const made = await generate([{ name: "commonName", value: wish.commonName }], {
    algorithm: "sha256",
    keyType: "ec",
    ca: { key: authority.key, cert: authority.cert },
    notAfterDate: new Date(Date.now() + (wish.days ?? 365) * DAY_MS),
    extensions: [
      { name: "basicConstraints", cA: false, critical: true },
      ...(altNames.length > 0 ? [{ name: "subjectAltName" as const, altNames }] : []),
    ],
  });
  return { cert: made.cert, key: made.private };
}
