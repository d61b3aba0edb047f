import { idKey, idOf, type ProxySslConfig, refKey, type Resource, type Spec } from "../api/mod.ts";
import { claimantOf, provenance, sourceOf } from "../gateway/mod.ts";
import { makeReport, type Report } from "../report/mod.ts";
import { EVERY_HOST, hostFault } from "./hosts.ts";
import type { TlsPart } from "./parts.ts";

type Tls = NonNullable<Spec<"Ingress">["tls"]>[number];

/** The names that a TLS part is for: those of its hosts that are proper ones, `*` for one without hosts. */
export function tlsNames({ hosts = [] }: Tls): string[] {
  if (hosts.length === 0) return [EVERY_HOST];
  return [...new Set(hosts.map((host) => host.toLowerCase()))].filter((host) => hostFault(host) === undefined);
}

/** The TLS parts of an Ingress that have a certificate, each name in the first one that has it. */
export function tlsPartsOf(ingress: Resource<"Ingress">): { parts: readonly TlsPart[]; reports: readonly Report[] } {
  const parts: TlsPart[] = [];
  const reports: Report[] = [];
  const id = idOf(ingress);
  const taken = new Map<string, TlsPart>();
  for (const [i, tls] of (ingress.spec.tls ?? []).entries()) {
    const path = `tls[${i}]`;
    reports.push(...hostReports(ingress, tls, path));
    if (!tls.secretName) {
      const text = "a TLS part needs a secretName; without a certificate its hosts have no TLS";
      reports.push(makeReport("error", "SLUICE-1277", id, path, text));
      continue;
    }
    const part = partOf(ingress, path, tls.secretName, tlsNames(tls));
    const names = part.names.filter((name) => !taken.has(name));
    for (const name of part.names) {
      const earlier = taken.get(name);
      if (!earlier) taken.set(name, part);
      else if (earlier.certificate !== part.certificate) {
        const text = `${earlier.path} has TLS host ${JSON.stringify(name)} already; its certificate is shown`;
        reports.push(makeReport("warning", "SLUICE-1276", id, path, text));
      }
    }
    if (names.length > 0) parts.push({ ...part, names });
  }
  return { parts, reports };
}

function hostReports(ingress: Resource<"Ingress">, { hosts = [] }: Tls, path: string): Report[] {
  return hosts.flatMap((host, i) => {
    const fault = hostFault(host.toLowerCase());
    return fault ? [makeReport("error", "SLUICE-1271", idOf(ingress), `${path}.hosts[${i}]`, fault)] : [];
  });
}

function partOf(ingress: Resource<"Ingress">, path: string, secretName: string, names: readonly string[]): TlsPart {
  const id = idOf(ingress);
  const secretRef = { namespace: id.namespace, name: secretName };
  const metadataStatic = provenance(`${idKey(id)}#tls ${secretName}`, [sourceOf(ingress, path)]);
  // The ca.crt that an issuer leaves in its Secrets vouches for the certificate; it asks no client for one.
  const ssl: ProxySslConfig = { secretRef, oneWayTls: true, metadataStatic };
  return { id, claimant: claimantOf(ingress), path, names, certificate: refKey(secretRef), ssl };
}
