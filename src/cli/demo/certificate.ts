import { createAuthority, issueCertificate } from "../../certificates/mod.ts";

const YEAR_MS = 365 * 24 * 3600 * 1000;

/** A certificate for secure.example: the Secret that the examples refer to, and the authority for who asks. */
export async function demoCertificate(): Promise<{ readonly secret: object; readonly authority: string }> {
  const now = Date.now();
  const lifetime = { notBefore: now, notAfter: now + YEAR_MS };
  const authority = await createAuthority({ commonName: "Sluice demo", ...lifetime });
  const leaf = await issueCertificate(authority, {
    ...{ commonName: "secure.example", dnsNames: ["secure.example"] },
    ...lifetime,
  });
  const secret = {
    apiVersion: "v1",
    kind: "Secret",
    type: "kubernetes.io/tls",
    metadata: { name: "demo-tls", namespace: "gloo-system" },
    data: { "tls.crt": btoa(leaf.cert), "tls.key": btoa(leaf.key) },
  };
  return { secret, authority: authority.cert };
}
