import { envoyName as certificateName, envoySecret } from "../../certificates/mod.ts";
import { type KubernetesObject, labelsOf } from "./kubernetes_object.ts";
import { serviceHost, SLUICE } from "./names.ts";
import type { ManifestOptions } from "./options.ts";

/** The Secret with the certificate of the xDS server and of the webhook, and the name of its Certificate. */
export const SERVER_SECRET = "sluice-server";

/** Not the Secret of Sluice's own authority: nobody is to write the other's. */
const AUTHORITY = "sluice-cert-manager-ca";
const SELF_SIGNED = "sluice-self-signed";

/**
 * An authority of Sluice's own within cert-manager, a server certificate, and a client certificate for the Envoys of each
 * proxy, in the Secret that Sluice itself would put it in. Its DNS name is what the table of roles goes by.
 */
export function certManagerObjects(options: ManifestOptions): readonly KubernetesObject[] {
  const { namespace, proxies } = options;
  const host = serviceHost(namespace);
  const issuer = (name: string, spec: unknown): KubernetesObject => object("Issuer", name, namespace, spec);
  const certificate = (name: string, spec: object): KubernetesObject =>
    object("Certificate", name, namespace, {
      secretName: name,
      privateKey: { algorithm: "ECDSA", size: 256, rotationPolicy: "Always" },
      ...spec,
    });
  return [
    issuer(SELF_SIGNED, { selfSigned: {} }),
    certificate(AUTHORITY, {
      isCA: true,
      commonName: AUTHORITY,
      duration: "87600h",
      // A new authority has a new key only where somebody takes care of who trusts the old one.
      privateKey: { algorithm: "ECDSA", size: 256, rotationPolicy: "Never" },
      issuerRef: { kind: "Issuer", name: SELF_SIGNED },
    }),
    issuer(SLUICE, { ca: { secretName: AUTHORITY } }),
    certificate(SERVER_SECRET, {
      dnsNames: [host, `${SLUICE}.${namespace}`, SLUICE, `${host}.cluster.local`],
      usages: ["digital signature", "server auth"],
      issuerRef: { kind: "Issuer", name: SLUICE },
    }),
    ...proxies.map((proxy) =>
      certificate(envoySecret(proxy), {
        dnsNames: [certificateName(namespace, proxy)],
        usages: ["digital signature", "client auth"],
        issuerRef: { kind: "Issuer", name: SLUICE },
      })
    ),
  ];
}

function object(kind: string, name: string, namespace: string, spec: unknown): KubernetesObject {
  return {
    apiVersion: "cert-manager.io/v1",
    kind,
    metadata: { name, namespace, labels: labelsOf(SLUICE, SLUICE) },
    spec,
  };
}
