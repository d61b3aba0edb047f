/** One reading of a page of metrics in Prometheus' text format. */
export class MetricsPage {
  readonly #lines: readonly string[];

  constructor(text: string) {
    this.#lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  }

  static async read(url: string): Promise<MetricsPage> {
    return new MetricsPage(await (await fetch(url)).text());
  }

  /** Sum of the series of a name; undefined where there is none. */
  sum(name: string): number | undefined {
    const values = this.#series(name).map(([, value]) => value);
    return values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0);
  }

  /** A histogram with the buckets of all series added up; undefined where there is none. */
  histogram(name: string): Histogram | undefined {
    const count = this.sum(`${name}_count`);
    const sum = this.sum(`${name}_sum`);
    if (count === undefined || sum === undefined) return undefined;
    const upTo = new Map<number, number>();
    for (const [labels, value] of this.#series(`${name}_bucket`)) {
      const bound = /le="([^"]*)"/.exec(labels)?.[1] ?? "";
      const limit = bound === "+Inf" ? Infinity : Number(bound);
      upTo.set(limit, (upTo.get(limit) ?? 0) + value);
    }
    return { count, sum, buckets: [...upTo].sort(([a], [b]) => a - b).map(([limit, total]) => ({ limit, total })) };
  }

  #series(name: string): [labels: string, value: number][] {
    return this.#lines.filter((line) => line.startsWith(name) && /[{ ]/.test(line[name.length] ?? ""))
      .map((line) => [line.slice(name.length, line.lastIndexOf(" ")), Number(line.slice(line.lastIndexOf(" ") + 1))]);
  }
}

/** How values are spread: `total` of them are at most `limit`. */
export interface Histogram {
  readonly count: number;
  readonly sum: number;
  readonly buckets: readonly { readonly limit: number; readonly total: number }[];
}

/** What came to a histogram between two readings. */
export function histogramSince(before: Histogram, now: Histogram): Histogram {
  const known = new Map(before.buckets.map(({ limit, total }) => [limit, total]));
  return {
    count: now.count - before.count,
    sum: now.sum - before.sum,
    buckets: now.buckets.map(({ limit, total }) => ({ limit, total: total - (known.get(limit) ?? 0) })),
  };
}

/** The limit of the highest bucket that has a value; undefined where none has. */
export function longestOf({ count, buckets }: Histogram): number | undefined {
  return count === 0 ? undefined : buckets.find(({ total }) => total === count)?.limit;
}

/**
 * The value below which this fraction lies, with values of a bucket taken as evenly spread in it; the last finite limit
 * where it lies above that. NaN where there are no values.
 */
export function histogramQuantile({ count, buckets }: Histogram, fraction: number): number {
  const rank = count * fraction;
  let [below, limitBelow] = [0, 0];
  for (const { limit, total } of buckets) {
    if (total >= rank && total > below) {
      return limit === Infinity ? limitBelow : limitBelow + (limit - limitBelow) * (rank - below) / (total - below);
    }
    [below, limitBelow] = [total, limit];
  }
  return NaN;
}
