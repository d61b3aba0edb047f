/** Codes of holds and of serving Envoy. */
export const SERVING_CODES = {
  "SLUICE-1501": "an Envoy refused the configuration",
  "SLUICE-1502": "Settings ask for something that cannot be had",
  "SLUICE-1503": "the state that was kept cannot be used; Sluice serves what its sources say",
  "SLUICE-1504": "the state cannot be written; Sluice serves on, and a restart would begin with an older one or none",
  "SLUICE-1505": "what is rejected is not served, as no state of another replica could be taken",
} as const;
