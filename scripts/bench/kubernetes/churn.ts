import { ProcessTree } from "../process_usage.ts";
import { type Bed, range, sliceOf } from "./bed.ts";

/** How many endpoints come or go a second. */
const RATE = 20;

export interface ChurnFigures {
  readonly virtualServices: number;
  readonly services: number;
  readonly endpoints: number;
  readonly seconds: number;
  readonly startMs: number;
  /** Endpoints that came or went. */
  readonly changes: number;
  /** CPU seconds a second of Sluice. */
  readonly cores: number;
  readonly rssMibAtStart: number;
  readonly rssMibMost: number;
  /** Statuses written while it started, and during the churn. */
  readonly statusesAtStart: number;
  readonly statuses: number;
  /** Requests to the API server during the churn, by verb. */
  readonly requests: Readonly<Record<string, number>>;
  /** Updates that Envoy took, by type. */
  readonly edsUpdates: number;
  readonly cdsUpdates: number;
  readonly rdsUpdates: number;
}

/** Has endpoints come and go at a steady rate, and measures what Sluice does about it. */
export async function measureChurn(bed: Bed, seconds: number): Promise<ChurnFigures> {
  const { size, world, sluice, envoy } = bed;
  await statusesSettled(bed);
  const statusesAtStart = await sluice.metric("sluice_status_writes_total");
  const requestsAtStart = await requestsOf(bed);
  const tree = new ProcessTree(sluice.pid);
  const { cpuMs, rssMib: rssMibAtStart } = await tree.usage();
  const updates = async (): Promise<number[]> =>
    await Promise.all([
      envoyUpdates(bed, /^cluster\.service-.*\.update_success: /),
      envoy.stat("cluster_manager.cds.update_success"),
      envoyUpdates(bed, /\.(?:rds|vhds)\..*\.?update_success: /),
    ]);
  const before = await updates();
  const gone = range(size.services).map(() => new Set<number>());
  const start = performance.now();
  let [changes, rssMibMost, lookAt] = [0, rssMibAtStart, 0];
  while (performance.now() - start < seconds * 1000) {
    const due = (performance.now() - start) / 1000 * RATE;
    for (; changes < due; changes++) {
      const i = (changes * 7919) % size.services;
      const endpoint = 1 + (changes * 31) % Math.max(1, size.endpoints - 1);
      if (!gone[i]!.delete(endpoint)) gone[i]!.add(endpoint);
      void world.apply(sliceOf(i, size, gone[i]!));
    }
    if (changes >= lookAt) {
      rssMibMost = Math.max(rssMibMost, (await tree.usage()).rssMib);
      lookAt = changes + 5 * RATE;
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  const cores = ((await tree.usage()).cpuMs - cpuMs) / (performance.now() - start);
  const after = await updates();
  const requests = await requestsOf(bed);
  return {
    ...{ virtualServices: size.virtualServices, services: size.services, endpoints: size.services * size.endpoints },
    ...{ seconds, startMs: bed.startMs, changes, cores, rssMibAtStart, rssMibMost, statusesAtStart },
    statuses: await sluice.metric("sluice_status_writes_total") - statusesAtStart,
    requests: Object.fromEntries(
      Object.entries(requests).map(([verb, count]) => [verb, count - (requestsAtStart[verb] ?? 0)]),
    ),
    edsUpdates: after[0]! - before[0]!,
    cdsUpdates: after[1]! - before[1]!,
    rdsUpdates: after[2]! - before[2]!,
  };
}

/** Waits until no status is written any more. */
async function statusesSettled({ sluice }: Bed): Promise<void> {
  for (let last = -1, same = 0; same < 4;) {
    const now = await sluice.metric("sluice_status_writes_total");
    same = now === last ? same + 1 : 0;
    last = now;
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
}

async function requestsOf({ sluice }: Bed): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const line of (await (await sluice.page("/metrics")).text()).split("\n")) {
    const found = /^sluice_kubernetes_requests_total\{verb="(\w+)".*\} (\d+)/.exec(line);
    if (found) counts[found[1]!] = (counts[found[1]!] ?? 0) + Number(found[2]);
  }
  return counts;
}

async function envoyUpdates({ envoy }: Bed, which: RegExp): Promise<number> {
  const text = await (await fetch(`${envoy.adminUrl}/stats?filter=update_success`)).text();
  return text.split("\n").filter((line) => which.test(line)).reduce(
    (sum, line) => sum + Number(line.split(": ")[1]),
    0,
  );
}
