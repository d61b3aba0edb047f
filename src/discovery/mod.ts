/** Discovery: Services become Upstreams, in memory and, where Settings say so, as objects in Kubernetes. */
export type { Found, ServicePortRef } from "./discovered_upstreams.ts";
export { DiscoveryWriter } from "./discovery_writer.ts";
export type { DiscoveryWriterOptions, ObjectStore } from "./discovery_writer.ts";
export { type DiscoveryOptions, type DiscoveryRules, discoveryRules } from "./rules.ts";
export { createUpstreamDiscovery } from "./upstream_discovery.ts";
export type { UpstreamDiscovery, UpstreamDiscoveryOptions } from "./upstream_discovery.ts";
export { upstreamName } from "./upstream_name.ts";
export { type Discovered, DISCOVERED_LABELS, upstreamsOf } from "./upstreams_of.ts";
export { FIELD_MANAGER, upstreamWrites } from "./upstream_writes.ts";
export type { UpstreamObject, UpstreamWrite, UpstreamWritesInput } from "./upstream_writes.ts";
