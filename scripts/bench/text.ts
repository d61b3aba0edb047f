import { CASE_FIGURES } from "./case_figures.ts";
import { shortNumber, summarize, tableText } from "./figures.ts";
import type { Results } from "./results.ts";

/** The results as tables for a terminal. */
export function resultsText({ cases, fanOut, storm, errors }: Results): string {
  const shown = CASE_FIGURES.filter(({ of }) => cases.some((one) => of(one) !== undefined));
  const parts: string[] = [];
  if (cases.length > 0) {
    parts.push(tableText([
      ["", "", ...cases.map(({ subject }) => subject)],
      ["", "", ...cases.map(({ xds }) => xds)],
      ["", "", ...cases.map(({ size }) => String(size))],
      ...shown.map(({ name, unit, of }) => [name, unit, ...cases.map((one) => shortNumber(of(one) ?? NaN))]),
    ]));
  }
  if (fanOut.length > 0) {
    parts.push(tableText([
      [
        "",
        "xDS",
        "VS",
        "streams",
        "ms to half",
        "ms to last, median",
        "max",
        "starved",
        "MiB settled",
        "MiB most",
        "open s",
      ],
      ...fanOut.map((one) => [
        ...[one.subject, one.xds, String(one.size), String(one.streams)],
        shortNumber(summarize(one.edits.map(({ medianMs }) => medianMs)).median),
        shortNumber(summarize(one.edits.map(({ lastMs }) => lastMs)).median),
        shortNumber(summarize(one.edits.map(({ lastMs }) => lastMs)).max),
        String(one.edits.reduce((sum, { missing }) => sum + missing, 0)),
        shortNumber(one.settled.rssMib),
        shortNumber(one.mostRssMib),
        shortNumber(one.openMs / 1000),
      ]),
    ]));
  }
  if (storm !== undefined) {
    const { median, p99, max } = summarize(storm.ms);
    parts.push([
      `${storm.changes} edits in ${shortNumber(storm.seconds)} s at ${storm.size}, ${storm.xds}:`,
      `  file to traffic ${[median, p99, max].map(shortNumber).join(" / ")} ms (p50 / p99 / max)`,
      `  ApiSnapshots a second, by ten seconds, at most ${
        shortNumber(Math.max(0, ...storm.emissions.map(({ count, seconds }) => count / seconds)))
      }`,
      `  longest stall ${storm.longestStallMs.length > 0 ? shortNumber(Math.max(...storm.longestStallMs)) : "-"} ms`,
      ...storm.heaps.map(({ minute, usedMib }) =>
        `  heap after a collection, minute ${minute}: ${shortNumber(usedMib)} MiB`
      ),
    ].join("\n"));
  }
  if (errors.length > 0) parts.push(["not measured:", ...errors].join("\n"));
  return parts.join("\n\n");
}
