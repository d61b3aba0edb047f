/** Field number of `domains` in envoy.config.route.v3.VirtualHost. */
const DOMAINS = 2;

/** The domains of an encoded VirtualHost, without decoding its routes. */
export function domainsOf(virtualHost: Uint8Array): string[] {
  const domains: string[] = [];
  const text = new TextDecoder();
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let shift = 1;; shift *= 128) {
      const byte = virtualHost[at++] ?? 0;
      value += (byte & 0x7f) * shift;
      if (byte < 0x80) return value;
    }
  };
  while (at < virtualHost.length) {
    const tag = varint();
    const wire = tag % 8;
    if (wire === 2) {
      const length = varint();
      if ((tag - wire) / 8 === DOMAINS) domains.push(text.decode(virtualHost.subarray(at, at + length)));
      at += length;
    } else if (wire === 0) varint();
    else at += wire === 1 ? 8 : 4;
  }
  return domains;
}
