import { ApiError } from "./api_error.ts";
import type { Connection } from "./connection.ts";

/** One change, as a watch tells it. https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes */
export interface WatchEvent {
  readonly type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK";
  readonly object: KubeObject;
}

/** An object as the API server gives it. */
export interface KubeObject {
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly uid?: string;
    readonly resourceVersion?: string;
    readonly [field: string]: unknown;
  };
  readonly [field: string]: unknown;
}

/** How many characters an event may have. No object is a tenth as large: etcd takes 1.5 MB where nothing else is set. */
const LONGEST_LINE = 32 * 1024 * 1024;

/** The events of a watch, as they come: those that came together are given together. */
export class WatchStream {
  readonly #reader: ReadableStreamDefaultReader<string>;
  readonly #connection: Connection;
  readonly #end: () => void;
  #rest = "";

  /** `onEnd` is called once, whatever ends it. */
  constructor(body: ReadableStream<Uint8Array>, connection: Connection, signal: AbortSignal, onEnd: () => void) {
    this.#reader = body.pipeThrough(new TextDecoderStream()).getReader();
    this.#connection = connection;
    // An aborted request does not end a read that waits (Deno 2.9); cancelling the reader does.
    const cancel = (): void => void this.#reader.cancel().catch(() => {});
    signal.addEventListener("abort", cancel);
    connection.lost.addEventListener("abort", cancel);
    let ended = false;
    this.#end = () => {
      if (ended) return;
      ended = true;
      signal.removeEventListener("abort", cancel);
      connection.lost.removeEventListener("abort", cancel);
      cancel();
      onEnd();
    };
    if (signal.aborted || connection.lost.aborted) cancel();
  }

  /** The next events; undefined when the server has ended the watch, as it does after some minutes. Rejects where it broke. */
  async next(): Promise<readonly WatchEvent[] | undefined> {
    for (;;) {
      const { done, value } = await this.#reader.read();
      if (this.#connection.lost.aborted) throw this.#connection.lost.reason;
      if (done) return undefined;
      this.#connection.heard();
      const events = this.#take(value);
      if (events.length > 0) return events;
    }
  }

  /** Ends it; the server hears of that. */
  close(): void {
    this.#end();
  }

  #take(text: string): WatchEvent[] {
    const end = text.lastIndexOf("\n");
    if (end < 0) {
      this.#rest += text;
      if (this.#rest.length > LONGEST_LINE) throw new Error("the watch gives a line without an end");
      return [];
    }
    const lines = (this.#rest + text.slice(0, end)).split("\n");
    this.#rest = text.slice(end + 1);
    return lines.filter((line) => line !== "").map(readEvent);
  }
}

function readEvent(line: string): WatchEvent {
  const { type, object } = parsed(line) ?? {};
  if (type === "ERROR") throw ApiError.ofStatus(500, object);
  if (!object?.metadata) throw new Error("the watch gives something that is no event");
  return { type, object } as WatchEvent;
}

/** A message of `JSON.parse` would show a part of the line: of a Secret, perhaps. */
function parsed(line: string): { readonly type: string; readonly object: KubeObject } | undefined {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
