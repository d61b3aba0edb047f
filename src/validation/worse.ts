import { idKey } from "../api/mod.ts";
import type { Report } from "../report/mod.ts";

/** The reports on one state of the configuration, to compare those on another with. */
export class ReportSet {
  readonly all: readonly Report[];
  readonly #objects: ReadonlySet<Report>;
  #texts: ReadonlySet<string> | undefined;

  constructor(all: readonly Report[]) {
    this.all = all;
    this.#objects = new Set(all);
  }

  /** True for one of these, or one that says the same. */
  has(report: Report): boolean {
    if (this.#objects.has(report)) return true;
    this.#texts ??= new Set(this.all.map(textOf));
    return this.#texts.has(textOf(report));
  }
}

/**
 * What is said after a change and was not before it. A report that is only worded otherwise (`domain a.com belongs to x`, now
 * to y) is none of the change's: as many as there were of one code at one place are forgiven.
 */
export function worseThan(before: ReportSet, after: ReportSet): readonly Report[] {
  const added = unique(after.all.filter((report) => !before.has(report)));
  if (added.length === 0) return added;
  const forgiven = new Map<string, number>();
  for (const report of unique(before.all.filter((report) => !after.has(report)))) {
    const place = placeOf(report);
    forgiven.set(place, (forgiven.get(place) ?? 0) + 1);
  }
  return added.filter((report) => {
    const place = placeOf(report);
    const left = forgiven.get(place) ?? 0;
    forgiven.set(place, left - 1);
    return left <= 0;
  });
}

/** Each once: what several proxies say of one resource is said several times. */
export function unique(reports: readonly Report[]): readonly Report[] {
  return [...new Map(reports.map((report) => [textOf(report), report])).values()];
}

const placeOf = ({ severity, code, ref, path }: Report): string => [severity, code, idKey(ref), path].join("\0");

const textOf = (report: Report): string => `${placeOf(report)}\0${report.message}`;
