import { freePort } from "../../tests/envoy/harness.ts";
import { type Bed, type Running, withSubject } from "./bed.ts";
import { measuredIndex, startChurn } from "./churn.ts";
import { connectInspector, type Inspector } from "./inspector.ts";
import { pause } from "./kept_connection.ts";
import { type Histogram, histogramSince, longestOf, MetricsPage } from "./metrics.ts";
import { calm, measureEdit, measureStart } from "./phases.ts";
import type { StormResult } from "./results.ts";
import { startSluice } from "./subjects.ts";

/** Counts emitted ApiSnapshots. */
const EMISSIONS = "api_gloosnapshot_gloo_solo_io_emitter_snap_out";
const LOOK_EVERY_MS = 10_000;
/** From one measured edit to the next, and up to half as much again. */
const EDIT_GAP_MS = 2000;
/** Measured edits are of every so-manieth VirtualService, the storm is of the others. */
const STEP = 50;

/** Ten edits a second for so many minutes; the heap is looked at in minute 2 and at the end. */
export async function measureStorm(bed: Bed, minutes: number): Promise<StormResult> {
  const inspectPort = freePort();
  return await withSubject(bed, () => startSluice(bed, { inspectPort, measureStalls: true }), async (running) => {
    await measureStart(running);
    await calm(running.tree);
    const inspector = await connectInspector(inspectPort);
    try {
      return await stormOf(running, minutes, inspector);
    } finally {
      inspector.close();
    }
  });
}

async function stormOf(running: Running, minutes: number, inspector: Inspector): Promise<StormResult> {
  const { bed, tree } = running;
  const [ms, emissions, longestStallMs, heaps]: [
    number[],
    { seconds: number; count: number }[],
    number[],
    StormResult["heaps"][number][],
  ] = [[], [], [], []];
  const heapMinutes = minutes > 2 ? [2, minutes] : [minutes];
  let look = await lookAt(running);
  const [startedAt, before] = [performance.now(), await tree.usage()];
  const elapsed = (): number => performance.now() - startedAt;
  const churn = startChurn(running, STEP);
  try {
    for (let edit = 0; heapMinutes.length > 0; edit++) {
      ms.push(await measureEdit(running, measuredIndex(bed.size, STEP, edit)));
      await pause(EDIT_GAP_MS * (1 + Math.random() / 2));
      if (elapsed() - (look.at - startedAt) >= LOOK_EVERY_MS) {
        const next = await lookAt(running);
        emissions.push({ seconds: (next.at - look.at) / 1000, count: next.emitted - look.emitted });
        const stall = look.stalls && next.stalls && longestOf(histogramSince(look.stalls, next.stalls));
        if (stall !== undefined) longestStallMs.push(1000 * stall);
        look = next;
      }
      if (elapsed() < heapMinutes[0]! * 60_000) continue;
      const usedMib = await inspector.heapAfterCollection() / 1024 / 1024;
      heaps.push({ minute: heapMinutes.shift()!, usedMib });
      // The collection that was forced is no slice of Sluice's, and what came meanwhile belongs to no stretch.
      look = await lookAt(running);
    }
  } finally {
    churn.stop();
  }
  const usage = await tree.usage();
  return {
    ...{ size: bed.size, xds: bed.form, seconds: elapsed() / 1000, changes: churn.changes + ms.length },
    ...{ ms, emissions, longestStallMs, heaps, cpuMs: usage.cpuMs - before.cpuMs, usage },
  };
}

interface Look {
  readonly at: number;
  readonly emitted: number;
  readonly stalls: Histogram | undefined;
}

async function lookAt({ subject }: Running): Promise<Look> {
  const page = await MetricsPage.read(subject.metricsUrl!);
  const emitted = page.sum(EMISSIONS) ?? 0;
  return { at: performance.now(), emitted, stalls: page.histogram("sluice_stall_seconds") };
}
