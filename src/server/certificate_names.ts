/** One element of DER: its tag and where its content lies. */
interface Element {
  readonly tag: number;
  readonly start: number;
  readonly end: number;
}

const SEQUENCE = 0x30;
const SET = 0x31;
const OBJECT_ID = 0x06;
const OCTETS = 0x04;
/** Context tag [3] of TBSCertificate: extensions (RFC 5280, 4.1). */
const EXTENSIONS = 0xa3;
const SUBJECT_ALT_NAME = "551d11";
const COMMON_NAME = "550403";
/** GeneralName (RFC 5280, 4.2.1.6): email, DNS name, URI. */
const NAME_TAGS = [0x81, 0x82, 0x86];

/**
 * The names in a certificate: its subject alternative names (email, DNS, URI), or, where it has none, the common name of its
 * subject. Read from the DER itself: the one-line text that the TLS library makes of them cannot tell a comma within a name
 * from one between names. Throws where the bytes are no certificate.
 */
export function certificateNames(der: Uint8Array): string[] {
  const [certificate] = elements(der, 0, der.length);
  const [tbs] = inside(der, certificate!);
  const fields = inside(der, tbs!);
  const names = alternativeNames(der, fields);
  if (names.length > 0) return names;
  // version [0] is left out in certificates of version 1; then come serial, algorithm, issuer, validity, subject.
  const first = fields[0]!.tag === 0xa0 ? 1 : 0;
  return commonNames(der, fields[first + 4]!);
}

function alternativeNames(der: Uint8Array, fields: readonly Element[]): string[] {
  const extensions = fields.find(({ tag }) => tag === EXTENSIONS);
  if (extensions === undefined) return [];
  const list = inside(der, extensions).flatMap((sequence) => inside(der, sequence));
  for (const extension of list) {
    const [id, ...rest] = inside(der, extension);
    if (id?.tag !== OBJECT_ID || hex(der, id) !== SUBJECT_ALT_NAME) continue;
    const value = rest.find(({ tag }) => tag === OCTETS)!;
    return inside(der, value).filter(({ tag }) => tag === SEQUENCE).flatMap((names) => inside(der, names))
      .filter(({ tag }) => NAME_TAGS.includes(tag)).map((name) => text(der, name));
  }
  return [];
}

function commonNames(der: Uint8Array, subject: Element): string[] {
  return inside(der, subject).filter(({ tag }) => tag === SET).flatMap((set) => inside(der, set)).flatMap((pair) => {
    const [id, value] = inside(der, pair);
    return id !== undefined && value !== undefined && hex(der, id) === COMMON_NAME ? [text(der, value)] : [];
  });
}

function inside(der: Uint8Array, { start, end }: Element): Element[] {
  return elements(der, start, end);
}

function elements(der: Uint8Array, start: number, end: number): Element[] {
  const found: Element[] = [];
  let at = start;
  while (at < end) {
    const tag = der[at++]!;
    let length = der[at++]!;
    if (length >= 0x80) {
      const bytes = length & 0x7f;
      length = 0;
      for (let index = 0; index < bytes; index++) length = length * 256 + der[at++]!;
    }
    if (!(at + length <= end)) throw new Error("not a certificate");
    found.push({ tag, start: at, end: at + length });
    at += length;
  }
  return found;
}

function hex(der: Uint8Array, { start, end }: Element): string {
  return [...der.subarray(start, end)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

function text(der: Uint8Array, { start, end }: Element): string {
  return new TextDecoder().decode(der.subarray(start, end));
}
