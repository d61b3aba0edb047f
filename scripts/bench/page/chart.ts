/** Points of one line, `[x, y]`, all above 0. */
export interface ChartLine {
  readonly name: string;
  readonly colour: string;
  readonly dashed?: boolean;
  readonly points: readonly (readonly [x: number, y: number])[];
}

export interface ChartOptions {
  readonly title: string;
  readonly xLabel: string;
  /** Text of a value of the y axis. */
  readonly yText: (value: number) => string;
  readonly lines: readonly ChartLine[];
}

const WIDTH = 920;
const HEIGHT = 480;
const PLOT = { left: 80, right: 640, top: 50, bottom: 420 };
/** Names of lines stand at least so far apart. */
const NAME_GAP = 18;
const INK = "#333333";
const GRID = "#dddddd";

/** A picture (SVG) with both axes logarithmic; each line's name stands at its last point. */
export function chart({ title, xLabel, yText, lines }: ChartOptions): string {
  const drawn = lines.filter(({ points }) => points.length > 0);
  const xs = [...new Set(drawn.flatMap(({ points }) => points.map(([x]) => x)))].sort((a, b) => a - b);
  const ys = decades(drawn.flatMap(({ points }) => points.map(([, y]) => y)));
  const x = scale([xs[0]!, xs.at(-1)!], [PLOT.left, PLOT.right]);
  const y = scale([ys[0]!, ys.at(-1)!], [PLOT.bottom, PLOT.top]);
  const parts = [
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#ffffff"/>`,
    text(PLOT.left, 28, title, { size: 16 }),
    ...ys.flatMap((value) => [
      line([[PLOT.left, y(value)], [PLOT.right, y(value)]], GRID),
      text(PLOT.left - 8, y(value) + 4, yText(value), { anchor: "end" }),
    ]),
    ...xs.map((value) => text(x(value), PLOT.bottom + 20, value.toLocaleString("en-US"), { anchor: "middle" })),
    text((PLOT.left + PLOT.right) / 2, PLOT.bottom + 44, xLabel, { anchor: "middle" }),
    ...drawn.map(({ points, colour, dashed }) => line(points.map(([a, b]) => [x(a), y(b)]), colour, 2.5, dashed)),
    ...drawn.flatMap(({ points, colour }) => points.map(([a, b]) => dot(x(a), y(b), colour))),
    ...names(drawn, y),
  ];
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" role="img">\n` +
    `<title>${escape(title)}</title>\n${parts.join("\n")}\n</svg>\n`;
}

/** Powers of ten around the values, at least two. */
export function decades(values: readonly number[]): number[] {
  const from = Math.floor(Math.log10(Math.min(...values)));
  const to = Math.max(from + 1, Math.ceil(Math.log10(Math.max(...values))));
  return Array.from({ length: to - from + 1 }, (_, i) => 10 ** (from + i));
}

/** A logarithmic scale; one value alone stands at the start. */
function scale([low, high]: [number, number], [from, to]: [number, number]): (value: number) => number {
  const span = Math.log(high) - Math.log(low);
  return (value) => span === 0 ? from : from + (to - from) * (Math.log(value) - Math.log(low)) / span;
}

/** From top to bottom, moved down where one would stand on another. */
function names(lines: readonly ChartLine[], y: (value: number) => number): string[] {
  const wanted = lines.map(({ name, colour, points }) => ({ name, colour, at: y(points.at(-1)![1]) }));
  let last = -Infinity;
  return wanted.sort((a, b) => a.at - b.at).map(({ name, colour, at }) => {
    last = Math.max(at, last + NAME_GAP);
    return text(PLOT.right + 12, last + 4, name, { colour });
  });
}

function line(points: readonly (readonly [number, number])[], colour: string, width = 1, dashed = false): string {
  const path = points.map(([a, b]) => `${round(a)},${round(b)}`).join(" ");
  const dashes = dashed ? ` stroke-dasharray="7 5"` : "";
  return `<polyline points="${path}" fill="none" stroke="${colour}" stroke-width="${width}"${dashes}/>`;
}

function dot(x: number, y: number, colour: string): string {
  return `<circle cx="${round(x)}" cy="${round(y)}" r="3.5" fill="${colour}"/>`;
}

interface TextStyle {
  readonly anchor?: "start" | "middle" | "end";
  readonly size?: number;
  readonly colour?: string;
}

function text(x: number, y: number, content: string, { anchor = "start", size = 13, colour = INK }: TextStyle): string {
  const place = `x="${round(x)}" y="${round(y)}" text-anchor="${anchor}"`;
  return `<text ${place} font-size="${size}" fill="${colour}">${escape(content)}</text>`;
}

const round = (value: number): number => Math.round(value * 10) / 10;

function escape(content: string): string {
  return content.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
