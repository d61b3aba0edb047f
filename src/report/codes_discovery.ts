/** Codes of the discovery of Upstreams. */
export const DISCOVERY_CODES = {
  "SLUICE-1601": "an annotation of discovery cannot be used; Upstreams are made without it",
  "SLUICE-1602": "an annotation of discovery, or a part of it, has no effect",
  "SLUICE-1603": "two Services have ports whose Upstreams would have one name; the older Service has it",
  "SLUICE-1604": "a discovered Upstream cannot be written or deleted; it is tried again",
} as const;
