/** A stage for tests that put EnvoySnapshots before a real Envoy: back ends, an xDS server, a port, and traffic meanwhile. */
import { startXdsServer, type XdsServer, type XdsServerOptions } from "../../src/server/mod.ts";
import { createMetrics, silentLogger, systemClock } from "../../src/telemetry/mod.ts";
import { XdsCache } from "../../src/xds/mod.ts";
import { type EnvoyOptions, freePort, type RunningEnvoy, send, startBackend, startEnvoy } from "./harness.ts";

/** Of the Envoys. */
export const ROLE = "gloo-system~gateway-proxy";

export interface Scene {
  readonly cache: XdsCache;
  readonly server: XdsServer;
  readonly port: number;
  readonly one: { port: number };
  readonly two: { port: number };
  start(options?: Partial<EnvoyOptions>): Promise<RunningEnvoy>;
  /** Ends the server and serves the same cache at the same address again. */
  restart(whileAway?: () => void): Promise<void>;
}

const CLUSTER_WAIT_MS = 1_500;
const LIMITS = { clusterWaitMs: CLUSTER_WAIT_MS, graceMs: 200 };

/** Two backends, a server, a free port for Envoy's listener; all are stopped afterwards. */
export async function stage(
  delta: boolean,
  play: (scene: Scene) => Promise<void>,
  options: Partial<XdsServerOptions> = {},
): Promise<void> {
  const one = startBackend("one");
  const two = startBackend("two");
  const cache = new XdsCache();
  const serve = async (address: string) =>
    await startXdsServer({
      address,
      cache,
      clock: systemClock,
      logger: silentLogger,
      metrics: await createMetrics(),
      limits: LIMITS,
      ...options,
    });
  let server = await serve("127.0.0.1:0");
  const envoys: RunningEnvoy[] = [];
  const scene: Scene = {
    cache,
    get server() {
      return server;
    },
    port: freePort(),
    one,
    two,
    start: async (options = {}) => {
      const envoy = await startEnvoy({ xds: server.address, role: ROLE, delta, ...options });
      envoys.push(envoy);
      return envoy;
    },
    restart: async (whileAway) => {
      await server.close(1_000);
      whileAway?.();
      server = await serve(server.address);
    },
  };
  try {
    await play(scene);
  } finally {
    for (const envoy of envoys) await envoy.stop();
    await server.close(1_000);
    await one.stop();
    await two.stop();
  }
}

/** The body of a 200, or else the status. */
export async function body(port: number, name: string): Promise<string | number> {
  const answer = await send(port, "/", { host: name });
  return answer.status === 200 ? answer.body : answer.status;
}

/** Asks without a pause while `work` runs; gives the different answers in their order. */
export async function answersDuring(
  port: number,
  name: string,
  work: () => Promise<unknown>,
): Promise<(string | number)[]> {
  const seen: (string | number)[] = [];
  let asking = true;
  const asked = (async () => {
    while (asking) {
      const answer = await body(port, name);
      if (seen.at(-1) !== answer) seen.push(answer);
    }
  })();
  try {
    await work();
  } finally {
    asking = false;
    await asked;
  }
  return seen;
}
