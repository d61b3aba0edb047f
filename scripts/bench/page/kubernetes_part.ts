/** The part of docs/benchmarks.md that `deno task bench:kubernetes` makes, beside that of `deno task bench`. */
const [BEGIN, END] = ["<!-- kubernetes -->", "<!-- end of kubernetes -->"];

/** The page without the part, and the part with its marks; "" where there is none. */
export function partOf(page: string): { readonly rest: string; readonly part: string } {
  const from = page.indexOf(BEGIN);
  const to = page.indexOf(END);
  if (from === -1 || to < from) return { rest: page, part: "" };
  const end = to + END.length;
  return {
    rest: page.slice(0, from).trimEnd() + "\n" + page.slice(end).replace(/^\n+/, "\n"),
    part: page.slice(from, end),
  };
}

/** The page with this part at its end, in the place of the one that it had. */
export function withPart(page: string, text: string): string {
  const part = text.startsWith(BEGIN) ? text : `${BEGIN}\n\n${text}\n\n${END}`;
  return `${partOf(page).rest.trimEnd()}\n\n${part}\n`;
}
