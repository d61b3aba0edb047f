import type { Clock, Metrics } from "../telemetry/mod.ts";
import { ApiError } from "./api_error.ts";
import { Connection } from "./connection.ts";
import type { Credentials, CredentialsSource } from "./credentials.ts";
import { WatchStream } from "./watch_stream.ts";

/**
 * How many watches share a connection. The API server takes 100 streams on one, and Deno holds what is beyond that back
 * without a word, for as long as watches last: for ever.
 */
const WATCHES_A_CONNECTION = 50;
/** How long an answer may take, in milliseconds. */
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
  #closed = false;

  constructor(options: ApiClientOptions) {
    this.#options = options;
  }

  /** Asks, and gives the answer's JSON. Rejects with an {@link ApiError} where the server says no. */
  async request<T>(method: string, path: string, options: RequestOptions = {}): Promise<T> {
    const text = await this.#send(method, path, options);
    return (text === "" ? undefined : JSON.parse(text)) as T;
  }

  /** Begins a watch, until `signal` is aborted. */
  async watch(path: string, { query, accept, signal }: WatchOptions): Promise<WatchStream> {
    const credentials = await this.#options.credentials.current();
    const connection = this.#watchConnection(credentials);
    connection.watches++;
    let open = false;
    try {
      const late = new AbortController();
      const cancel = this.#options.clock.setTimeout(
        () => late.abort(new DOMException("late", "TimeoutError")),
        ANSWER_MS,
      );
      const response = await connection.fetch(pathWith(path, { ...query, watch: "true" }), {
        // The API server gzips in several members, and fetch ends after the first.
        headers: { ...this.#headers(credentials, { accept }), "accept-encoding": "identity" },
        signal: AbortSignal.any([signal, connection.lost, late.signal]),
      }).finally(cancel);
      this.#count("watch", response.status);
      if (!response.ok) throw await this.#refusal(response);
      open = true;
      return new WatchStream(response.body!, connection, signal, () => this.#ended(connection));
    } finally {
      if (!open) this.#ended(connection);
    }
  }

  /** Ends all connections. */
  close(): void {
    this.#closed = true;
    this.#requests?.giveUp("closed");
    for (const connection of this.#watching) connection.giveUp("closed");
    this.#watching.clear();
  }

  async #send(method: string, path: string, options: RequestOptions): Promise<string> {
    const { query, body, contentType = "application/json", signal } = options;
    const credentials = await this.#options.credentials.current();
    if (this.#closed) throw new Error("the client is closed");
    if (!this.#requests?.isFor(credentials) || this.#requests.lost.aborted) {
      this.#requests = new Connection(credentials, this.#options.clock);
    }
    const connection = this.#requests;
    const late = new AbortController();
    const cancel = this.#options.clock.setTimeout(
      () => late.abort(new DOMException("late", "TimeoutError")),
      ANSWER_MS,
    );
    try {
      const response = await connection.fetch(pathWith(path, query ?? {}), {
        method,
        headers: this.#headers(credentials, { ...options, ...(body !== undefined && { contentType }) }),
        ...(body !== undefined && { body: JSON.stringify(body) }),
        signal: AbortSignal.any([late.signal, connection.lost, ...(signal ? [signal] : [])]),
      });
      this.#count(method.toLowerCase(), response.status);
      if (!response.ok) throw await this.#refusal(response);
      return await Promise.race([response.text(), rejection(late.signal)]);
    } catch (error) {
      // A socket that did not answer is not asked again.
      if (late.signal.aborted) connection.giveUp("a request was not answered");
      throw error;
    } finally {
      cancel();
    }
  }

  async #refusal(response: Response): Promise<ApiError> {
    if (response.status === 401) this.#options.credentials.renew();
    return await ApiError.of(response);
  }

  #headers(
    { headers }: Credentials,
    { accept = "application/json", contentType }: Pick<RequestOptions, "accept" | "contentType">,
  ): Record<string, string> {
    const { userAgent } = this.#options;
    return { ...headers, accept, "user-agent": userAgent, ...(contentType && { "content-type": contentType }) };
  }

  #watchConnection(credentials: Credentials): Connection {
    for (const connection of this.#watching) {
      if (connection.watches < WATCHES_A_CONNECTION && connection.isFor(credentials)) return connection;
    }
    const connection = new Connection(credentials, this.#options.clock);
    this.#watching.add(connection);
    connection.lost.addEventListener("abort", () => this.#watching.delete(connection));
    connection.watchOver(async () => this.#headers(await this.#options.credentials.current(), {}));
    return connection;
  }

  #ended(connection: Connection): void {
    connection.watches--;
    if (connection.watches === 0) connection.giveUp("no watch is left");
  }

  #count(verb: string, code: number): void {
    this.#options.metrics.counter("sluice_kubernetes_requests_total", "Requests to the Kubernetes API server.", [
      "verb",
      "code",
    ]).add(1, { verb, code: String(code) });
  }
}

/** Never resolves. */
function rejection(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
}

function pathWith(path: string, query: Readonly<Record<string, string>>): string {
  const text = new URLSearchParams(query).toString();
  return text === "" ? path : `${path}?${text}`;
}
