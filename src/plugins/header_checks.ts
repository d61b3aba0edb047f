/**
 * What HTTP and Envoy allow in headers; measured with Envoy 1.40 where its documentation is silent. Messages show no
 * value, and no name that is malformed (`Authorization: Bearer …`): it may be a secret.
 */

/** Envoy's limit on a name and on a value, in bytes. */
const LONGEST = 16384;

/** What is wrong with the name of a header; undefined where it is good. RFC 9110 tokens, and pseudo headers (`:path`). */
export function headerNameFault(name: string): string | undefined {
  if (name === "") return "the name of a header is wanted";
  if (name.length > LONGEST) return `the name of a header has at most ${LONGEST} bytes`;
  if (/^:?[A-Za-z0-9!#$%&'*+.^_`|~-]+$/.test(name)) return undefined;
  const wrong = /[^A-Za-z0-9!#$%&'*+.^_`|~-]/u.exec(name.slice(1))?.[0] ?? name.charAt(0);
  return `no name of a header holds ${JSON.stringify(wrong)}: letters, digits and !#$%&'*+-.^_\`|~ are allowed`;
}

/** As {@link headerNameFault}, for a header that is to be added or removed: Envoy keeps `:` headers and Host to itself. */
export function modifiableHeaderFault(name: string): string | undefined {
  const fault = headerNameFault(name);
  if (fault || (!name.startsWith(":") && name.toLowerCase() !== "host")) return fault;
  return `${JSON.stringify(name)} may not be added or removed; rewrite the path or the host by the options for that`;
}

/** What is wrong with text that Envoy puts into a header as it stands; undefined where it is good. */
export function headerTextFault(text: string): string | undefined {
  if (/[\0\r\n]/.test(text)) return "this holds a line break or a NUL, which no header may hold";
  if (new TextEncoder().encode(text).length > LONGEST) return `the value of a header has at most ${LONGEST} bytes`;
  return undefined;
}
