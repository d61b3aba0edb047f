/** Codes of holds and of serving Envoy. */
export const SERVING_CODES = {
  "SLUICE-1501": "an Envoy refused the configuration",
  "SLUICE-1502": "Settings ask for something that cannot be had",
} as const;
