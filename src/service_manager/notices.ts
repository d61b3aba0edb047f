import type { Notification } from "./notify_socket.ts";

/** Between questions whether the work goes on, in milliseconds, where no watchdog says how often. */
const QUESTION_MS = 10_000;

export interface NoticesOptions {
  readonly socket: { send(notification: Notification): void };
  /** Within which it wants a sign of life, in milliseconds; undefined where it wants none. */
  readonly watchdogMs?: number;
  /** Has whoever does the work asked for a sign of life, to be given by {@link Notices.lives}. */
  readonly ask: () => void;
}

/**
 * What a service manager is told, in the right order: ready, reloading and ready again, stopping. Signs of life are passed on,
 * never made: one that is not given is not covered up. A start that takes longer than it may is given more time for as long as
 * there are signs of life.
 */
export class Notices {
  readonly #options: NoticesOptions;
  readonly #askEveryMs: number;
  #asking: ReturnType<typeof setInterval> | undefined;
  #isReady = false;
  #wasReady = false;
  #isReloading = false;
  #isStopping = false;
  #told: "starting" | "ready" | "reloading" = "starting";
  /** Of the work; what was told last, which a reload covers. */
  #status = "";
  #shown = "";

  constructor(options: NoticesOptions) {
    this.#options = options;
    this.#askEveryMs = options.watchdogMs === undefined ? QUESTION_MS : options.watchdogMs / 2;
    this.#asking = setInterval(options.ask, this.#askEveryMs);
  }

  /** Whoever does the work begins, or another does in its place: it reads everything, so no reload is under way. */
  begins(): void {
    this.#isReloading = false;
    this.#isReady = false;
    this.#tell(this.#wasReady ? "Starting anew, as Settings want it" : "Starting");
  }

  /** Whether Envoys are served now, and what to say of it. */
  fares(isReady: boolean, status: string): void {
    this.#isReady = isReady;
    this.#tell(status);
  }

  /** A reload begins; until {@link reloaded} nothing is ready. */
  reloads(): void {
    this.#isReloading = true;
    this.#tell(this.#status);
  }

  reloaded(): void {
    this.#isReloading = false;
    this.#tell(this.#status);
  }

  /** A sign of life. */
  lives(): void {
    const { socket, watchdogMs } = this.#options;
    if (watchdogMs !== undefined) socket.send({ WATCHDOG: 1 });
    if (!this.#wasReady) socket.send({ EXTEND_TIMEOUT_USEC: this.#askEveryMs * 3 * 1000 });
    else if (watchdogMs === undefined) this.close();
  }

  stops(): void {
    if (this.#isStopping) return;
    this.#isStopping = true;
    this.#options.socket.send({ STOPPING: 1, STATUS: "Stopping" });
  }

  /** Asks no more. */
  close(): void {
    clearInterval(this.#asking);
  }

  #tell(status: string): void {
    this.#status = status;
    if (this.#isStopping) return;
    const state = this.#isReady && !this.#isReloading ? "ready" : this.#wasReady ? "reloading" : "starting";
    const text = this.#isReloading ? "Looking at every source" : status;
    if (state === this.#told && text === this.#shown) return;
    this.#options.socket.send({
      ...(state !== this.#told && (state === "ready" ? { READY: 1 } : { RELOADING: 1 })),
      STATUS: text,
    });
    this.#told = state;
    this.#shown = text;
    this.#wasReady ||= state === "ready";
  }
}
