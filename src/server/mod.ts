/** The servers: xDS over gRPC, the admin pages, and the validation webhook. */
export { startAdminServer } from "./admin.ts";
export type { AdminServer, AdminSources } from "./admin.ts";
export type { ClientRoles } from "./access.ts";
export { UNKNOWN_ROLE } from "./client_stream.ts";
export type { CertificateProvider, TlsMaterial } from "./tls_credentials.ts";
export type { TlsFiles } from "./tls_files.ts";
export { askReplicaState, REPLICA_ROLE } from "./replica_state.ts";
export type { ReplicaToAsk, StateSource } from "./replica_state.ts";
export { DEFAULT_LIMITS, startXdsServer } from "./xds_server.ts";
export type { XdsServer } from "./xds_server.ts";
export type { ServerClock, ServerLogger, ServerMetrics, XdsServerOptions } from "./xds_server_options.ts";
export { certificateFiles } from "./webhook_certificate.ts";
export type { CertificateSource, ServerCertificate } from "./webhook_certificate.ts";
export { startWebhookServer } from "./webhook_server.ts";
export type { WebhookAnswer, WebhookOptions, WebhookServer } from "./webhook_server.ts";
