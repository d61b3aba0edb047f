/** Gateway translation: what users write about listeners, hosts and routes becomes Proxies. */
export type { Claims } from "./claims.ts";
export { CREATED_BY } from "./names.ts";
export { translateGateways } from "./translate_gateways.ts";
export type { GatewayInput, GatewayTranslation } from "./translate_gateways.ts";
