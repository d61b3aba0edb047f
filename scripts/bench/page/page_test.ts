import assert from "node:assert/strict";
import { CASE_FIGURES } from "../case_figures.ts";
import type { CaseResult, EditsSample, Results } from "../results.ts";
import { chart, decades } from "./chart.ts";
import { latencyPicture, pageText } from "./page.ts";
import { aimsTable, casesTable, valueAgainstAim } from "./tables.ts";

const usage = (cpuMs: number) => ({ cpuMs, rssMib: 120, peakRssMib: 150 });

function edits(ms: readonly number[]): EditsSample {
  return {
    ...{ ms, cpuMs: ms.map((one) => one / 10), seconds: 50, changes: 4, bytes: 8000, usage: usage(900) },
    changeToWrite: { count: 4, sum: 0.02, buckets: [{ limit: 0.01, total: 4 }, { limit: Infinity, total: 4 }] },
  };
}

function caseWith(subject: CaseResult["subject"], seconds: number, ms: readonly number[]): CaseResult {
  return {
    ...{ size: 100, xds: "delta", subject },
    starts: [{ seconds, usage: usage(500) }, { seconds: seconds + 2, usage: usage(600) }],
    idle: { seconds: 60, cpuMs: 120, usage: usage(700) },
    edits: edits(ms),
    churn: edits(ms.map((one) => one * 10)),
  };
}

const cases = [caseWith("sluice", 1, [40, 50, 60, 70]), caseWith("floor", 0.5, [10, 11, 12, 13])];

const results: Results = {
  time: "2026-01-02T03:04:05.678Z",
  machine: { cpu: "A", cores: 2, memoryMib: 24_000, kernel: "6", load: [0.1], calibrationMs: [50] },
  versions: { sluice: "abc", deno: "2", envoy: "1", grpcJs: "1" },
  flags: [],
  cases,
  fanOut: [{
    ...{ size: 5000, xds: "sotw", subject: "sluice", streams: 1, openMs: 1, settled: usage(1), mostRssMib: 150 },
    edits: [{ medianMs: 1, lastMs: 1, missing: 0 }],
  }, {
    ...{ size: 5000, xds: "sotw", subject: "sluice", streams: 1000, openMs: 1, settled: usage(1), mostRssMib: 400 },
    edits: [{ medianMs: 5, lastMs: 9, missing: 2 }, { medianMs: 7, lastMs: 11, missing: 1 }],
  }],
  storm: {
    ...{ size: 5000, xds: "delta", seconds: 300, changes: 3000, ms: [100, 200], cpuMs: 60_000, usage: usage(1) },
    emissions: [{ seconds: 10, count: 9 }, { seconds: 10, count: 10 }],
    longestStallMs: [4, 12],
    heaps: [{ minute: 2, usedMib: 100 }, { minute: 5, usedMib: 103 }],
  },
  errors: [],
};

const figure = (name: string) => CASE_FIGURES.find((one) => one.name === name)!;

Deno.test("figures come from the samples", () => {
  const of = (name: string) => figure(name).of(cases[0]!);
  assert.equal(of("start to complete in Envoy, median"), 2);
  assert.equal(of("CPU until then, median"), 550);
  assert.equal(of("file to traffic, p50"), 55);
  assert.equal(of("under churn: file to traffic, max"), 700);
  assert.equal(of("file event to bytes written, p50"), 5);
  assert.equal(of("CPU a change, mean"), 5.5);
  assert.equal(of("CPU when idle"), 0.002);
  assert.equal(of("bytes sent a change"), 2000);
});

Deno.test("what was not measured is undefined", () => {
  const bare: CaseResult = { size: 100, xds: "delta", subject: "sluice", starts: [] };
  for (const { name, of } of CASE_FIGURES) assert.equal(of(bare), undefined, name);
});

Deno.test("an aim over the floor takes the floor away, and needs one", () => {
  assert.equal(valueAgainstAim(cases, figure("file to traffic, p50"), 100, "delta"), 43.5);
  assert.equal(valueAgainstAim(cases, figure("memory settled"), 100, "delta"), 120);
  assert.equal(valueAgainstAim(cases.slice(0, 1), figure("file to traffic, p50"), 100, "delta"), undefined);
  assert.equal(valueAgainstAim(cases, figure("memory settled"), 100, "sotw"), undefined);
});

Deno.test("what is over its aim is bold", () => {
  const table = aimsTable(cases);
  assert.match(table, /over the floor, ms \| delta \| \*\*\+43\.5 \(25\)\*\* \|/);
  assert.match(table, /CPU when idle, core \| delta \| 0\.002 \(0\.002\) \|/);
  assert.match(table, /memory settled, MiB \| state of the world \| not measured \|/);
});

Deno.test("the floor stands behind Sluice's figure", () => {
  assert.match(casesTable(cases, "delta"), /\| file to traffic, p50, ms \| 55\.0 \/ 11\.5 \|/);
});

Deno.test("the page names machine and versions and has every part that was measured", () => {
  const page = pageText([results]);
  assert.match(page, /A, 2 cores, 23 GiB, Linux 6/);
  assert.match(page, /Deno 2, Envoy 1, @grpc\/grpc-js 1\.\n- Begun 2026-01-02T03:04Z: Sluice abc; load/);
  assert.match(
    page,
    /\| Sluice \| state of the world \| 1,000 \| 6\.00 \| 10\.0 \| 11\.0 \| 3 \| 120 \| 400 \| 250 \|/,
  );
  assert.match(page, /\| ApiSnapshots a second \| 0\.95 \(at most 1\) \|/);
  assert.match(page, /\| longest stall \| under 12\.0 ms \(at most 20\) \|/);
  assert.match(page, /\| the last of these over the first \| 1\.03 \(at most 1\.05\) \|/);
  assert.match(page, /\| Gloo \| 5,000 \| 5\.4-8\.1 s \| 8,900 ms \|/);
  assert.doesNotMatch(page, /## Not measured|NaN|undefined/);
  assert.match(pageText([{ ...results, errors: ["fan-out: x"] }]), /## Not measured\n\n- fan-out: x/);
});

Deno.test("a later run takes the place of an earlier one where both measured the same, and is named", () => {
  const later: Results = {
    ...results,
    ...{ time: "2026-01-02T05:04:05.678Z", versions: { ...results.versions, sluice: "def" } },
    ...{ cases: [caseWith("sluice", 3, [40, 50, 60, 70])], fanOut: [], storm: undefined },
  };
  const page = pageText([results, later]);
  assert.match(page, /from 2 runs/);
  assert.match(page, /- Begun 2026-01-02T05:04Z: Sluice def, 100 in delta; load/);
  assert.match(page, /\| start to complete in Envoy, median, s \| 4\.00 \/ 1\.50 \|/);
  assert.match(page, /## Many Envoys/);
  assert.match(page, /## Ten edits a second/);
});

Deno.test("the picture has a line for each subject that was measured", () => {
  const picture = latencyPicture(results);
  assert.deepEqual(
    [...picture.matchAll(/>((?:Sluice|floor|Gloo|Envoy)[^<]*)</g)].map(([, name]) => name).sort(),
    ["Envoy Gateway (measured before)", "Gloo (measured before)", "Sluice, delta", "floor, delta"].sort(),
  );
  assert.doesNotMatch(picture, /NaN|undefined/);
});

Deno.test("axes go by powers of ten, and names do not stand on one another", () => {
  assert.deepEqual(decades([15, 900]), [10, 100, 1000]);
  assert.deepEqual(decades([10]), [10, 100]);
  const lines = ["a", "b"].map((name) => ({ name, colour: "#000000", points: [[1, 10], [10, 100]] as const }));
  const picture = chart({ title: "t<", xLabel: "x", yText: String, lines });
  const [a, b] = [...picture.matchAll(/y="([\d.]+)"[^>]*>[ab]</g)].map(([, y]) => Number(y));
  assert.ok(b! - a! >= 18);
  assert.match(picture, /t&lt;/);
  assert.match(picture, /<polyline points="80,420 640,50"/);
});
