import { eachField } from "./wire_fields.ts";

/** Field number of `domains` in envoy.config.route.v3.VirtualHost. */
const DOMAINS = 2;

/** The domains of an encoded VirtualHost, without decoding its routes. */
export function domainsOf(virtualHost: Uint8Array): string[] {
  const domains: string[] = [];
  const text = new TextDecoder();
  eachField(virtualHost, (number, from, to) => {
    if (number === DOMAINS) domains.push(text.decode(virtualHost.subarray(from, to)));
  });
  return domains;
}
