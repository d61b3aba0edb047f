import { wireFields } from "../envoy/mod.ts";

/** Field number of `domains` in envoy.config.route.v3.VirtualHost. */
export const DOMAINS = 2;

/** The domains of an encoded VirtualHost, without decoding its routes. */
export function domainsOf(virtualHost: Uint8Array): string[] {
  const domains: string[] = [];
  const text = new TextDecoder();
  for (const { number, valueStart, end } of wireFields(virtualHost)) {
    if (number === DOMAINS) domains.push(text.decode(virtualHost.subarray(valueStart, end)));
  }
  return domains;
}
