import { makeBed, startBackEnd } from "../bench/bed.ts";
import { now } from "../bench/clock.ts";
import { domainOf, ROLE } from "../bench/configuration.ts";
import { pause } from "../bench/kept_connection.ts";
import { startSluice, type Subject } from "../bench/subjects.ts";
import { LightClient } from "../bench/xds/light_client.ts";
import { waitFor } from "../../tests/envoy/harness.ts";

/** How long a Sluice that was killed takes to serve again. */
export interface RestartFigures {
  /** VirtualServices, with five routes each. */
  readonly size: number;
  /** From the start of the process to the first response of an Envoy that tries all the time, by kill. */
  readonly firstMs: readonly number[];
  /** To the last response of what it asks for. */
  readonly allMs: readonly number[];
  /** Of the state folder. */
  readonly stateMib: number;
}

/** Kills Sluice with SIGKILL and starts it again, so many times. */
export async function measureRestarts(size: number, kills: number, scratch: string): Promise<RestartFigures> {
  const backEnd = startBackEnd();
  const bed = await makeBed(`${scratch}/restarts-${size}`, size, "delta", backEnd);
  let subject: Subject | undefined;
  try {
    subject = startSluice(bed);
    await stateWritten(bed.adminPort);
    const [firstMs, allMs]: [number[], number[]] = [[], []];
    for (let kill = 0; kill < kills; kill++) {
      await subject.process.stop("SIGKILL");
      const began = now();
      subject = startSluice(bed);
      const { first, last } = await serveTimes(`127.0.0.1:${bed.xdsPort}`, size);
      firstMs.push(first - began);
      allMs.push(last - began);
      await stateWritten(bed.adminPort);
    }
    return { size, firstMs, allMs, stateMib: sizeOf(`${bed.stateDir}/served`) / 1024 / 1024 };
  } finally {
    await subject?.process.stop("SIGKILL");
    await backEnd.stop();
  }
}

/** The first sync is done, and what it served is on disk. */
async function stateWritten(adminPort: number): Promise<void> {
  await waitFor("the first sync", async () => {
    const text = await (await fetch(`http://127.0.0.1:${adminPort}/metrics`)).text();
    const value = (name: string) => Number(text.match(new RegExp(`^${name}(?:\\{.*\\})? (\\S+)$`, "m"))?.[1] ?? 0);
    return value("sluice_state_bytes") > 0 && value("sluice_sync_seconds_count") > 0;
  }, 60_000);
}

/** Tries until it is served. */
async function serveTimes(address: string, size: number): Promise<{ first: number; last: number }> {
  for (;;) {
    const times = await oneClient(address, size);
    if (times !== undefined) return times;
    await pause(2);
  }
}

async function oneClient(address: string, size: number): Promise<{ first: number; last: number } | undefined> {
  const { promise, resolve } = Promise.withResolvers<{ first: number; last: number } | undefined>();
  let first: number | undefined;
  const client = new LightClient({
    ...{ address, form: "delta", role: ROLE, nodeId: "restart" },
    onResponse: (typeUrl, response) => {
      first ??= now();
      // The virtual hosts come last, all in one response.
      if (typeUrl.endsWith(".VirtualHost") && response.includes(domainOf(size - 1))) resolve({ first, last: now() });
    },
    onEnd: () => resolve(undefined),
  });
  const times = await promise;
  client.close();
  return times;
}

function sizeOf(folder: string): number {
  let bytes = 0;
  for (const { name, isFile, isDirectory } of Deno.readDirSync(folder)) {
    const path = `${folder}/${name}`;
    if (isFile) bytes += Deno.statSync(path).size;
    else if (isDirectory) bytes += sizeOf(path);
  }
  return bytes;
}
