/** Codes of Envoy translation. */
export const TRANSLATOR_CODES = {
  "SLUICE-1301": "a hook of a plugin failed; this is a bug of Sluice, not of the configuration",
  "SLUICE-1302": "two plugins set the same Envoy field",
} as const;
