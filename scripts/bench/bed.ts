import { freePort, type RunningEnvoy, startEnvoy, waitFor, xdsBootstrap } from "../../tests/envoy/harness.ts";
import { type Child, startChild, stopLater } from "./child.ts";
import { ROLE, writeConfiguration } from "./configuration.ts";
import { KeptConnection } from "./kept_connection.ts";
import { ProcessTree } from "./process_usage.ts";
import { type Places, startSluice, type Subject } from "./subjects.ts";
import type { XdsForm } from "./xds/wire.ts";
import { fileURLToPath } from "node:url";

/** A configuration on disk with the ports that are in it; measured by one subject after the other. */
export interface Bed extends Places {
  readonly form: XdsForm;
  readonly listenerPort: number;
  /** A number that no edit had. */
  nextEdit(): number;
}

/** A subject with its own new Envoy. */
export interface Running {
  readonly bed: Bed;
  readonly subject: Subject;
  readonly tree: ProcessTree;
  readonly envoy: RunningEnvoy;
  readonly connection: KeptConnection;
}

/** What all Upstreams lead to. */
export interface BackEnd {
  readonly port: number;
  stop(): Promise<void>;
}

export function startBackEnd(): BackEnd {
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, () => new Response("ok"));
  return { port: server.addr.port, stop: () => server.shutdown() };
}

/** Writes a new configuration into `folder`, which is emptied first. */
export async function makeBed(folder: string, size: number, form: XdsForm, backEnd: BackEnd): Promise<Bed> {
  await Deno.remove(folder, { recursive: true }).catch(() => {});
  const [listenerPort, xdsPort, adminPort] = [freePort(), freePort(), freePort()];
  const configuration = `${folder}/configuration`;
  await writeConfiguration(configuration, { size, listenerPort, xdsPort, backEndPort: backEnd.port });
  let edits = 0;
  return {
    ...{ folder: configuration, size, form, listenerPort, xdsPort, adminPort },
    stateDir: `${folder}/state`,
    captureDir: `${folder}/capture`,
    nextEdit: () => ++edits,
  };
}

/**
 * Starts an Envoy, then the subject, and ends both after `work`, which fails where the subject ends by itself. Whatever
 * Sluice kept of an earlier start is removed.
 */
export async function withSubject<T>(
  bed: Bed,
  start: () => Subject,
  work: (running: Running) => Promise<T>,
): Promise<T> {
  await Deno.remove(bed.stateDir, { recursive: true }).catch(() => {});
  const envoy = await startEnvoy({ bootstrap: bootstrap(bed), until: "admin", logLevel: "error" });
  const forget = stopLater(envoy);
  const connection = new KeptConnection(bed.listenerPort);
  const subject = start();
  try {
    const tree = new ProcessTree(subject.process.pid);
    return await Promise.race([work({ bed, subject, tree, envoy, connection }), subject.process.ended]);
  } finally {
    connection.close();
    await subject.process.stop();
    await envoy.stop();
    forget();
  }
}

const CAPTURE_LIMIT_MS = 120_000;

/** Keeps what Sluice sends for this configuration, for the floor. */
export async function captureForFloor(bed: Bed): Promise<void> {
  await Deno.remove(bed.captureDir, { recursive: true }).catch(() => {});
  await Deno.mkdir(bed.captureDir, { recursive: true });
  const sluice = startSluice(bed);
  const address = `127.0.0.1:${bed.xdsPort}`;
  const script = fileURLToPath(new URL("./capture_client.ts", import.meta.url));
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error("Sluice did not send everything in time")), CAPTURE_LIMIT_MS);
  try {
    await untilListening(bed.xdsPort, sluice.process);
    const { promise: done, resolve } = Promise.withResolvers<void>();
    const client = startChild({
      name: "the client that captures",
      command: "deno",
      args: [
        ...["run", "--quiet", "--no-prompt", "--allow-read", `--allow-write=${bed.captureDir}`, "--allow-env"],
        ...["--allow-net=127.0.0.1", script, address, bed.form, ROLE, bed.captureDir, String(bed.size)],
      ],
      onLine: (line) => line === "captured" && resolve(),
    });
    try {
      await Promise.race([done, client.ended, sluice.process.ended, late]);
    } finally {
      await client.stop();
    }
  } finally {
    clearTimeout(timer);
    await sluice.process.stop();
  }
}

/** Waits until somebody listens on the port; fails where the process ends before, or after a minute. */
export async function untilListening(port: number, process: Child): Promise<void> {
  const open = waitFor(`somebody to listen on port ${port}`, async () => {
    (await Deno.connect({ hostname: "127.0.0.1", port })).close();
    return true;
  }, 60_000);
  await Promise.race([open, process.ended]);
}

/** Gloo's bootstrap, but that Envoy tries often to connect: how long it waits is no figure of the control plane's. */
function bootstrap({ xdsPort, form }: Bed): Record<string, unknown> {
  const made = xdsBootstrap({ xds: `127.0.0.1:${xdsPort}`, role: ROLE, delta: form === "delta" });
  const resources = made.dynamic_resources as { ads_config: Record<string, unknown> };
  const often = { retry_back_off: { base_interval: "0.02s", max_interval: "0.02s" } };
  resources.ads_config.grpc_services = [{ envoy_grpc: { cluster_name: "xds_cluster", retry_policy: often } }];
  return made;
}
