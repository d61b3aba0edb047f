/** One document of a YAML stream. */
export interface DocumentText {
  /** The text from its `---` line (if it has one) to the next. */
  readonly text: string;
  /** How many lines of the stream come before it. */
  readonly linesBefore: number;
}

/**
 * The documents of a stream, without those that hold nothing but blanks and comments. YAML lets no `---` or `...` stand
 * at the start of a line inside a document, not even in a block of text, so lines are all that has to be looked at: a
 * document that is not YAML spoils no other.
 */
export function splitDocuments(stream: string): DocumentText[] {
  if (!/^(?:---|\.\.\.|%)/m.test(stream)) return hasContent(stream) ? [{ text: stream, linesBefore: 0 }] : [];
  const documents: DocumentText[] = [];
  let start = 0;
  let linesBefore = 0;
  let line = 0;
  const close = (end: number, nextLine: number): void => {
    const text = stream.slice(start, end);
    if (hasContent(text)) documents.push({ text, linesBefore });
    start = end;
    linesBefore = nextLine;
  };
  for (let at = 0; at < stream.length; line++) {
    const newline = stream.indexOf("\n", at);
    const end = newline === -1 ? stream.length : newline + 1;
    const mark = stream.slice(at, Math.min(end, at + 4));
    if (/^---(?:\s|$)/.test(mark) && !isPreamble(stream.slice(start, at))) close(at, line);
    if (/^\.\.\.(?:\s|$)/.test(mark)) close(end, line + 1);
    at = end;
  }
  close(stream.length, line);
  return documents;
}

/** Blanks, comments and directives: what may come before the `---` of a document and belongs to it. */
const isPreamble = (text: string): boolean => /^\uFEFF?(?:[ \t]*(?:#.*)?\r?\n|%.*\n)*$/.test(text);

/** True unless the text is blanks, comments, directives and marks only. */
function hasContent(text: string): boolean {
  return !/^\uFEFF?(?:[ \t]*(?:#.*)?(?:\r?\n|$)|%.*(?:\n|$)|(?:---|\.\.\.)[ \t]*(?:#.*)?(?:\r?\n|$))*$/.test(text);
}
