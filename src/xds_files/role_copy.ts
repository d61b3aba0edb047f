import { decode, TYPE_URL } from "../envoy/mod.ts";
import { type Clock, type Logger, type Metrics, rest, systemClock } from "../telemetry/mod.ts";
import {
  type DeltaRequest,
  DeltaState,
  type Outgoing,
  type SnapshotSource,
  XdsStream,
  type XdsStreamLimits,
} from "../xds/mod.ts";
import type { Disk } from "./disk.ts";
import { RoleFiles } from "./role_files.ts";

/** How long after a failure writing is tried again, where no change comes before that. */
const RETRY_MS = 5_000;

/** What a copy needs. */
export interface RoleCopyOptions {
  readonly role: string;
  /** Absolute. */
  readonly folder: string;
  readonly source: SnapshotSource;
  readonly disk: Disk;
  readonly limits: XdsStreamLimits;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/** Types that are asked for; virtual hosts are in their route configurations. */
const TYPES = ["cluster", "endpoint", "secret", "listener", "route"] as const;

/**
 * Keeps the copy of one role current. To the xds cache it is a client like an Envoy: a stream tells it what changed, make
 * before break, and it accepts what it has written. Nobody says when the Envoys that read the files are ready, so clusters
 * that take long to be are accepted late: routes that name them follow after `clusterWaitMs`.
 */
export class RoleCopy {
  readonly #options: RoleCopyOptions;
  readonly #files: RoleFiles;
  readonly #stream: XdsStream<DeltaRequest>;
  #untold: Outgoing[] = [];
  #begun = false;
  #again = false;
  #running: Promise<void> | undefined;
  #stopped = false;
  #slowUntil = -Infinity;
  #failure: string | undefined;
  #stopRetry = () => {};
  #graceOver = false;
  #stopGrace: (() => void) | undefined;

  constructor(options: RoleCopyOptions) {
    const { role, folder, disk, source, limits, clock, metrics } = options;
    this.#options = options;
    const written = metrics.counter(
      "sluice_static_fallback_writes_total",
      "Files written for Envoys that live from files.",
      [
        "role",
      ],
    );
    this.#files = new RoleFiles(folder, disk, () => written.add(1, { role }));
    this.#stream = new XdsStream<DeltaRequest>({
      source,
      newState: (type) => new DeltaState(type === "virtualHost" ? "never" : "always"),
      clock,
      limits,
      onWork: () => this.#wake(),
      onNack: () => {},
      onLate: () => {},
    });
    for (const type of TYPES) this.#stream.receive(TYPE_URL[type], request());
  }

  /** Resolves when nothing more can be written now; gives why the last try failed, or undefined. */
  async settled(): Promise<string | undefined> {
    while (this.#running) await this.#running;
    return this.#failure;
  }

  /** What is being written is written to its end, and nothing after that. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#stream.close();
    this.#stopRetry();
    this.#stopGrace?.();
    await this.settled();
  }

  #wake(): void {
    this.#again = true;
    if (this.#stopped || this.#running) return;
    this.#running = this.#run().finally(() => this.#running = undefined);
  }

  async #run(): Promise<void> {
    while (this.#again && !this.#stopped) {
      this.#again = false;
      // Streams to Envoys go first.
      await rest(systemClock);
      await this.#pass();
    }
  }

  async #pass(): Promise<void> {
    for (let out = this.#stream.take(); out; out = this.#stream.take()) {
      this.#files.take(out);
      this.#untold.push(out);
      // At first all comes at once, and nothing waits.
      if (this.#begun && out.typeUrl === TYPE_URL.cluster && out.changed.some(isSlow)) {
        this.#slowUntil = this.#options.clock.elapsed() + this.#options.limits.clusterWaitMs;
      }
    }
    this.#begun ||= this.#untold.some(({ typeUrl }) => typeUrl === TYPE_URL.listener);
    // Until the role is known, the copy that there is stays as it is.
    if (!this.#begun) return;
    if (this.#graceOver) this.#files.dropLeft();
    try {
      await this.#files.write();
    } catch (error) {
      return this.#failed(error);
    }
    this.#worked();
  }

  #worked(): void {
    const { role, logger, metrics, clock, limits } = this.#options;
    current(metrics).set(1, { role });
    if (this.#failure !== undefined) logger.info("the copy for Envoys that live from files is current again", { role });
    this.#failure = undefined;
    this.#stopRetry();
    const told = this.#untold;
    this.#untold = [];
    for (const { typeUrl, nonce } of told) {
      if (typeUrl === TYPE_URL.cluster && clock.elapsed() < this.#slowUntil) continue;
      this.#stream.receive(typeUrl, request(nonce));
    }
    // Envoys may still be using what an earlier process left.
    this.#stopGrace ??= clock.setTimeout(() => {
      this.#graceOver = true;
      this.#wake();
    }, limits.graceMs);
  }

  #failed(error: unknown): void {
    const { role, folder, logger, metrics, clock } = this.#options;
    const why = error instanceof Error ? error.message : String(error);
    metrics.counter("sluice_static_fallback_failures_total", "Tries that failed to write such files.", ["role"])
      .add(1, { role });
    current(metrics).set(0, { role });
    if (this.#failure === undefined) {
      const fields = { role, folder, error: why };
      logger.error("the copy for Envoys that live from files cannot be written and stays as it was", fields);
    }
    this.#failure = why;
    this.#stopRetry();
    if (!this.#stopped) this.#stopRetry = clock.setTimeout(() => this.#wake(), RETRY_MS);
  }
}

function current(metrics: Metrics) {
  const help =
    "1 where the files for Envoys that live from them hold what is served, 0 where they could not be written.";
  return metrics.gauge("sluice_static_fallback_current", help, ["role"]);
}

function request(nonce = ""): DeltaRequest {
  return { subscribe: [], unsubscribe: [], initialVersions: new Map(), nonce };
}

/** Whether Envoy needs more than a moment before it can use this cluster: it asks DNS, or checks health first. */
function isSlow({ bytes }: { readonly bytes: Uint8Array }): boolean {
  const { type, healthChecks } = decode("envoy.config.cluster.v3.Cluster", bytes);
  return type === "STRICT_DNS" || type === "LOGICAL_DNS" || (healthChecks?.length ?? 0) > 0;
}
