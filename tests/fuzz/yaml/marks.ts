/** Values of Secrets carry a mark, so that they are known wherever they turn up. */
import { parseYaml, splitDocuments } from "../../../src/watchers/mod.ts";

const MARK = /do-not-show-[a-z0-9-]+/g;
/** What every client of a server is shown anyway. */
const PUBLIC = ["certChain", "rootCa", "ocspStaple", "tls.crt", "ca.crt", "caCrt"];

/** Marks that are hidden where they stand, and marks that stand where everybody may read them. */
export interface Marks {
  readonly hidden: Set<string>;
  readonly open: Set<string>;
}

/** Of a document that is not YAML, nothing may be said: it may be a Secret. */
export function marksIn(stream: string): Marks {
  const marks: Marks = { hidden: new Set(), open: new Set() };
  for (const { text } of splitDocuments(stream)) {
    const read = parseYaml(text);
    if ("fault" in read) {
      for (const [mark] of text.matchAll(MARK)) marks.hidden.add(mark);
    } else walk(read.value, [], false, marks);
  }
  return marks;
}

function walk(value: unknown, path: readonly string[], inSecret: boolean, marks: Marks): void {
  if (typeof value !== "object" || value === null) {
    const isHidden = inSecret && /^(data|stringData|spec)$/.test(path[0]!) && !path.some((key) => PUBLIC.includes(key));
    for (const [mark] of String(value).matchAll(MARK)) (isHidden ? marks.hidden : marks.open).add(mark);
    return;
  }
  const kind = (value as { kind?: unknown }).kind;
  const isResource = kind !== undefined && (path.length === 0 || path.at(-2) === "items");
  for (const [key, part] of Object.entries(value)) {
    for (const [mark] of key.matchAll(MARK)) marks.open.add(mark);
    walk(part, isResource ? [key] : [...path, key], isResource ? kind === "Secret" : inSecret, marks);
  }
}
