import { type Authority, type AuthorityState, bundleOf, ORGANIZATION } from "./authority_state.ts";
import { type CertificateFacts, keyFits, readCertificate, readCertificates } from "./read_certificate.ts";
import { SecretFault, type SecretObject, TLS_SECRET } from "./secret_store.ts";

/** The Secret that holds the authority. */
export const AUTHORITY_SECRET = "sluice-ca";

/**
 * The authorities as data of a Secret: `tls.crt` and `tls.key` sign, `ca.crt` is all that is to be trusted, `next.crt` and
 * `next.key` sign next; `signing-since` and `next-since` are times (ISO 8601).
 */
export function authorityData(state: AuthorityState): Record<string, string> {
  const { signing, next } = state;
  return {
    "tls.crt": signing.cert,
    "tls.key": signing.key,
    "ca.crt": bundleOf(state),
    "signing-since": new Date(signing.since).toISOString(),
    ...(next === undefined ? {} : {
      "next.crt": next.cert,
      "next.key": next.key,
      "next-since": new Date(next.since).toISOString(),
    }),
  };
}

/** The authorities that a Secret holds. Throws a SecretFault where it is damaged, or was not made by Sluice. */
export function authorityState(secret: SecretObject): AuthorityState {
  if (secret.type !== TLS_SECRET) throw fault(`it is of type ${secret.type}, and should be of type ${TLS_SECRET}`);
  const signing = authorityOf(secret, "tls", "signing-since");
  const next = secret.data["next.crt"] === undefined ? undefined : authorityOf(secret, "next", "next-since");
  const bundle = bundleIn(secret);
  const others = bundle.filter(({ pem }) => pem !== signing.cert && pem !== next?.cert);
  if (bundle.length !== others.length + (next === undefined ? 1 : 2)) {
    throw fault(
      `ca.crt should hold the certificate of tls.crt${next === undefined ? "" : " and that of next.crt"}, once`,
    );
  }
  return { signing, ...(next && { next }), former: others.map(({ pem }) => pem) };
}

function authorityOf({ data }: SecretObject, name: "tls" | "next", sinceKey: string): Authority {
  const [cert, key, since] = [data[`${name}.crt`], data[`${name}.key`], data[sinceKey]];
  if (!cert || !key) throw fault(`it should have ${name}.crt and ${name}.key`);
  const facts = reading(`${name}.crt`, () => readCertificate(cert));
  if (!facts.isAuthority || !isOurs(facts.subject)) {
    throw fault(`${name}.crt is the certificate of ${facts.subject}, and not of an authority that Sluice made`);
  }
  if (!reading(`${name}.key`, () => keyFits({ cert, key }))) throw fault(`${name}.key is not the key of ${name}.crt`);
  const at = Date.parse(since ?? "");
  if (Number.isNaN(at)) throw fault(`${sinceKey} should be a time, as 2026-01-31T12:00:00.000Z`);
  return { cert: facts.pem, key, since: at };
}

function bundleIn({ data }: SecretObject): CertificateFacts[] {
  return reading("ca.crt", () => readCertificates(data["ca.crt"] ?? ""));
}

function reading<T>(key: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw fault(`${key} cannot be read (${error instanceof Error ? error.message : error})`);
  }
}

const fault = (what: string): SecretFault => new SecretFault(AUTHORITY_SECRET, what);

/** Whether a distinguished name is that of an authority that Sluice made. */
export function isOurs(distinguishedName: string): boolean {
  return distinguishedName.startsWith(`O=${ORGANIZATION}, CN=sluice-ca `);
}
