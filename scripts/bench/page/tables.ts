import { CASE_FIGURES, type CaseFigure } from "../case_figures.ts";
import { shortNumber, summarize } from "../figures.ts";
import type { CaseResult, FanOutResult, StormResult } from "../results.ts";
import type { XdsForm } from "../xds/wire.ts";
import { OTHERS } from "./others.ts";

export const FORM_TEXT: Readonly<Record<XdsForm, string>> = { sotw: "state of the world", delta: "delta" };
const NOT_MEASURED = "not measured";

/** A table in Markdown; the first row is the head. */
export function markdownTable([head, ...rows]: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(head!), line(head!.map(() => "---")), ...rows.map(line)].join("\n");
}

/** All figures of one form of xDS, Sluice's with the floor's behind a slash. */
export function casesTable(cases: readonly CaseResult[], xds: XdsForm): string {
  const sizes = sizesOf(cases);
  return markdownTable([
    [`VirtualServices: Sluice / floor`, ...sizes.map(count)],
    ...CASE_FIGURES.map((figure) => [
      `${figure.name}, ${figure.unit}`,
      ...sizes.map((size) => {
        const [sluice, floor] = [caseOf(cases, size, xds, "sluice"), caseOf(cases, size, xds, "floor")];
        return `${cell(figure, sluice)}${floor && figure.of(floor) !== undefined ? ` / ${cell(figure, floor)}` : ""}`;
      }),
    ]),
  ]);
}

/** What was aimed at, and what came of it. */
export function aimsTable(cases: readonly CaseResult[]): string {
  const sizes = sizesOf(cases);
  const rows = CASE_FIGURES.filter(({ aim }) => aim !== undefined).flatMap((figure) =>
    (["delta", "sotw"] as const).filter((xds) => xds === "delta" || !figure.aim!.deltaOnly).map((xds) => [
      `${figure.name}${figure.aim!.overFloor ? ", over the floor" : ""}, ${figure.unit}`,
      FORM_TEXT[xds],
      ...sizes.map((size) => aimCell(cases, figure, size, xds)),
    ])
  );
  return markdownTable([["reached (at most)", "xDS", ...sizes.map(count)], ...rows]);
}

function aimCell(cases: readonly CaseResult[], figure: CaseFigure, size: number, xds: XdsForm): string {
  const { most, overFloor } = figure.aim!;
  const value = valueAgainstAim(cases, figure, size, xds);
  if (value === undefined) return NOT_MEASURED;
  const limit = most[size];
  if (limit === undefined) return shortNumber(value);
  const shown = `${overFloor && value >= 0 ? "+" : ""}${shortNumber(value)} (${count(limit)})`;
  return value <= limit ? shown : `**${shown}**`;
}

/** The figure as its aim reads it; undefined where Sluice or a floor that is needed was not measured. */
export function valueAgainstAim(cases: readonly CaseResult[], figure: CaseFigure, size: number, xds: XdsForm) {
  const sluice = caseOf(cases, size, xds, "sluice");
  const value = sluice && figure.of(sluice);
  if (value === undefined || !figure.aim?.overFloor) return value;
  const floor = caseOf(cases, size, xds, "floor");
  const below = floor && figure.of(floor);
  return below === undefined ? undefined : value - below;
}

export function fanOutTable(results: readonly FanOutResult[]): string {
  return markdownTable([
    [
      ...["", "xDS", "streams", "ms to half of them, median", "ms to the last, median", "ms to the last, max"],
      ...["starved", "MiB settled", "MiB at most", "MiB over one stream"],
    ],
    ...results.map((one) => {
      const alone = results.find(({ subject, xds, streams }) =>
        subject === one.subject && xds === one.xds && streams === 1
      );
      const last = summarize(one.edits.map(({ lastMs }) => lastMs));
      return [
        ...[one.subject === "sluice" ? "Sluice" : one.subject, FORM_TEXT[one.xds], count(one.streams)],
        shortNumber(summarize(one.edits.map(({ medianMs }) => medianMs)).median),
        ...[shortNumber(last.median), shortNumber(last.max)],
        String(one.edits.reduce((sum, { missing }) => sum + missing, 0)),
        ...[shortNumber(one.settled.rssMib), shortNumber(one.mostRssMib)],
        alone === undefined || alone === one ? "" : shortNumber(one.mostRssMib - alone.mostRssMib),
      ];
    }),
  ]);
}

export function stormTable(
  { ms, emissions, longestStallMs, heaps, changes, seconds, cpuMs, usage }: StormResult,
): string {
  const { median, p99, max } = summarize(ms);
  const [first, last] = [heaps[0]?.usedMib ?? NaN, heaps.at(-1)?.usedMib ?? NaN];
  const emitted = emissions.reduce((sum, one) => sum + one.count, 0);
  const watched = emissions.reduce((sum, one) => sum + one.seconds, 0);
  return markdownTable([
    ["figure", "value"],
    ["edits", `${count(changes)} in ${shortNumber(seconds)} s`],
    ["ApiSnapshots a second", `${shortNumber(emitted / watched)} (at most 1)`],
    ["file to traffic, p50 / p99 / max", `${[median, p99, max].map(shortNumber).join(" / ")} ms (p99 under 1,500)`],
    [
      "longest stall",
      longestStallMs.length === 0 ? NOT_MEASURED : `under ${shortNumber(Math.max(...longestStallMs))} ms (at most 20)`,
    ],
    ...heaps.map((
      { minute, usedMib },
    ) => [`heap after a collection in minute ${minute}`, `${shortNumber(usedMib)} MiB`]),
    ["the last of these over the first", `${shortNumber(last / first)} (at most 1.05)`],
    ["CPU", `${shortNumber(cpuMs / 1000 / seconds)} core`],
    ["memory at the end / at most", `${shortNumber(usage.rssMib)} / ${shortNumber(usage.peakRssMib)} MiB`],
  ]);
}

export function othersTable(cases: readonly CaseResult[]): string {
  const figure = (name: string): CaseFigure => CASE_FIGURES.find((one) => one.name === name)!;
  const ours = (["sotw", "delta"] as const).flatMap((xds) =>
    sizesOf(cases).flatMap((size) => {
      const found = caseOf(cases, size, xds, "sluice");
      if (found === undefined) return [];
      const of = (name: string) => `${cell(figure(name), found)}`;
      return [[
        ...[`Sluice, ${FORM_TEXT[xds]}`, count(size), `${of("start to complete in Envoy, median")} s`],
        ...[`${of("file to traffic, p50")} ms`, `${of("CPU a change, mean")} ms`, of("CPU when idle")],
        `${of("memory settled")} / ${of("memory at most")} MiB`,
      ]];
    })
  );
  return markdownTable([
    ["", "size", "start to complete", "one change, median", "CPU a change", "idle, core", "memory settled / at most"],
    ...OTHERS.flatMap(({ name, rows }) =>
      rows.map((row) => [
        ...[name, count(row.size), row.start, `${count(row.changeMs)} ms`, row.cpuPerChange, row.idle, row.memory],
      ])
    ),
    ...ours,
  ]);
}

export function caseOf(cases: readonly CaseResult[], size: number, xds: XdsForm, subject: CaseResult["subject"]) {
  return cases.find((one) => one.size === size && one.xds === xds && one.subject === subject);
}

export function sizesOf(cases: readonly CaseResult[]): number[] {
  return [...new Set(cases.map(({ size }) => size))].sort((a, b) => a - b);
}

function cell(figure: CaseFigure, result: CaseResult | undefined): string {
  const value = result && figure.of(result);
  return value === undefined ? NOT_MEASURED : shortNumber(value);
}

const count = (value: number): string => value.toLocaleString("en-US");
