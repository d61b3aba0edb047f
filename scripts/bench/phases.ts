import { waitFor } from "../../tests/envoy/harness.ts";
import type { Running } from "./bed.ts";
import { type Churn, measuredIndex, startChurn } from "./churn.ts";
import { editProbe, startProbes, upstreamCount } from "./configuration.ts";
import { pause } from "./kept_connection.ts";
import { type Histogram, histogramSince, MetricsPage } from "./metrics.ts";
import type { ProcessTree } from "./process_usage.ts";
import type { EditsSample, IdleSample, StartSample } from "./results.ts";

const START_LIMIT_MS = 300_000;
const EDIT_LIMIT_MS = 120_000;
/** Asking costs CPU that the subject and Envoy would have: as often as the figure at hand needs, and not more. */
const START_POLL_MS = 10;
const EDIT_POLL_MS = 1;
/** Edits are so far apart, and up to half as much again, so that they meet no timer always in the same phase. */
const EDIT_WINDOW_MS = 2000;

/** Waits until Envoy has everything. */
export async function measureStart({ bed, subject, tree, envoy, connection }: Running): Promise<StartSample> {
  let completeAt = 0;
  for (const probe of startProbes(bed.size).reverse()) {
    completeAt = await connection.until200(probe, START_POLL_MS, START_LIMIT_MS);
  }
  let looks = 0;
  await waitFor("every cluster to be active", async () => {
    looks++;
    const active = await envoy.stat("cluster_manager.active_clusters");
    // One more: the cluster of xDS.
    return active >= upstreamCount(bed.size) + 1 && await envoy.stat("cluster_manager.warming_clusters") === 0;
  }, START_LIMIT_MS);
  if (looks > 1) completeAt = performance.now();
  return { seconds: (completeAt - subject.process.startedAt) / 1000, usage: await tree.usage() };
}

/** Waits until two seconds in a row cost less than a tenth of a core each; a minute at most. */
export async function calm(tree: ProcessTree): Promise<void> {
  let last = (await tree.usage()).cpuMs;
  let calmSeconds = 0;
  for (let second = 0; second < 60 && calmSeconds < 2; second++) {
    await pause(1000);
    const now = (await tree.usage()).cpuMs;
    calmSeconds = now - last < 100 ? calmSeconds + 1 : 0;
    last = now;
  }
}

/** Looks on while nothing happens; every five seconds, so that no thread comes and goes unseen. */
export async function measureIdle({ tree }: Running, seconds: number): Promise<IdleSample> {
  // What follows a start (statuses, a collection of garbage) is no idling.
  await calm(tree);
  const before = await tree.usage();
  const startedAt = performance.now();
  let usage = before;
  while (performance.now() - startedAt < seconds * 1000) {
    await pause(Math.min(5000, Math.max(0, startedAt + seconds * 1000 - performance.now())));
    usage = await tree.usage();
  }
  return { seconds: (performance.now() - startedAt) / 1000, cpuMs: usage.cpuMs - before.cpuMs, usage };
}

export interface EditsOptions {
  readonly count: number;
  /** Milliseconds of CPU a second without any change. */
  readonly idleRate: number;
  /** Ten other edits a second meanwhile. */
  readonly churn: boolean;
}

/** Makes edits one after the other, each when the one before has long been seen. */
export async function measureEdits(running: Running, options: EditsOptions): Promise<EditsSample> {
  const { count, idleRate } = options;
  const { bed, tree } = running;
  const step = Math.max(2, Math.floor(bed.size / count));
  await calm(tree);
  const before = await counters(running);
  const startedAt = performance.now();
  const churn: Churn | undefined = options.churn ? startChurn(running, step) : undefined;
  const [ms, cpuMs]: [number[], number[]] = [[], []];
  try {
    for (let edit = 0; edit < count; edit++) {
      const from = await tree.usage();
      const fromAt = performance.now();
      ms.push(await measureEdit(running, measuredIndex(bed.size, step, edit)));
      await pause(EDIT_WINDOW_MS * (1 + Math.random() / 2) - (performance.now() - fromAt));
      const used = (await tree.usage()).cpuMs - from.cpuMs;
      cpuMs.push(used - idleRate * (performance.now() - fromAt) / 1000);
    }
  } finally {
    churn?.stop();
  }
  const seconds = (performance.now() - startedAt) / 1000;
  const now = await counters(running);
  const { changeToWrite } = now;
  return {
    ...{ ms, cpuMs, seconds, changes: count + (churn?.changes ?? 0), bytes: now.bytes - before.bytes },
    ...(changeToWrite && before.changeToWrite
      ? { changeToWrite: histogramSince(before.changeToWrite, changeToWrite) }
      : {}),
    usage: await tree.usage(),
  };
}

/** Makes one edit and waits for the answer that it changes. Milliseconds. */
export async function measureEdit({ bed, subject, connection }: Running, index: number): Promise<number> {
  const edit = bed.nextEdit();
  const probe = editProbe(index, edit);
  const status = await connection.ask(probe);
  if (status !== 404) throw new Error(`${probe.host}${probe.path} gave ${status} before the edit`);
  const changedAt = performance.now();
  subject.change(index, edit);
  return await connection.until200(probe, EDIT_POLL_MS, EDIT_LIMIT_MS) - changedAt;
}

interface Counters {
  readonly bytes: number;
  readonly changeToWrite?: Histogram;
}

async function counters({ subject, envoy }: Running): Promise<Counters> {
  const bytes = await envoy.stat("cluster.xds_cluster.upstream_cx_rx_bytes_total");
  if (subject.metricsUrl === undefined) return { bytes };
  const page = await MetricsPage.read(subject.metricsUrl);
  return { bytes, changeToWrite: page.histogram("sluice_change_to_write_seconds") };
}
