const FORBIDDEN = ["//", "/./", "/../", "%2f", "%2F", "#"] as const;
const FORBIDDEN_ENDS = ["/..", "/."] as const;

/**
 * What is wrong with the text of a path (a prefix or exact matcher, a redirect, a prefix rewrite), by Gloo's rules;
 * undefined where it is good. An empty text is good.
 */
export function pathTextFault(text: string): string | undefined {
  if (!/^(?:[A-Za-z0-9/:@._~!$&'()*+,=;-]|%[0-9a-fA-F]{2})*$/.test(text)) {
    return `path ${JSON.stringify(text)} holds a character that a URL path may not hold unescaped`;
  }
  const part = FORBIDDEN.find((piece) => text.includes(piece));
  if (part) return `path ${JSON.stringify(text)} may not hold ${JSON.stringify(part)}`;
  const end = FORBIDDEN_ENDS.find((piece) => text.endsWith(piece));
  if (end) return `path ${JSON.stringify(text)} may not end in ${JSON.stringify(end)}`;
  return undefined;
}
