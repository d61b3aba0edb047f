/** A place in a text. Both count from 1; a column counts characters as UTF-16 units. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** The place at an offset; one past the end is the end. */
export function placeOf(text: string, offset: number): Place {
  let line = 1;
  let start = 0;
  for (let at = text.indexOf("\n"); at !== -1 && at < offset; at = text.indexOf("\n", at + 1)) {
    line++;
    start = at + 1;
  }
  return { line, column: Math.min(offset, text.length) - start + 1 };
}
