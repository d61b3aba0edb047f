import { isOurs } from "./authority_secret.ts";
import { type AuthorityState, bundleOf } from "./authority_state.ts";
import { envoyName } from "./envoy_name.ts";
import { issueCertificate, type KeyPair } from "./issue.ts";
import { BACKDATE_MS, type Lifetimes } from "./lifetimes.ts";
import {
  type CertificateFacts,
  isSignedBy,
  keyFits,
  readCertificate,
  readCertificates,
  renewalTime,
} from "./read_certificate.ts";
import { SecretFault, type SecretObject, type SecretStore, TLS_SECRET } from "./secret_store.ts";

/** The Secret with the certificate of a Proxy's Envoys, and in the manifests the name of all else that they have. */
export function envoySecret(proxyName: string): string {
  return `sluice-envoy-${proxyName}`;
}

/** Where Envoys' certificates come from. */
export interface EnvoyIssuer {
  readonly store: SecretStore;
  readonly namespace: string;
  readonly lifetimes: Lifetimes;
}

/**
 * Sees to it that a Proxy's Envoys have a certificate that is good, and the authorities of this moment beside it; writes only
 * where something is due. Gives when the certificate ends (milliseconds since the epoch), or undefined where somebody else
 * wrote at the same time: then look again. Rejects with a SecretFault where the Secret is damaged or not ours.
 */
export async function keepEnvoySecret(
  issuer: EnvoyIssuer,
  proxyName: string,
  state: AuthorityState,
  now: number,
): Promise<number | undefined> {
  const name = envoySecret(proxyName);
  if (!SECRET_NAME.test(name)) {
    throw new Error(
      `Proxy ${proxyName}: its Envoys get no certificate, as ${name} cannot be the name of a Secret; a proxy's name should ` +
        "have lower-case letters, digits, dots and hyphens",
    );
  }
  const present = await issuer.store.get(name);
  const held = present && heldIn(name, present);
  const trusted = bundleOf(state);
  const stays = held !== undefined && now < renewalTime(held.facts) &&
    held.facts.dnsNames.join() === envoyName(issuer.namespace, proxyName) &&
    await isSignedBy(held.facts, readCertificates(trusted));
  if (stays && held.trusted === trusted) return held.facts.notAfter;
  const pair = stays ? held.pair : await issueFor(issuer, proxyName, state, now);
  const data = { "tls.crt": pair.cert, "tls.key": pair.key, "ca.crt": trusted };
  const outcome = present === undefined
    ? await issuer.store.create(name, data, TLS_SECRET)
    : await issuer.store.update(name, data, present.resourceVersion);
  return outcome === "created" || outcome === "updated" ? readCertificate(pair.cert).notAfter : undefined;
}

/** A name that Kubernetes takes (a DNS subdomain). */
const SECRET_NAME = /^(?=.{1,253}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

interface Held {
  readonly pair: KeyPair;
  readonly facts: CertificateFacts;
  readonly trusted: string | undefined;
}

function heldIn(name: string, { type, data }: SecretObject): Held {
  if (type !== TLS_SECRET) throw new SecretFault(name, `it is of type ${type}, and should be of type ${TLS_SECRET}`);
  const pair = { cert: data["tls.crt"] ?? "", key: data["tls.key"] ?? "" };
  let facts: CertificateFacts;
  let fits: boolean;
  try {
    facts = readCertificate(pair.cert);
    fits = keyFits(pair);
  } catch (error) {
    const why = error instanceof Error ? error.message : error;
    throw new SecretFault(name, `tls.crt and tls.key cannot be read (${why})`);
  }
  if (!isOurs(facts.issuer)) {
    throw new SecretFault(name, `tls.crt was signed by ${facts.issuer}, and not by an authority that Sluice made`);
  }
  if (!fits) throw new SecretFault(name, "tls.key is not the key of tls.crt");
  return { pair, facts, trusted: data["ca.crt"] };
}

async function issueFor(
  { namespace, lifetimes }: EnvoyIssuer,
  proxyName: string,
  { signing }: AuthorityState,
  now: number,
): Promise<KeyPair> {
  return await issueCertificate(signing, {
    commonName: "envoy",
    dnsNames: [envoyName(namespace, proxyName)],
    usage: "client",
    notBefore: now - BACKDATE_MS,
    notAfter: Math.min(now + lifetimes.leafMs, readCertificate(signing.cert).notAfter),
  });
}
