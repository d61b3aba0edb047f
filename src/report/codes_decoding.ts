/** Codes of reading and decoding YAML. */
export const DECODING_CODES = {
  "SLUICE-1001": "the text is not YAML",
  "SLUICE-1002": "a field has this name nowhere in its message",
  "SLUICE-1003": "a value has the wrong type",
  "SLUICE-1004": "a value is outside its range or its enum",
  "SLUICE-1005": "two members of one oneof are set",
  "SLUICE-1006": "metadata is missing or malformed",
  "SLUICE-1007": "a field is given twice, once under each of its names",
  "SLUICE-1008": "a document does not say which kind it is, or names one that there is not",
  "SLUICE-1009": "a Kubernetes Secret cannot be read as one of Gloo's secrets",
} as const;
