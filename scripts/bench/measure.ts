import { freePort, type RunningEnvoy, startEnvoy, waitFor, xdsBootstrap } from "../../tests/envoy/harness.ts";
import { editProbe, lastProbe, saveEdit, upstreamCount, writeConfiguration } from "./configuration.ts";
import { summarize, type Summary } from "./figures.ts";
import { KeptConnection, pause } from "./kept_connection.ts";
import { type ProcessUsage, processUsage } from "./process_usage.ts";
import { metric, type SluiceProcess, startSluiceProcess } from "./sluice_process.ts";

export interface MeasureOptions {
  /** Number of VirtualServices. */
  readonly size: number;
  /** Delta xDS instead of the state of the world. */
  readonly delta: boolean;
  readonly edits: number;
  /** Seconds without any change, over which idle CPU is measured. */
  readonly idleSeconds: number;
  /** For the configuration and Sluice's state; emptied first. */
  readonly folder: string;
}

/** What one run gave. */
export interface Measurement {
  readonly size: number;
  readonly xds: "state of the world" | "delta";
  /** From the start of Sluice's process until the last VirtualService answers and every cluster is active. */
  readonly startSeconds: number;
  /** CPU and memory at that moment. */
  readonly atStart: ProcessUsage;
  /** After the idle time. */
  readonly settled: ProcessUsage;
  readonly atEnd: ProcessUsage;
  /** Share of one core. */
  readonly idleCpu: number;
  /** By edit, from before the file is written until the changed answer comes, in milliseconds. */
  readonly editMs: readonly number[];
  readonly edit: Summary;
  /** Milliseconds of CPU for one edit, what Sluice uses when idle subtracted. */
  readonly cpuMsPerEdit: number;
  /** Milliseconds from an ApiSnapshot until all that comes of it is in the xds cache and in statuses, on average. */
  readonly syncMsPerEdit: number;
  /** Bytes that Envoy received over xDS for one edit. */
  readonly bytesPerEdit: number;
  /** The machine's load average of a minute, before and after. */
  readonly load: readonly [number, number];
}

const START_LIMIT_MS = 300_000;
const EDIT_LIMIT_MS = 60_000;
/** Asking costs CPU that Sluice and Envoy would have: as often as the figure at hand needs, and not more. */
const START_POLL_MS = 10;
const EDIT_POLL_MS = 1;
/** Edits are so far apart, and up to half as much again, so that they meet no timer always in the same phase. */
const EDIT_GAP_MS = 2000;

/** Starts a back end, an Envoy and then Sluice on a new configuration; measures; ends all of it. */
export async function measure(options: MeasureOptions): Promise<Measurement> {
  const { size, delta, folder } = options;
  const load = Deno.loadavg()[0]!;
  const [listenerPort, xdsPort, adminPort] = [freePort(), freePort(), freePort()];
  const backEnd = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, () => new Response("ok"));
  await Deno.remove(folder, { recursive: true }).catch(() => {});
  const config = `${folder}/config`;
  await writeConfiguration(config, { size, listenerPort, backEndPort: backEnd.addr.port });
  const envoy = await startEnvoy({ bootstrap: bootstrap(xdsPort, delta), until: "admin", logLevel: "error" });
  const connection = new KeptConnection(listenerPort);
  const sluice = startSluiceProcess({ config, stateDir: `${folder}/state`, xdsPort, adminPort });
  try {
    const measured = measureRunning(options, { config, envoy, connection, sluice });
    const { settled, ...rest } = await Promise.race([measured, sluice.ended]);
    const xds = delta ? "delta" : "state of the world";
    return { size, xds, ...rest, settled, load: [load, Deno.loadavg()[0]!] };
  } finally {
    connection.close();
    await sluice.stop();
    await envoy.stop();
    await backEnd.shutdown();
  }
}

/** Gloo's bootstrap, but that Envoy tries often to connect: how long it waits is no figure of Sluice's. */
function bootstrap(xdsPort: number, delta: boolean): Record<string, unknown> {
  const made = xdsBootstrap({ xds: `127.0.0.1:${xdsPort}`, delta });
  const resources = made.dynamic_resources as { ads_config: Record<string, unknown> };
  const often = { retry_back_off: { base_interval: "0.02s", max_interval: "0.02s" } };
  resources.ads_config.grpc_services = [{ envoy_grpc: { cluster_name: "xds_cluster", retry_policy: often } }];
  return made;
}

interface Running {
  /** The folder that Sluice watches. */
  readonly config: string;
  readonly envoy: RunningEnvoy;
  readonly connection: KeptConnection;
  readonly sluice: SluiceProcess;
}

async function measureRunning(
  { size, edits, idleSeconds }: MeasureOptions,
  { config, envoy, connection, sluice }: Running,
): Promise<Omit<Measurement, "size" | "xds" | "load">> {
  const answeredAt = await connection.until200(lastProbe(size), START_POLL_MS, START_LIMIT_MS);
  const completeAt = Math.max(answeredAt, await clustersActive(envoy, upstreamCount(size)) ?? answeredAt);
  const atStart = await processUsage(sluice.pid);
  // What follows a start (statuses, a collection of garbage) is no idling.
  await calm(sluice.pid);
  const before = await processUsage(sluice.pid);
  await pause(idleSeconds * 1000);
  const settled = await processUsage(sluice.pid);
  const idleCpu = (settled.cpuSeconds - before.cpuSeconds) / idleSeconds;

  const counted = await counters(sluice, envoy);
  const usedBefore = await processUsage(sluice.pid);
  const editsFrom = performance.now();
  const editMs: number[] = [];
  for (let edit = 1; edit <= edits; edit++) editMs.push(await measureEdit(config, connection, size, edit));
  const editSeconds = (performance.now() - editsFrom) / 1000;
  const atEnd = await processUsage(sluice.pid);
  const now = await counters(sluice, envoy);
  return {
    startSeconds: (completeAt - sluice.startedAt) / 1000,
    ...{ atStart, settled, atEnd, idleCpu, editMs, edit: summarize(editMs) },
    cpuMsPerEdit: 1000 * (atEnd.cpuSeconds - usedBefore.cpuSeconds - idleCpu * editSeconds) / edits,
    syncMsPerEdit: 1000 * (now.syncSeconds - counted.syncSeconds) / (now.syncs - counted.syncs),
    bytesPerEdit: (now.bytes - counted.bytes) / edits,
  };
}

/** The time at which a look finds all clusters active; undefined where the first does. */
async function clustersActive(envoy: RunningEnvoy, upstreams: number): Promise<number | undefined> {
  let looks = 0;
  await waitFor("every cluster to be active", async () => {
    looks++;
    const [active, warming] = [
      await envoy.stat("cluster_manager.active_clusters"),
      await envoy.stat("cluster_manager.warming_clusters"),
    ];
    // One more: the cluster of xDS.
    return active >= upstreams + 1 && warming === 0;
  }, START_LIMIT_MS);
  return looks === 1 ? undefined : performance.now();
}

/** Waits until two seconds in a row cost less than a tenth of a core each; half a minute at most. */
async function calm(pid: number): Promise<void> {
  let last = (await processUsage(pid)).cpuSeconds;
  let calmSeconds = 0;
  for (let second = 0; second < 30 && calmSeconds < 2; second++) {
    await pause(1000);
    const now = (await processUsage(pid)).cpuSeconds;
    calmSeconds = now - last < 0.1 ? calmSeconds + 1 : 0;
    last = now;
  }
}

/** Saves one edit and waits for the answer that it changes; then for the rest of the gap. Milliseconds. */
async function measureEdit(config: string, connection: KeptConnection, size: number, edit: number): Promise<number> {
  const next = performance.now() + EDIT_GAP_MS * (1 + Math.random() / 2);
  // Far from the one before: 7919 is a prime.
  const index = (edit * 7919) % size;
  const probe = editProbe(index, edit);
  const status = await connection.ask(probe);
  if (status !== 404) throw new Error(`${probe.host}${probe.path} gave ${status} before the edit`);
  const savedAt = performance.now();
  saveEdit(config, size, index, edit);
  const changedAt = await connection.until200(probe, EDIT_POLL_MS, EDIT_LIMIT_MS);
  await pause(Math.max(0, next - performance.now()));
  return changedAt - savedAt;
}

async function counters({ adminUrl }: SluiceProcess, envoy: RunningEnvoy) {
  return {
    syncSeconds: await metric(adminUrl, "sluice_sync_seconds_sum"),
    syncs: await metric(adminUrl, "sluice_sync_seconds_count"),
    bytes: await envoy.stat("cluster.xds_cluster.upstream_cx_rx_bytes_total"),
  };
}
