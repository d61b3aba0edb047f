import { request } from "node:http";
import { type Clock, pause } from "../../telemetry/mod.ts";

const POLL_MS = 50;
/** How long an answer may take. */
const ANSWER_MS = 1_000;
const END_DEADLINE_MS = 10_000;

/** The admin page of the Envoy with one bootstrap. Whatever else has its address is left alone. */
export class EnvoyAdmin {
  readonly #address: string;
  readonly #bootstrap: string;
  readonly #clock: Clock;

  /** @param address `127.0.0.1:19000` */
  constructor(address: string, bootstrap: string, clock: Clock) {
    this.#address = address;
    this.#bootstrap = bootstrap;
    this.#clock = clock;
  }

  /**
   * Ends the Envoy of a Sluice that was killed: it serves on, and has the admin page's port. True where there was one.
   */
  async endFormer(): Promise<boolean> {
    if (!await this.#isOurs()) return false;
    await this.#ask("POST", "/quitquitquit");
    const end = this.#clock.elapsed() + END_DEADLINE_MS;
    const never = new AbortController().signal;
    while (await this.#isOurs() && this.#clock.elapsed() < end) await pause(this.#clock, POLL_MS, never);
    return true;
  }

  /**
   * Has Envoy end its connections: it says `connection: close` with each answer from now on, and goes on serving. Resolves
   * when none is left, after `longestMs`, or when `hurry` is aborted.
   * https://www.envoyproxy.io/docs/envoy/latest/operations/admin#post--healthcheck-fail
   */
  async drain(longestMs: number, hurry: AbortSignal): Promise<void> {
    if (!await this.#isOurs()) return;
    await this.#ask("POST", "/healthcheck/fail");
    const end = this.#clock.elapsed() + longestMs;
    while (this.#clock.elapsed() < end && !hurry.aborted && await this.#connections() > 0) {
      await pause(this.#clock, POLL_MS, hurry);
    }
  }

  async #isOurs(): Promise<boolean> {
    const info = await this.#ask("GET", "/server_info") as ServerInfo | undefined;
    return info?.command_line_options?.config_path === this.#bootstrap;
  }

  /** How many connections its listeners hold; not those of its admin page. */
  async #connections(): Promise<number> {
    const path = "/stats?format=json&filter=^listener\\..*\\.downstream_cx_active$";
    const { stats = [] } = await this.#ask("GET", path) as Stats | undefined ?? {};
    return stats.filter(({ name }) => !name?.startsWith("listener.admin.")).reduce(
      (sum, { value = 0 }) => sum + value,
      0,
    );
  }

  /**
   * What is answered, where it is JSON; undefined where nobody answers. Not by `fetch`, which asks the proxy that
   * HTTP_PROXY names, for this machine too.
   */
  #ask(method: "GET" | "POST", path: string): Promise<unknown> {
    const answer = Promise.withResolvers<unknown>();
    const signal = AbortSignal.timeout(ANSWER_MS);
    const asked = request(`http://${this.#address}${path}`, { method, agent: false, signal }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (chunk) => text += chunk);
      response.on("end", () => answer.resolve(jsonOf(text))).on("error", () => answer.resolve(undefined));
    });
    asked.on("error", () => answer.resolve(undefined)).end();
    return answer.promise;
  }
}

interface ServerInfo {
  readonly command_line_options?: { readonly config_path?: string };
}

interface Stats {
  readonly stats?: readonly { readonly name?: string; readonly value?: number }[];
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
