/** Codes of Ingress translation. */
export const INGRESS_CODES = {
  "SLUICE-1270": "an Ingress has neither rules nor a default backend",
  "SLUICE-1271": "a host of an Ingress is no host name",
  "SLUICE-1272": "a path of an Ingress is malformed, or of a type that there is not",
  "SLUICE-1273": "a backend of an Ingress is incomplete, or no Service",
  "SLUICE-1274": "a Service that an Ingress refers to, or its port, is not there",
  "SLUICE-1275": "a path of an Ingress belongs to another Ingress, or stands twice in one",
  "SLUICE-1276": "a TLS host of an Ingress belongs to another certificate",
  "SLUICE-1277": "a TLS part of an Ingress names no Secret",
  "SLUICE-1278": "a setting of Ingresses is malformed",
} as const;
