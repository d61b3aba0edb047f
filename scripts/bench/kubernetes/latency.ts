import { summarize } from "../figures.ts";
import { ProcessTree } from "../process_usage.ts";
import { type Bed, virtualService } from "./bed.ts";

/** How often a VirtualService is edited. */
const EDITS = 40;
/** Between two of them: longer than the emitter's interval, so that each is a change by itself. */
const PAUSE_MS = 1_100;

export interface LatencyFigures {
  readonly virtualServices: number;
  readonly services: number;
  readonly startMs: number;
  /** From the API server's answer to the changed answer through Envoy, in milliseconds. */
  readonly median: number;
  readonly p99: number;
  readonly most: number;
  readonly rssMib: number;
}

/** Edits VirtualServices, one after the other, and asks Envoy for the changed one until it answers so. */
export async function measureLatency(bed: Bed): Promise<LatencyFigures> {
  const { size, world, sluice, startMs } = bed;
  const times: number[] = [];
  for (let edit = 0; edit < EDITS; edit++) {
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    const i = (edit * 37) % size.virtualServices;
    await world.apply(virtualService(i, size, `edit-${edit}`));
    const answered = performance.now();
    while (await bed.marker(i) !== `edit-${edit}`) {
      if (performance.now() - answered > 20_000) throw new Error(`edit ${edit} of VirtualService ${i} never arrived`);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    times.push(performance.now() - answered);
  }
  const summary = summarize(times);
  return {
    ...{ virtualServices: size.virtualServices, services: size.services, startMs },
    ...{ median: summary.median, p99: summary.p99, most: summary.max },
    rssMib: (await new ProcessTree(sluice.pid).usage()).rssMib,
  };
}
