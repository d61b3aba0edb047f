/** The one of `words` that was most likely meant by `word`; undefined where none is close. */
export function nearest(word: string, words: readonly string[]): string | undefined {
  const ranked = words.map((one) => ({ one, edits: one.startsWith(word) ? 1 : editsBetween(word, one) }))
    .sort((a, b) => a.edits - b.edits);
  const [first] = ranked;
  return first && first.edits <= Math.max(1, word.length / 3) ? first.one : undefined;
}

/** How many letters are to be added, left away or changed to make one word of the other; two that are swapped are two. */
function editsBetween(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(change, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[b.length]!;
}
