import type { Message } from "../envoy/mod.ts";

type ConfigSource = Message<"envoy.config.core.v3.ConfigSource">;

/** Over the aggregated stream, waiting at most `seconds` for the first answer before going on without it. */
function ads(seconds: number): ConfigSource {
  return { ads: {}, resourceApiVersion: "V3", initialFetchTimeout: { seconds } };
}

/**
 * A cluster that is still warming holds back the ACK of all clusters, so it gives up sooner than Envoy's 15 s. Sluice
 * answers endpoints together with their cluster; later than this they are lost.
 */
export const ENDPOINTS_SOURCE: ConfigSource = ads(5);

/** A listener or cluster must not wait longer for one secret: its other certificates are good. */
export const SECRETS_SOURCE: ConfigSource = ads(5);

/** Until it has its routes a new listener is not opened, rather than answer 404; Envoy's own bound, said aloud. */
export const ROUTES_SOURCE: ConfigSource = ads(15);
