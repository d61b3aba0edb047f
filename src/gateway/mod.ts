/** Gateway translation: what users write about listeners, hosts and routes becomes Proxies. */
export { ClaimBook, compareText, settleOnce, winnerAmong } from "./claims.ts";
export type { Claimant, Claims, Incumbents, Outcome } from "./claims.ts";
export { BATCH, claimantOf, rivalsBy } from "./domains.ts";
export { provenance, sourceOf } from "./provenance.ts";
export { translateGateways } from "./translate_gateways.ts";
export type { GatewayInput, GatewayTranslation } from "./translate_gateways.ts";
