import { Agent, request } from "node:http";
import type { Probe } from "./configuration.ts";

/** GET requests to one port of 127.0.0.1, one after the other, over a connection that is kept. */
export class KeptConnection {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 });
  readonly #port: number;

  constructor(port: number) {
    this.#port = port;
  }

  /** Status of the answer; 0 where there was none. */
  ask({ host, path }: Probe): Promise<number> {
    return new Promise((resolve) => {
      request({ host: "127.0.0.1", port: this.#port, path, headers: { host }, agent: this.#agent }, (response) => {
        response.resume().on("end", () => resolve(response.statusCode ?? 0)).on("error", () => resolve(0));
      }).on("error", () => resolve(0)).end();
    });
  }

  /**
   * Asks again `everyMs` after each answer. Resolves with the time of the first 200, on the clock of `performance.now()`.
   * Throws after `limitMs`.
   */
  async until200(probe: Probe, everyMs: number, limitMs: number): Promise<number> {
    const end = performance.now() + limitMs;
    while (await this.ask(probe) !== 200) {
      if (performance.now() > end) throw new Error(`${probe.host}${probe.path}: no 200 within ${limitMs / 1000} s`);
      await pause(everyMs);
    }
    return performance.now();
  }

  close(): void {
    this.#agent.destroy();
  }
}

/** Resolves after `ms` milliseconds. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
