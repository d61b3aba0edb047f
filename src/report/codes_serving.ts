/** Codes of holds and of serving Envoy. */
export const SERVING_CODES = {
  "SLUICE-1501": "an Envoy refused the configuration",
} as const;
