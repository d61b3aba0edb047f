/** Ingress translation: Kubernetes Ingresses of our class become a Proxy beside those of Gateways. */
export { CONTROLLER, ingressSettingsReports } from "./settings.ts";
export { ingressStatuses } from "./statuses.ts";
export type { IngressAddress, IngressStatus } from "./statuses.ts";
export { translateIngresses } from "./translate_ingresses.ts";
export type { IngressInput, IngressTranslation } from "./translate_ingresses.ts";
