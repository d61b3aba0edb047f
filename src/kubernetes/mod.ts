/** A Kubernetes API server: requests, watches, leader election. Knows nothing of what the objects mean. */
export { ApiClient, APPLY, MERGE } from "./api_client.ts";
export type { ApiClientOptions, RequestOptions } from "./api_client.ts";
export { ApiError, isConflict, isNotFound } from "./api_error.ts";
export { Backoff } from "./backoff.ts";
export type { Credentials, CredentialsSource } from "./credentials.ts";
export { LeaderElection, microTime } from "./lease.ts";
export type { LeaderElectionOptions } from "./lease.ts";
export { Reflector } from "./reflector.ts";
export type { ObjectChange, ReflectorEvents } from "./reflector.ts";
export { SERVICE_ACCOUNT_FOLDER, serviceAccount } from "./service_account.ts";
export type { KubeObject, WatchEvent } from "./watch_stream.ts";
