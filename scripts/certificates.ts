/** Certificates for the demo and for tests, made without any program, and good from now on. */
import { createAuthority as create, issueCertificate as issue, type KeyPair } from "../src/certificates/mod.ts";

/** A certificate with its private key, PEM. */
export type Certificate = KeyPair;

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
  return await create({ commonName, ...forDays(365) });
}

/** A certificate that the authority signed. Without names of its own it is good for client authentication only. */
export async function issueCertificate(authority: Certificate, wish: CertificateWish): Promise<Certificate> {
  const { days = 365, ...names } = wish;
  return await issue(authority, { ...names, ...forDays(days) });
}

function forDays(days: number): { notBefore: number; notAfter: number } {
  const now = Date.now();
  return { notBefore: now, notAfter: now + days * DAY_MS };
}
