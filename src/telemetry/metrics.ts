/** Labels of one time series. */
export type Labels = Readonly<Record<string, string>>;

/** Only ever grows. */
export interface Counter {
  add(by?: number, labels?: Labels): void;
}

/** A value of the moment. */
export interface Gauge {
  set(value: number, labels?: Labels): void;
}

/** Spread of values, in seconds where it is a time. */
export interface Histogram {
  observe(value: number, labels?: Labels): void;
}

/** Makes metrics. A name is made once; asking again gives the same metric. */
export interface Metrics {
  counter(name: string, help: string, labelNames?: readonly string[]): Counter;
  gauge(name: string, help: string, labelNames?: readonly string[]): Gauge;
  histogram(name: string, help: string, buckets: readonly number[], labelNames?: readonly string[]): Histogram;
  /** All metrics in Prometheus' text format. */
  text(): Promise<string>;
}

/**
 * Metrics kept by prom-client, which is loaded here: it is large, and `main` has rooms loaded that import this one but
 * keeps no metrics.
 */
export async function createMetrics(): Promise<Metrics> {
  const { Counter: PromCounter, Gauge: PromGauge, Histogram: PromHistogram, Registry } = await import(
    "./prom_client.ts"
  );
  const registry = new Registry();
  const made = new Map<string, unknown>();
  const once = <T>(name: string, make: () => T): T => {
    if (!made.has(name)) made.set(name, make());
    return made.get(name) as T;
  };
  return {
    counter: (name, help, labelNames = []) =>
      once(name, () => {
        const counter = new PromCounter({ name, help, labelNames: [...labelNames], registers: [registry] });
        return { add: (by = 1, labels = {}) => counter.inc(labels, by) };
      }),
    gauge: (name, help, labelNames = []) =>
      once(name, () => {
        const gauge = new PromGauge({ name, help, labelNames: [...labelNames], registers: [registry] });
        return { set: (value, labels = {}) => gauge.set(labels, value) };
      }),
    histogram: (name, help, buckets, labelNames = []) =>
      once(name, () => {
        const histogram = new PromHistogram({
          name,
          help,
          buckets: [...buckets],
          labelNames: [...labelNames],
          registers: [registry],
        });
        return { observe: (value, labels = {}) => histogram.observe(labels, value) };
      }),
    text: () => registry.metrics(),
  };
}
