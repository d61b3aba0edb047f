import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  type Extension,
  type JsonGeneralName,
  type JsonName,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from "./x509.ts";

/** A certificate with its private key (PKCS #8), both PEM. */
export interface KeyPair {
  readonly cert: string;
  readonly key: string;
}

/** What the certificate of an authority says. */
export interface AuthorityWish {
  readonly commonName: string;
  readonly organization?: string;
  /** Milliseconds since the epoch; certificates count whole seconds, and what is over is dropped. */
  readonly notBefore: number;
  readonly notAfter: number;
}

/** What a certificate says. */
export interface CertificateWish extends AuthorityWish {
  readonly dnsNames?: readonly string[];
  readonly ipAddresses?: readonly string[];
  readonly uris?: readonly string[];
  /** What TLS lets it be used for. Default: both. */
  readonly usage?: "server" | "client";
}

/** ECDSA with P-256: what every TLS library takes, and keys that cost next to nothing to make. */
const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;

/** An authority that signs itself, and leaves, but no authorities under it. */
export async function createAuthority(wish: AuthorityWish): Promise<KeyPair> {
  const keys = await crypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: subjectOf(wish),
    keys,
    notBefore: new Date(wish.notBefore),
    notAfter: new Date(wish.notAfter),
    signingAlgorithm: ALGORITHM,
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return await pairOf(certificate, keys.privateKey);
}

/**
 * A leaf with a key of its own, signed by `authority`. It names the authority's key, so that two authorities of one name can
 * be told apart. Throws where the authority's PEM is no certificate or no PKCS #8 key of P-256.
 */
export async function issueCertificate(authority: KeyPair, wish: CertificateWish): Promise<KeyPair> {
  const issuer = new X509Certificate(authority.cert);
  const signingKey = await crypto.subtle.importKey(
    "pkcs8",
    PemConverter.decodeFirst(authority.key),
    ALGORITHM,
    false,
    ["sign"],
  );
  const keys = await crypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
  const certificate = await X509CertificateGenerator.create({
    subject: subjectOf(wish),
    issuer: issuer.subjectName,
    publicKey: keys.publicKey,
    signingKey,
    notBefore: new Date(wish.notBefore),
    notAfter: new Date(wish.notAfter),
    signingAlgorithm: ALGORITHM,
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      new ExtendedKeyUsageExtension(usagesOf(wish)),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
      await AuthorityKeyIdentifierExtension.create(await issuer.publicKey.export()),
      ...alternativeNames(wish),
    ],
  });
  return await pairOf(certificate, keys.privateKey);
}

function subjectOf({ commonName, organization }: AuthorityWish): JsonName {
  return [...(organization === undefined ? [] : [{ O: [organization] }]), { CN: [commonName] }];
}

function usagesOf({ usage }: CertificateWish): ExtendedKeyUsage[] {
  return [
    ...(usage === "client" ? [] : [ExtendedKeyUsage.serverAuth]),
    ...(usage === "server" ? [] : [ExtendedKeyUsage.clientAuth]),
  ];
}

function alternativeNames({ dnsNames = [], ipAddresses = [], uris = [] }: CertificateWish): Extension[] {
  const names: JsonGeneralName[] = [
    ...dnsNames.map((value) => ({ type: "dns" as const, value })),
    ...ipAddresses.map((value) => ({ type: "ip" as const, value })),
    ...uris.map((value) => ({ type: "url" as const, value })),
  ];
  return names.length === 0 ? [] : [new SubjectAlternativeNameExtension(names)];
}

async function pairOf(certificate: X509Certificate, privateKey: CryptoKey): Promise<KeyPair> {
  const key = PemConverter.encode(await crypto.subtle.exportKey("pkcs8", privateKey), "PRIVATE KEY");
  return { cert: `${certificate.toString("pem")}\n`, key: `${key}\n` };
}
