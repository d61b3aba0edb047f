import { createPrivateKey, X509Certificate as NodeCertificate } from "node:crypto";
import type { KeyPair } from "./issue.ts";
import { BasicConstraintsExtension, PemConverter, SubjectAlternativeNameExtension, X509Certificate } from "./x509.ts";

/** What a certificate says, as far as it matters here. */
export interface CertificateFacts {
  /** PEM of it alone, ending in a line break. */
  readonly pem: string;
  readonly subject: string;
  readonly issuer: string;
  /** Milliseconds since the epoch. */
  readonly notBefore: number;
  readonly notAfter: number;
  readonly isAuthority: boolean;
  /** Its subject alternative names that are DNS names. */
  readonly dnsNames: readonly string[];
  readonly x509: X509Certificate;
}

/** All certificates of a PEM text, in their order; none where there are none. Throws where one does not parse. */
export function readCertificates(pem: string): CertificateFacts[] {
  return PemConverter.decodeWithHeaders(pem).filter(({ type }) => type === "CERTIFICATE")
    .map(({ rawData }) => factsOf(new X509Certificate(rawData)));
}

/** The first certificate of a PEM text. Throws where there is none or it does not parse. */
export function readCertificate(pem: string): CertificateFacts {
  const [first] = readCertificates(pem);
  if (first === undefined) throw new Error("there is no certificate in it");
  return first;
}

/** Whether the private key is that of the certificate. Throws where one of the two does not parse. */
export function keyFits({ cert, key }: KeyPair): boolean {
  return new NodeCertificate(cert).checkPrivateKey(createPrivateKey(key));
}

/** Whether one of the authorities signed the certificate, whatever the time. */
export async function isSignedBy(leaf: CertificateFacts, authorities: readonly CertificateFacts[]): Promise<boolean> {
  for (const { x509, subject } of authorities) {
    if (subject !== leaf.issuer) continue;
    if (await leaf.x509.verify({ publicKey: x509.publicKey, signatureOnly: true })) return true;
  }
  return false;
}

/** When so much of a certificate's life is over that it is replaced: after two thirds, in milliseconds since the epoch. */
export function renewalTime({ notBefore, notAfter }: Pick<CertificateFacts, "notBefore" | "notAfter">): number {
  return notBefore + (notAfter - notBefore) * 2 / 3;
}

function factsOf(x509: X509Certificate): CertificateFacts {
  const names = x509.getExtension(SubjectAlternativeNameExtension)?.names.items ?? [];
  return {
    pem: `${x509.toString("pem")}\n`,
    subject: x509.subject,
    issuer: x509.issuer,
    notBefore: x509.notBefore.getTime(),
    notAfter: x509.notAfter.getTime(),
    isAuthority: x509.getExtension(BasicConstraintsExtension)?.ca === true,
    dnsNames: names.filter(({ type }) => type === "dns").map(({ value }) => value),
    x509,
  };
}
