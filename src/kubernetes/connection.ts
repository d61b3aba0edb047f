import type { Clock } from "../telemetry/mod.ts";
import type { Credentials } from "./credentials.ts";
import { unlessAborted } from "./unless_aborted.ts";

/** How long a connection may be silent before it is asked whether it lives, in milliseconds. */
const SILENCE_MS = 10_000;
/** How long the answer to that may take. */
const ANSWER_MS = 5_000;

/** The connection was given up: it was silent, or its credentials have been replaced. */
export class ConnectionLost extends Error {
  override readonly name = "ConnectionLost";
}

/**
 * One connection to an API server (HTTP/2, so all that is asked over it shares one socket). A socket whose other end has
 * gone without a word never tells: so a silent one is asked for `/version`, and given up where no answer comes. Whatever is
 * read from it then ends with {@link ConnectionLost}.
 */
export class Connection {
  readonly #credentials: Credentials;
  readonly #client: Deno.HttpClient;
  readonly #clock: Clock;
  readonly #lost = new AbortController();
  #heardAt: number;
  #cancelProbe = () => {};
  /** Until the first answer, the request that it is of. */
  #opening: Promise<unknown> | undefined;
  #isOpen = false;
  /** How many requests and watches go over it. */
  uses = 0;

  constructor(credentials: Credentials, clock: Clock) {
    const { caCerts, cert, key } = this.#credentials = credentials;
    this.#client = Deno.createHttpClient({
      ...(caCerts && { caCerts: [...caCerts] }),
      ...(cert !== undefined && key !== undefined ? { cert, key } : {}),
    } as Deno.CreateHttpClientOptions);
    this.#clock = clock;
    this.#heardAt = clock.elapsed();
  }

  /** Aborted when the connection is given up. */
  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  /** True where the credentials want a connection of their own; headers do not. */
  isFor({ server, caCerts, cert, key }: Credentials): boolean {
    const own = this.#credentials;
    return own.server === server && own.cert === cert && own.key === key &&
      JSON.stringify(own.caCerts) === JSON.stringify(caCerts);
  }

  /**
   * Sends a request; resolves with the answer's head. The first goes alone: it is not known before its answer that one socket
   * is enough for all, and each of those that are sent together would open its own.
   */
  async fetch(path: string, init: RequestInit): Promise<Response> {
    while (this.#opening) await (init.signal ? unlessAborted(this.#opening, init.signal) : this.#opening);
    const answer = this.#fetch(path, init);
    if (!this.#isOpen) {
      this.#opening = answer.then(() => this.#isOpen = true, () => {}).finally(() => this.#opening = undefined);
    }
    return await answer;
  }

  async #fetch(path: string, init: RequestInit): Promise<Response> {
    try {
      const response = await fetch(this.#credentials.server + path, { ...init, client: this.#client });
      this.heard();
      return response;
    } catch (error) {
      if (this.#lost.signal.aborted) throw this.#lost.signal.reason;
      throw unreachable(error) ?? error;
    }
  }

  /** Something came over it. */
  heard(): void {
    this.#heardAt = this.#clock.elapsed();
  }

  /** Asks from now on, whenever it was silent, whether it lives. */
  watchOver(headers: () => Promise<HeadersInit>): void {
    const again = (): void => {
      const silent = this.#clock.elapsed() - this.#heardAt;
      this.#cancelProbe = this.#clock.setTimeout(() => void probe(), Math.max(SILENCE_MS - silent, 100));
    };
    const probe = async (): Promise<void> => {
      if (this.#clock.elapsed() - this.#heardAt >= SILENCE_MS) await this.#probe(headers);
      if (!this.#lost.signal.aborted) again();
    };
    again();
  }

  /** As {@link giveUp}, where nothing has come over it for a while: an answer that is late may be late by itself. */
  giveUpIfSilent(why: string): void {
    if (this.#clock.elapsed() - this.#heardAt >= SILENCE_MS) this.giveUp(why);
  }

  /** Ends all that goes over it. */
  giveUp(why: string): void {
    if (this.#lost.signal.aborted) return;
    this.#cancelProbe();
    this.#lost.abort(new ConnectionLost(why));
    this.#client.close();
  }

  async #probe(headers: () => Promise<HeadersInit>): Promise<void> {
    const late = new AbortController();
    const cancel = this.#clock.setTimeout(() => late.abort(), ANSWER_MS);
    try {
      const response = await this.fetch("/version", {
        headers: await headers(),
        signal: AbortSignal.any([late.signal, this.lost]),
      });
      await response.body?.cancel();
    } catch {
      this.giveUp("the connection was silent, and did not answer");
    } finally {
      cancel();
    }
  }
}

/** Deno says only "fetch failed", and in the cause why: without the URL it is the same for each request. */
function unreachable(error: unknown): Error | undefined {
  const cause = error instanceof TypeError && error.cause instanceof Error ? error.cause.message : undefined;
  if (cause === undefined) return undefined;
  const why = cause.replace(/^error sending request for url \(\S*\): /, "");
  return new Error(`the API server cannot be reached: ${why}`, { cause: error });
}
