import type { Kind } from "../api/mod.ts";

/** Kinds whose statuses Gloo's gateway translation reports; the others are reported by "gloo". */
const GATEWAY_KINDS: ReadonlySet<Kind> = new Set<Kind>([
  "Gateway",
  "MatchableHttpGateway",
  "MatchableTcpGateway",
  "RouteOption",
  "RouteTable",
  "VirtualHostOption",
  "VirtualService",
]);

/** Who Gloo says has reported the status of a kind: `reportedBy`. */
export const reporterOf = (kind: Kind): "gateway" | "gloo" => GATEWAY_KINDS.has(kind) ? "gateway" : "gloo";
