import { ByteStream } from "./byte_stream.ts";
import type { HttpAnswer } from "./http1_client.ts";

const FRAME = { data: 0, headers: 1, reset: 3, settings: 4, ping: 6, goAway: 7, windowUpdate: 8 } as const;
const FLAG = { ack: 1, endStream: 1, endHeaders: 4 } as const;
/** No header table, so that an answer's head can be read by itself. */
const SETTINGS = [0, 1, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0];
const WINDOW_STEP = 32 * 1024;
/** Of the static table of RFC 7541: indexed fields of `:status`. */
const INDEXED_STATUS = [200, 204, 206, 304, 400, 404, 500];

interface Waiting {
  status: number;
  body: Uint8Array[];
  resolve(answer: HttpAnswer): void;
  reject(error: Error): void;
}

/**
 * One HTTP/2 connection without TLS that carries many requests at once and tells exactly what the server does with it: a
 * stream that is reset and a connection that ends are errors of the requests concerned, a notice of the end (GOAWAY) shows
 * in `leaving`. It reads no header but the status.
 */
export class Http2Client {
  readonly #stream: ByteStream;
  readonly #waiting = new Map<number, Waiting>();
  #next = 1;
  #received = 0;
  #ended: Error | undefined;
  #leaving: string | undefined;
  #closed = false;
  readonly #reading: Promise<void>;

  constructor(connection: Deno.Conn) {
    this.#stream = new ByteStream(connection);
    void this.#stream.write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").catch(() => {});
    this.#send(FRAME.settings, 0, 0, SETTINGS);
    this.#reading = this.#read().catch((error) => this.#end(error));
  }

  /** Why the server wants no new requests here; undefined while it takes them. */
  get leaving(): string | undefined {
    return this.#leaving;
  }

  /** Why the connection is over; undefined while it is not. */
  get ended(): Error | undefined {
    return this.#ended;
  }

  ask(host: string, path: string): Promise<HttpAnswer> {
    if (this.#ended) return Promise.reject(this.#ended);
    const stream = this.#next;
    this.#next += 2;
    const block = [0x82, 0x86, ...literal(4, path), ...literal(1, host)];
    return new Promise((resolve, reject) => {
      this.#waiting.set(stream, { status: 0, body: [], resolve, reject });
      this.#send(FRAME.headers, FLAG.endStream | FLAG.endHeaders, stream, block);
    });
  }

  /** Ends the connection once all that was asked is answered. */
  async close(): Promise<void> {
    this.#closed = true;
    if (this.#waiting.size === 0) this.#stream.close();
    await this.#reading;
  }

  #send(kind: number, flags: number, stream: number, payload: ArrayLike<number>): void {
    const frame = new Uint8Array(9 + payload.length);
    const view = new DataView(frame.buffer);
    view.setUint32(0, payload.length << 8 | kind);
    view.setUint8(4, flags);
    view.setUint32(5, stream);
    frame.set(payload, 9);
    this.#writing = this.#writing.then(() => this.#stream.write(frame)).catch(() => {});
  }
  #writing: Promise<void> = Promise.resolve();

  async #read(): Promise<void> {
    for (;;) {
      const head = await this.#stream.bytes(9);
      const [high, middle, low, kind, flags] = head as unknown as number[];
      const stream = new DataView(head.buffer, head.byteOffset).getUint32(5) & 0x7fffffff;
      const payload = await this.#stream.bytes((high! << 16) + (middle! << 8) + low!);
      this.#frame(kind!, flags!, stream, payload);
    }
  }

  #frame(kind: number, flags: number, stream: number, payload: Uint8Array): void {
    const one = this.#waiting.get(stream);
    if (kind === FRAME.settings && !(flags & FLAG.ack)) this.#send(FRAME.settings, FLAG.ack, 0, []);
    if (kind === FRAME.ping && !(flags & FLAG.ack)) this.#send(FRAME.ping, FLAG.ack, 0, payload);
    if (kind === FRAME.goAway) this.#goAway(payload);
    if (kind === FRAME.headers && one && one.status === 0) one.status = statusOf(payload);
    if (kind === FRAME.data) {
      one?.body.push(payload);
      this.#consumed(payload.length);
    }
    if (one === undefined) return;
    if (kind === FRAME.reset) {
      one.reject(new Error(`the stream was reset with code ${payload[3]}`));
    } else if ((kind === FRAME.headers || kind === FRAME.data) && flags & FLAG.endStream) {
      const body = one.body.map((part) => new TextDecoder().decode(part)).join("");
      one.resolve({ status: one.status, body, last: false });
    } else return;
    this.#waiting.delete(stream);
    if (this.#closed && this.#waiting.size === 0) this.#stream.close();
  }

  #goAway(payload: Uint8Array): void {
    const view = new DataView(payload.buffer, payload.byteOffset);
    this.#leaving = `GOAWAY with code ${view.getUint32(4)}`;
    const lastTaken = view.getUint32(0) & 0x7fffffff;
    for (const [stream, one] of this.#waiting) {
      if (stream <= lastTaken) continue;
      this.#waiting.delete(stream);
      one.reject(new Error(`the stream was not taken: ${this.#leaving}`));
    }
  }

  #consumed(count: number): void {
    this.#received += count;
    if (this.#received < WINDOW_STEP) return;
    const grant = new Uint8Array(4);
    new DataView(grant.buffer).setUint32(0, this.#received);
    this.#received = 0;
    this.#send(FRAME.windowUpdate, 0, 0, grant);
  }

  #end(error: unknown): void {
    this.#ended = error instanceof Error ? error : new Error(String(error));
    for (const one of this.#waiting.values()) one.reject(this.#ended);
    this.#waiting.clear();
  }
}

/** A field whose name has an index of the static table, its value as it stands. */
function literal(name: number, value: string): number[] {
  const bytes = new TextEncoder().encode(value);
  return [name, bytes.length, ...bytes];
}

/** Envoy writes the status first, or after the size of the header table. */
function statusOf(block: Uint8Array): number {
  let at = 0;
  while ((block[at]! & 0xe0) === 0x20) at++;
  const first = block[at]!;
  if (first & 0x80) return INDEXED_STATUS[(first & 0x7f) - 8] ?? -1;
  const length = block[at + 1]!;
  const value = block.subarray(at + 2, at + 2 + (length & 0x7f));
  return Number(length & 0x80 ? huffmanDigits(value) : new TextDecoder().decode(value));
}

/** Three digits in the Huffman code of RFC 7541: 0 to 2 in five bits, 3 to 9 in six. */
function huffmanDigits(bytes: Uint8Array): string {
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, "0")).join("");
  let text = "";
  for (let at = 0; text.length < 3;) {
    const short = parseInt(bits.slice(at, at + 5), 2);
    text += short < 3 ? short : parseInt(bits.slice(at, at + 6), 2) - 22;
    at += short < 3 ? 5 : 6;
  }
  return text;
}
