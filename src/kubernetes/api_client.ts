import type { Clock, Metrics } from "../telemetry/mod.ts";
import { ApiError } from "./api_error.ts";
import { Connection } from "./connection.ts";
import type { Credentials, CredentialsSource } from "./credentials.ts";
import { unlessAborted } from "./unless_aborted.ts";
import { WatchStream } from "./watch_stream.ts";

/**
 * How many watches share a connection. The API server takes 100 streams on one, and Deno holds what is beyond that back
 * without a word, for as long as watches last: for ever.
 */
const WATCHES_A_CONNECTION = 50;
/** How long an answer may take where nothing else is said, and a watch to begin. */
const ANSWER_MS = 30_000;

export interface ApiClientOptions {
  readonly credentials: CredentialsSource;
  /** `sluice/0.1.0`: what the API server's audit log shows. */
  readonly userAgent: string;
  readonly clock: Clock;
  readonly metrics: Metrics;
}

export interface RequestOptions {
  readonly query?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Default `application/json`. */
  readonly contentType?: string;
  /** Default `application/json`. */
  readonly accept?: string;
  /** How long the answer may take, in milliseconds. Default 30,000. */
  readonly answerMs?: number;
  readonly signal?: AbortSignal;
}

export type WatchOptions = Pick<RequestOptions, "query" | "accept"> & { readonly signal: AbortSignal };

/** The media type of server-side apply. JSON is YAML. */
export const APPLY = "application/apply-patch+yaml";

/** The media type of JSON merge patches (RFC 7386): `null` takes a field away. */
export const MERGE = "application/merge-patch+json";

/** A client of one Kubernetes API server. All that is not a watch goes over one kept connection. */
export class ApiClient {
  readonly #options: ApiClientOptions;
  #requests: Connection | undefined;
  readonly #watching = new Set<Connection>();
  readonly #closed = new AbortController();

  constructor(options: ApiClientOptions) {
    this.#options = options;
  }

  /** Asks, and gives the answer's JSON. Rejects with an {@link ApiError} where the server says no. */
  async request<T>(method: string, path: string, options: RequestOptions = {}): Promise<T> {
    const text = await this.#send(method, path, options);
    return (text === "" ? undefined : parseJson(text)) as T;
  }

  /** Begins a watch, until `signal` is aborted. */
  async watch(path: string, { query, accept, signal }: WatchOptions): Promise<WatchStream> {
    const deadline = this.#deadline(ANSWER_MS, signal);
    let connection: Connection | undefined;
    let stream: WatchStream | undefined;
    try {
      const credentials = await this.#credentials(deadline.over);
      const own = connection = this.#watchConnection(credentials);
      const over = AbortSignal.any([deadline.over, own.lost]);
      const response = await own.fetch(pathWith(path, { ...query, watch: "true" }), {
        // The API server gzips in several members, and fetch ends after the first.
        headers: { ...this.#headers(credentials, { accept }), "accept-encoding": "identity" },
        redirect: "manual",
        signal: over,
      });
      this.#count("watch", response.status);
      if (!response.ok) throw await this.#refusal(response, credentials, over);
      stream = new WatchStream(response.body!, own, signal, () => this.#ended(own));
      return stream;
    } finally {
      deadline.cancel();
      if (!stream && connection) this.#ended(connection);
    }
  }

  /** Ends all connections, and all that waits for an answer. */
  close(): void {
    this.#closed.abort(new Error("the client is closed"));
    this.#requests?.giveUp("closed");
    for (const connection of this.#watching) connection.giveUp("closed");
    this.#watching.clear();
  }

  async #send(method: string, path: string, options: RequestOptions): Promise<string> {
    const { query, body, contentType = "application/json", answerMs = ANSWER_MS, signal } = options;
    const deadline = this.#deadline(answerMs, signal);
    let connection: Connection | undefined;
    try {
      const credentials = await this.#credentials(deadline.over);
      connection = this.#requestConnection(credentials);
      const over = AbortSignal.any([deadline.over, connection.lost]);
      const response = await connection.fetch(pathWith(path, query ?? {}), {
        method,
        headers: this.#headers(credentials, { ...options, ...(body !== undefined && { contentType }) }),
        ...(body !== undefined && { body: JSON.stringify(body) }),
        redirect: "manual",
        signal: over,
      });
      this.#count(method.toLowerCase(), response.status);
      if (!response.ok) throw await this.#refusal(response, credentials, over);
      return await unlessAborted(response.text(), over);
    } catch (error) {
      // A socket that does not answer is not asked again.
      if (deadline.isLate()) connection?.giveUpIfSilent("a request was not answered");
      throw error;
    } finally {
      deadline.cancel();
      if (connection) this.#ended(connection);
    }
  }

  /** Over after `ms`, when `signal` is aborted, and when the client is closed. */
  #deadline(ms: number, signal: AbortSignal | undefined) {
    const late = new AbortController();
    const cancel = this.#options.clock.setTimeout(() => late.abort(new DOMException("late", "TimeoutError")), ms);
    const over = AbortSignal.any([late.signal, this.#closed.signal, ...(signal ? [signal] : [])]);
    return { over, cancel, isLate: () => late.signal.aborted };
  }

  /** A program that makes tokens may take its time, or never end. */
  async #credentials(over: AbortSignal): Promise<Credentials> {
    return await unlessAborted(this.#options.credentials.current(), over);
  }

  #requestConnection(credentials: Credentials): Connection {
    const before = this.#requests;
    if (!before?.isFor(credentials) || before.lost.aborted) {
      this.#requests = new Connection(credentials, this.#options.clock);
      // What is under way goes on with the credentials that it has.
      if (before?.uses === 0) before.giveUp("its credentials have been replaced");
    }
    this.#requests!.uses++;
    return this.#requests!;
  }

  async #refusal(response: Response, credentials: Credentials, over: AbortSignal): Promise<ApiError> {
    if (response.status === 401) this.#options.credentials.renew(credentials);
    return await unlessAborted(ApiError.of(response), over);
  }

  #headers(
    { headers }: Credentials,
    { accept = "application/json", contentType }: Pick<RequestOptions, "accept" | "contentType">,
  ): Record<string, string> {
    const { userAgent } = this.#options;
    return { ...headers, accept, "user-agent": userAgent, ...(contentType && { "content-type": contentType }) };
  }

  #watchConnection(credentials: Credentials): Connection {
    let connection = [...this.#watching].find((one) => one.uses < WATCHES_A_CONNECTION && one.isFor(credentials));
    if (!connection) {
      const made = connection = new Connection(credentials, this.#options.clock);
      this.#watching.add(made);
      made.lost.addEventListener("abort", () => this.#watching.delete(made));
      made.watchOver(async () => this.#headers(await this.#options.credentials.current(), {}));
    }
    connection.uses++;
    return connection;
  }

  #ended(connection: Connection): void {
    connection.uses--;
    if (connection.uses === 0 && connection !== this.#requests) connection.giveUp("nothing goes over it any more");
  }

  #count(verb: string, code: number): void {
    this.#options.metrics.counter("sluice_kubernetes_requests_total", "Requests to the Kubernetes API server.", [
      "verb",
      "code",
    ]).add(1, { verb, code: String(code) });
  }
}

/** As `JSON.parse`, but for the message, which would show a part of the text: of a Secret, perhaps. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error("the answer is no JSON");
  }
}

function pathWith(path: string, query: Readonly<Record<string, string>>): string {
  const text = new URLSearchParams(query).toString();
  return text === "" ? path : `${path}?${text}`;
}
