/** The other side ended a connection: in order, or by a reset. */
export class Ended extends Error {
  constructor(readonly how: "closed" | "reset") {
    super(how === "closed" ? "the connection was closed" : "the connection was reset");
  }
}

const CRLF = new Uint8Array([13, 10]);
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** A connection that is read by lines and lengths. Throws {@link Ended} where the other side ends it. */
export class ByteStream {
  readonly #connection: Deno.Conn;
  readonly #chunk = new Uint8Array(16 * 1024);
  #unread = new Uint8Array();

  constructor(connection: Deno.Conn) {
    this.#connection = connection;
  }

  async write(data: string | Uint8Array): Promise<void> {
    let rest = typeof data === "string" ? encoder.encode(data) : data;
    try {
      while (rest.length > 0) rest = rest.subarray(await this.#connection.write(rest));
    } catch (error) {
      throw endOf(error);
    }
  }

  /** Up to the next line's end, without it. */
  async line(): Promise<string> {
    for (;;) {
      const end = indexOf(this.#unread, CRLF);
      if (end >= 0) {
        const line = decoder.decode(this.#unread.subarray(0, end));
        this.#unread = this.#unread.subarray(end + 2);
        return line;
      }
      await this.#more();
    }
  }

  async bytes(count: number): Promise<Uint8Array> {
    while (this.#unread.length < count) await this.#more();
    const taken = this.#unread.subarray(0, count);
    this.#unread = this.#unread.subarray(count);
    return taken;
  }

  close(): void {
    try {
      this.#connection.close();
    } catch {
      // It is closed already.
    }
  }

  async #more(): Promise<void> {
    let count: number | null;
    try {
      count = await this.#connection.read(this.#chunk);
    } catch (error) {
      throw endOf(error);
    }
    if (count === null) throw new Ended("closed");
    const all = new Uint8Array(this.#unread.length + count);
    all.set(this.#unread);
    all.set(this.#chunk.subarray(0, count), this.#unread.length);
    this.#unread = all;
  }
}

function indexOf(bytes: Uint8Array, wanted: Uint8Array): number {
  for (let i = 0; i + wanted.length <= bytes.length; i++) {
    if (wanted.every((byte, k) => bytes[i + k] === byte)) return i;
  }
  return -1;
}

/** How the other side ended it; an end that is our own, or something else, stays what it is. */
function endOf(error: unknown): unknown {
  const reset = [Deno.errors.ConnectionReset, Deno.errors.BrokenPipe, Deno.errors.ConnectionAborted];
  if (reset.some((kind) => error instanceof kind)) return new Ended("reset");
  // A TLS connection that ends without saying so.
  return error instanceof Deno.errors.UnexpectedEof ? new Ended("reset") : error;
}
