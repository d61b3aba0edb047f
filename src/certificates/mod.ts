/** Certificates of a cluster: an authority in a Secret, the server's certificate in memory, one for each Proxy's Envoys. */
export { AUTHORITY_SECRET } from "./authority_secret.ts";
export { ClusterAuthority } from "./cluster_authority.ts";
export type { ClusterAuthorityOptions } from "./cluster_authority.ts";
export { envoyName, replicaName, rolesOf } from "./envoy_name.ts";
export { envoySecret } from "./envoy_secrets.ts";
export { createAuthority, issueCertificate } from "./issue.ts";
export type { AuthorityWish, CertificateWish, KeyPair } from "./issue.ts";
export { DEFAULT_LIFETIMES } from "./lifetimes.ts";
export type { Lifetimes } from "./lifetimes.ts";
export { SecretFault } from "./secret_store.ts";
export type { SecretObject, SecretStore } from "./secret_store.ts";
export type { ServerCertificate, ServerMaterial } from "./server_certificate.ts";
export { serviceNames } from "./service_names.ts";
export { bundlePatch, caBundleOf } from "./webhook_bundle.ts";
export type { PatchStep, WebhookConfiguration, WebhookStore } from "./webhook_bundle.ts";
