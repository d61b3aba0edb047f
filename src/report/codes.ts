import { DECODING_CODES } from "./codes_decoding.ts";
import { DISCOVERY_CODES } from "./codes_discovery.ts";
import { GATEWAY_CODES } from "./codes_gateway.ts";
import { INGRESS_CODES } from "./codes_ingress.ts";
import { PLUGIN_CODES } from "./codes_plugins.ts";
import { SERVING_CODES } from "./codes_serving.ts";
import { SOURCE_CODES } from "./codes_sources.ts";
import { TRANSLATOR_CODES } from "./codes_translator.ts";

/**
 * Every code with one line on what it means. Codes are stable: one that is no longer used is never given again.
 * 10xx decoding, 11xx sources, 12xx gateway translation (127x Ingress), 13xx Envoy translation, 14xx plugins, 15xx serving,
 * 16xx discovery.
 */
export const CODES = {
  ...DECODING_CODES,
  ...SOURCE_CODES,
  ...GATEWAY_CODES,
  ...INGRESS_CODES,
  ...TRANSLATOR_CODES,
  ...PLUGIN_CODES,
  ...SERVING_CODES,
  ...DISCOVERY_CODES,
} as const;

/** A stable code of a report, `SLUICE-1012`. */
export type Code = keyof typeof CODES;
