/** Codes of Envoy translation. */
export const TRANSLATOR_CODES = {
  "SLUICE-1301": "a hook of a plugin failed; this is a bug of Sluice, not of the configuration",
  "SLUICE-1302": "two plugins set the same Envoy field",
  "SLUICE-1303": "a plugin made what no Envoy message can be; this is a bug of Sluice, not of the configuration",
  "SLUICE-1304": "a part of a Proxy is known but not served yet",

  "SLUICE-1310": "a listener has the name of another (Gloo: NameNotUniqueError)",
  "SLUICE-1311": "a listener has the address and port of another (Gloo: BindPortNotUniqueError)",
  "SLUICE-1312": "a listener has no usable address or port",
  "SLUICE-1313": "a listener has no type, or a part of it is missing",
  "SLUICE-1314": "an ssl config names no certificate, or a Secret that does not exist (Gloo: SSLConfigError)",
  "SLUICE-1315": "a certificate, key or SDS target of an ssl config cannot be used (Gloo: SSLConfigError)",
  "SLUICE-1316": "a TLS setting that Envoy refuses (Gloo: SSLConfigError)",
  "SLUICE-1317": "two filter chains of a listener match the same connections (Gloo: SSLConfigError)",
  "SLUICE-1318": "an SNI domain or a source range that Envoy refuses",

  "SLUICE-1320": "a virtual host has the name of another (Gloo: NameNotUniqueError)",
  "SLUICE-1321": "a domain belongs to another virtual host (Gloo: DomainsNotUniqueError)",
  "SLUICE-1322": "a domain is empty (Gloo: EmptyDomainError)",
  "SLUICE-1323": "a domain that Envoy refuses or never matches",

  "SLUICE-1330": "a route matcher that Envoy refuses or never matches (Gloo: InvalidMatcherError)",
  "SLUICE-1331": "a route has no action",
  "SLUICE-1332": "a destination does not exist (Gloo: InvalidDestinationWarning)",
  "SLUICE-1333": "a destination's Upstream is faulty (Gloo: InvalidDestinationWarning)",
  "SLUICE-1334": "weighted destinations without destinations, or with weights that Envoy refuses",
  "SLUICE-1335": "a subset that the Upstream has no selector for (Gloo: InvalidDestinationWarning)",
  "SLUICE-1336": "a destination or cluster header is malformed",
  "SLUICE-1337": "a redirect that Envoy refuses",
  "SLUICE-1338": "a direct response that Envoy refuses",
  "SLUICE-1339": "a kube destination, which Settings do not allow",

  "SLUICE-1340": "a TCP host has the name of another (Gloo: NameNotUniqueError)",
  "SLUICE-1341": "a TCP host has no usable destination",

  "SLUICE-1350": "an Upstream has no type",
  "SLUICE-1351": "an Upstream has no endpoints",
  "SLUICE-1352": "an endpoint that Envoy refuses",

  "SLUICE-1360": "an UpstreamGroup whose destinations cannot be used",
} as const;
