import type { Clock, Logger } from "../telemetry/mod.ts";
import type { ApiClient } from "./api_client.ts";
import { ApiError } from "./api_error.ts";
import { Backoff } from "./backoff.ts";
import type { KubeObject } from "./watch_stream.ts";

/** How many objects are listed at a time: of 20,000 in one answer the thread is taken for 160 ms. */
const PAGE = 500;
/** How long the API server keeps a watch open, in seconds: a time between this and twice as long, as client-go has it. */
const WATCH_SECONDS = 300;
/** A list is new for so long, in milliseconds. */
const FRESH_MS = 5_000;
/** How long an API server that starts is left alone. */
const STARTING_MS = 1_000;
/** How long to wait before looking again for a kind that the API server does not have, in milliseconds. */
const MISSING_MS = 10_000;
/** How often in a row a list may be refused before that is asked for as seldom: rights may come a moment after Sluice. */
const REFUSALS = 5;
/** The same for what may not be read and need not be, until somebody grants it, in milliseconds. */
const REFUSED_MS = 300_000;

/** What became of an object. */
export interface ObjectChange<T> {
  readonly gone: boolean;
  readonly object: T;
}

/** What a {@link Reflector} tells. `T` is what is kept of an object: pages are large, and are not held till the last is there. */
export interface ReflectorEvents<T> {
  take(object: KubeObject): T;
  /** All objects that there are; whatever was told before and is not among them is gone. */
  replace(objects: readonly T[]): void;
  /** Changes since then, in their order. */
  change(changes: readonly ObjectChange<T>[]): void;
  /** Why objects cannot be followed now; undefined when they can again. */
  fault(error: unknown): void;
}

export interface ReflectorOptions<T> {
  readonly api: ApiClient;
  /** `/apis/gateway.solo.io/v1/namespaces/gloo-system/virtualservices`. */
  readonly path: string;
  /** `labelSelector`, `fieldSelector`. */
  readonly query?: Readonly<Record<string, string>>;
  /** Default: whole objects. */
  readonly metadataOnly?: boolean;
  /** Whoever follows it does without it where the API server does not allow it: it is seldom asked again then. */
  readonly dispensable?: boolean;
  readonly events: ReflectorEvents<T>;
  readonly clock: Clock;
  readonly logger: Logger;
}

const AS_METADATA = "g=meta.k8s.io;v=v1";
const LIST_OF_METADATA = `application/json;as=PartialObjectMetadataList;${AS_METADATA}`;
const METADATA = `application/json;as=PartialObjectMetadata;${AS_METADATA}`;

interface ObjectList {
  readonly metadata: { readonly resourceVersion: string; readonly continue?: string };
  readonly items: readonly KubeObject[] | null;
}

/**
 * Follows the objects of one path (client-go's Reflector): lists them in pages, then watches from there; where the watch ends
 * it goes on from the last event or bookmark, and lists again where the API server no longer knows that place (410 Gone).
 * Whatever happens to the API server or the way to it, each object's last state is told in the end, and none that is gone
 * stays. It gives up on nothing; what fails is tried again.
 */
export class Reflector<T> {
  readonly #options: ReflectorOptions<T>;
  readonly #backoff: Backoff;
  /** From where to watch on; undefined where a list is needed. */
  #version: string | undefined;
  /** How often in a row a list was refused. */
  #refusals = 0;
  /** When the last list was, where nothing was told since. */
  #listedAt = -Infinity;
  /** How often in a row there was no such kind. */
  #missed = 0;

  constructor(options: ReflectorOptions<T>) {
    this.#options = options;
    this.#backoff = new Backoff(options.clock);
  }

  /** Follows until `signal` is aborted. To be called once. */
  async run(signal: AbortSignal): Promise<void> {
    const { events, logger, path } = this.#options;
    while (!signal.aborted) {
      try {
        if (this.#version === undefined) {
          this.#version = await this.#list(signal);
          this.#listedAt = this.#options.clock.elapsed();
        }
        await this.#watch(this.#version, signal);
      } catch (error) {
        if (signal.aborted) return;
        const wait = this.#waitAfter(error);
        if (wait === undefined) continue;
        logger.debug("objects of the API server cannot be followed", { path, error: String(error) });
        events.fault(error);
        await this.#backoff.wait(signal, wait);
      }
    }
  }

  async #list(signal: AbortSignal): Promise<string> {
    const { api, path, query, metadataOnly, events } = this.#options;
    const taken: T[] = [];
    for (let next: string | undefined = "";;) {
      const list: ObjectList = await api.request("GET", path, {
        query: { ...query, limit: String(PAGE), ...(next && { continue: next }) },
        ...(metadataOnly && { accept: LIST_OF_METADATA }),
        signal,
      });
      // Whoever answers in the API server's place does not empty anything by it.
      if (!list?.metadata?.resourceVersion) throw new Error("the answer is no list of objects");
      for (const item of list.items ?? []) taken.push(events.take(item));
      next = list.metadata.continue;
      if (!next) {
        this.#refusals = this.#missed = 0;
        signal.throwIfAborted();
        events.replace(taken);
        events.fault(undefined);
        return list.metadata.resourceVersion;
      }
    }
  }

  async #watch(from: string, signal: AbortSignal): Promise<void> {
    const { api, path, query, metadataOnly, events } = this.#options;
    const seconds = Math.round(WATCH_SECONDS * (1 + Math.random()));
    const stream = await api.watch(path, {
      query: { ...query, resourceVersion: from, allowWatchBookmarks: "true", timeoutSeconds: String(seconds) },
      ...(metadataOnly && { accept: METADATA }),
      signal,
    });
    events.fault(undefined);
    try {
      for (let batch = await stream.next(); batch && !signal.aborted; batch = await stream.next()) {
        // One that begins and breaks off, again and again, is no success.
        this.#backoff.reset();
        this.#listedAt = -Infinity;
        const changes = batch.filter(({ type }) => type !== "BOOKMARK")
          .map(({ type, object }) => ({ gone: type === "DELETED", object: events.take(object) }));
        if (changes.length > 0) events.change(changes);
        this.#version = batch.at(-1)!.object.metadata.resourceVersion ?? this.#version;
      }
    } finally {
      stream.close();
    }
    // One that ends at once, again and again, is not to be asked without a pause.
    await this.#backoff.wait(signal);
  }

  /** How long to wait at least; undefined where a list is all that is needed. */
  #waitAfter(error: unknown): number | undefined {
    if (!(error instanceof ApiError)) return 0;
    if (error.status === 410) {
      // Asked again with a pause where even a new list is too old by then, or becomes so before its last page.
      const isFresh = this.#options.clock.elapsed() - this.#listedAt < FRESH_MS;
      const wait = this.#version === undefined || isFresh ? 0 : undefined;
      this.#version = undefined;
      return wait;
    }
    // What the API server does not understand or allows no more is begun anew.
    if (error.status === 404 || error.status === 400) this.#version = undefined;
    if (error.status === 403) {
      if (this.#options.dispensable) return REFUSED_MS;
      return ++this.#refusals < REFUSALS ? 0 : MISSING_MS;
    }
    // While an API server starts it says that a kind is not there, and asks to be left alone for longer than it takes.
    if (error.status === 404) return ++this.#missed < REFUSALS ? STARTING_MS : MISSING_MS;
    return error.status === 503 ? STARTING_MS : error.retryAfterMs ?? 0;
  }
}
