/**
 * Reads the plain part of YAML that most configuration is written in: block mappings and sequences of one-line scalars,
 * comments of whole lines. Five times as fast as a whole YAML reader, which matters with ten thousand files. Whatever is
 * not clearly of this part is left to the whole reader, so that nothing is read differently.
 */

/** Reads plain scalars: numbers, booleans, null and text. */
export type ReadScalar = (text: string) => unknown;

/** Characters of names; of scalars, behind the first one; and the first of a scalar. */
const [IN_NAME, IN_SCALAR, FIRST] = [1, 2, 4];
const MARKS = marksOf([/[\w./-]/, IN_NAME], [/[\w./,=+;()~: -]/, IN_SCALAR], [/[\w./-]/, FIRST]);

function marksOf(...classes: [RegExp, number][]): Uint8Array {
  const markOf = (character: string): number =>
    classes.reduce((sum, [pattern, mark]) => pattern.test(character) ? sum | mark : sum, 0);
  return Uint8Array.from({ length: 128 }, (_, code) => markOf(String.fromCharCode(code)));
}

/** Names that are no text, or that mean something to JavaScript. */
const ODD_KEY = /^(?:[^A-Za-z_].*|null|true|false|__proto__)$/i;
/** Printable ASCII in lines. */
const PLAIN_TEXT = /^[\x20-\x7e\n]*$/;
/** The whole reader has a limit of a hundred levels, and words for those who pass it. */
const DEEPEST = 50;
/** How many different texts are kept to be shared. */
const MOST_SHARED = 10_000;

/** The value of a text with one document; undefined where the text is not of the plain part. */
export function readPlainYaml(text: string, readScalar: ReadScalar): unknown {
  if (!PLAIN_TEXT.test(text)) return undefined;
  const reader = new PlainReader(text, readScalar);
  const value = reader.readDocument();
  return value === NOT_PLAIN ? undefined : value;
}

const NOT_PLAIN = Symbol("not plain");

class PlainReader {
  readonly #text: string;
  readonly #readScalar: ReadScalar;
  /** Where the next thing to read starts, and how far it is from the start of its line; -1 at the end. */
  #at = 0;
  #column = 0;

  constructor(text: string, readScalar: ReadScalar) {
    this.#text = text;
    this.#readScalar = readScalar;
  }

  readDocument(): unknown {
    this.#goTo(this.#text.startsWith("---\n") ? 4 : 0);
    if (this.#column === -1) return NOT_PLAIN;
    const value = this.#readCollection(1);
    return this.#column === -1 ? value : NOT_PLAIN;
  }

  /** Finds what comes next from the start of a line on. */
  #goTo(line: number): void {
    const text = this.#text;
    for (let start = line; start < text.length;) {
      let at = start;
      while (text.charCodeAt(at) === BLANK) at++;
      const code = text.charCodeAt(at);
      if (code !== NEWLINE && code !== HASH && at < text.length) {
        this.#at = at;
        this.#column = at - start;
        return;
      }
      const end = text.indexOf("\n", at);
      start = end === -1 ? text.length : end + 1;
    }
    this.#column = -1;
  }

  get #isItem(): boolean {
    return this.#text.charCodeAt(this.#at) === DASH && this.#text.charCodeAt(this.#at + 1) === BLANK;
  }

  #readCollection(depth: number): unknown {
    if (depth > DEEPEST) return NOT_PLAIN;
    return this.#isItem ? this.#readSequence(depth) : this.#readMapping(depth);
  }

  #readSequence(depth: number): unknown {
    const column = this.#column;
    const items: unknown[] = [];
    while (this.#column === column && this.#isItem) {
      const start = this.#at;
      this.#at += 2;
      while (this.#text.charCodeAt(this.#at) === BLANK) this.#at++;
      this.#column += this.#at - start;
      const isCollection = this.#isItem || this.#nameEnd !== -1;
      const item = isCollection ? this.#readCollection(depth + 1) : this.#readLine();
      if (item === NOT_PLAIN) return NOT_PLAIN;
      items.push(item);
    }
    return items;
  }

  #readMapping(depth: number): unknown {
    const column = this.#column;
    const mapping: Record<string, unknown> = {};
    while (this.#column === column && !this.#isItem) {
      const end = this.#nameEnd;
      if (end === -1) return NOT_PLAIN;
      const key = this.#text.slice(this.#at, end);
      if (ODD_KEY.test(key) || Object.hasOwn(mapping, key)) return NOT_PLAIN;
      this.#at = end + 1;
      while (this.#text.charCodeAt(this.#at) === BLANK) this.#at++;
      const value = this.#atLineEnd ? this.#readBelow(column, depth) : this.#readLine();
      if (value === NOT_PLAIN) return NOT_PLAIN;
      mapping[key] = value;
    }
    return mapping;
  }

  /** Where the name that starts here ends; -1 where none does, that is followed by a colon and a blank or nothing. */
  get #nameEnd(): number {
    const text = this.#text;
    let end = this.#at;
    while (MARKS[text.charCodeAt(end)]! & IN_NAME) end++;
    return end > this.#at && text.charCodeAt(end) === COLON && this.#isGap(end + 1) ? end : -1;
  }

  /** Whether there is a blank, the end of a line, or that of the text. */
  #isGap(at: number): boolean {
    return at >= this.#text.length || this.#text.charCodeAt(at) === BLANK || this.#text.charCodeAt(at) === NEWLINE;
  }

  get #atLineEnd(): boolean {
    return this.#at >= this.#text.length || this.#text.charCodeAt(this.#at) === NEWLINE;
  }

  /** The value of a key that stands on the lines below it; a sequence may stand right under the key. */
  #readBelow(column: number, depth: number): unknown {
    this.#goTo(this.#at + 1);
    const isBelow = this.#column > column || (this.#column === column && this.#isItem);
    return isBelow ? this.#readCollection(depth + 1) : NOT_PLAIN;
  }

  /** A scalar to the end of its line. (A line below that is further in belongs to it, and fits nowhere else: not plain.) */
  #readLine(): unknown {
    const newline = this.#text.indexOf("\n", this.#at);
    const line = this.#text.slice(this.#at, newline === -1 ? undefined : newline).trimEnd();
    this.#goTo(newline === -1 ? this.#text.length : newline + 1);
    return this.#readOneLine(line);
  }

  /** A scalar without a mark that YAML gives a meaning, quoted text without an escape, `{}` or `[]`. */
  #readOneLine(line: string): unknown {
    const quote = line[0];
    if (quote === "'" || quote === '"') {
      const isWhole = line.length > 1 && line.indexOf(quote, 1) === line.length - 1;
      return isWhole && !(quote === '"' && line.includes("\\")) ? shared(line.slice(1, -1)) : NOT_PLAIN;
    }
    if (line === "{}") return {};
    if (line === "[]") return [];
    if (!isPlain(line)) return NOT_PLAIN;
    const value = this.#readScalar(line);
    return typeof value === "string" ? shared(value) : value;
  }
}

function isPlain(line: string): boolean {
  if (!(MARKS[line.charCodeAt(0)]! & FIRST) || line === "-" || line.startsWith("- ")) return false;
  for (let i = 1; i < line.length; i++) {
    const code = line.charCodeAt(i);
    if (!(MARKS[code]! & IN_SCALAR)) return false;
    if (code === COLON && (i + 1 === line.length || line.charCodeAt(i + 1) === BLANK)) return false;
  }
  return true;
}

const [NEWLINE, BLANK, HASH, DASH, COLON] = [10, 32, 35, 45, 58];

let sharedTexts = new Map<string, string>();

/**
 * An equal text that stands alone and is the same for all who ask. In V8 a part of a text keeps the whole alive, here a
 * file for each name in it.
 */
function shared(text: string): string {
  const known = sharedTexts.get(text);
  if (known !== undefined) return known;
  if (sharedTexts.size >= MOST_SHARED) sharedTexts = new Map();
  const alone: string = JSON.parse(JSON.stringify(text));
  sharedTexts.set(alone, alone);
  return alone;
}
