/** The servers: xDS over gRPC, and the admin pages. */
export { startAdminServer } from "./admin.ts";
export type { AdminServer, AdminSources } from "./admin.ts";
export type { ClientRoles } from "./access.ts";
export { UNKNOWN_ROLE } from "./client_stream.ts";
export type { CertificateProvider, TlsMaterial } from "./tls_credentials.ts";
export type { TlsFiles } from "./tls_files.ts";
export { DEFAULT_LIMITS, startXdsServer } from "./xds_server.ts";
export type { XdsServer } from "./xds_server.ts";
export type { ServerClock, ServerLogger, ServerMetrics, XdsServerOptions } from "./xds_server_options.ts";
