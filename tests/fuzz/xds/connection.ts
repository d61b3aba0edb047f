import { joined } from "../bytes.ts";
import { FLAG, FRAME, type Frame, frame, FrameReader, number32 } from "./h2.ts";

/** One stream of a connection, as far as the server's side of it goes. */
export class ServerStream {
  /** gRPC messages in the order in which they came. */
  readonly messages: Uint8Array[] = [];
  readonly #ended = Promise.withResolvers<void>();
  #rest: Uint8Array = new Uint8Array();
  #waiting: (() => void) | undefined;

  /** Resolves when the server has ended or reset the stream, or the connection is gone. */
  get ended(): Promise<void> {
    return this.#ended.promise;
  }

  /** Resolves when there are so many messages, or the stream has ended. */
  async has(count: number): Promise<void> {
    let open = true;
    void this.ended.then(() => open = false);
    while (this.messages.length < count && open) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#waiting = resolve;
      await Promise.race([promise, this.ended]);
    }
  }

  data(bytes: Uint8Array): void {
    this.#rest = joined(this.#rest, bytes);
    while (this.#rest.length >= 5) {
      const length = new DataView(this.#rest.buffer, this.#rest.byteOffset).getUint32(1);
      if (this.#rest.length < 5 + length) break;
      this.messages.push(this.#rest.slice(5, 5 + length));
      this.#rest = this.#rest.subarray(5 + length);
    }
    this.#waiting?.();
  }

  end(): void {
    this.#ended.resolve();
  }
}

/** A TCP connection to the server, on which anything may be written; what comes is read as HTTP/2. */
export class Connection {
  /** All that came, as far as it is no HTTP/2 head. */
  received = 0;
  readonly #connection: Deno.TcpConn;
  readonly #streams = new Map<number, ServerStream>();
  readonly #reading: Promise<void>;
  readonly #seen: ((text: Uint8Array) => void) | undefined;
  #gone = false;

  private constructor(connection: Deno.TcpConn, seen?: (bytes: Uint8Array) => void) {
    this.#connection = connection;
    this.#seen = seen;
    this.#reading = this.#read();
  }

  /** @param seen Is told of all data that comes. */
  static async open(address: string, seen?: (bytes: Uint8Array) => void): Promise<Connection> {
    const colon = address.lastIndexOf(":");
    const [hostname, port] = [address.slice(0, colon), Number(address.slice(colon + 1))];
    const connection = await Deno.connect({ hostname, port });
    connection.setNoDelay();
    return new Connection(connection, seen);
  }

  stream(id: number): ServerStream {
    let stream = this.#streams.get(id);
    if (!stream) this.#streams.set(id, stream = new ServerStream());
    if (this.#gone) stream.end();
    return stream;
  }

  /** Writes; gives false where the server has closed the connection. */
  async send(bytes: Uint8Array): Promise<boolean> {
    try {
      for (let at = 0; at < bytes.length;) at += await this.#connection.write(bytes.subarray(at));
      return true;
    } catch {
      return false;
    }
  }

  async closeWrite(): Promise<void> {
    await this.#connection.closeWrite().catch(() => {});
  }

  /** Resolves when the server has closed the connection. */
  get gone(): Promise<void> {
    return this.#reading;
  }

  async close(): Promise<void> {
    try {
      this.#connection.close();
    } catch {
      // The server was first.
    }
    await this.#reading;
  }

  async #read(): Promise<void> {
    const [reader, buffer] = [new FrameReader(), new Uint8Array(64 * 1024)];
    try {
      for (;;) {
        const count = await this.#connection.read(buffer);
        if (count === null) break;
        this.received += count;
        for (const one of reader.read(buffer.subarray(0, count))) await this.#take(one);
      }
    } catch {
      // Reset, or closed by us.
    }
    this.#gone = true;
    for (const stream of this.#streams.values()) stream.end();
  }

  async #take({ type, flags, stream, payload }: Frame): Promise<void> {
    switch (type) {
      case FRAME.settings:
        if ((flags & FLAG.ack) === 0) await this.send(frame(FRAME.settings, FLAG.ack, 0, new Uint8Array()));
        return;
      case FRAME.ping:
        if ((flags & FLAG.ack) === 0) await this.send(frame(FRAME.ping, FLAG.ack, 0, payload));
        return;
      case FRAME.data:
        this.#seen?.(payload);
        this.stream(stream).data(payload);
        if (payload.length > 0) await this.send(frame(FRAME.windowUpdate, 0, 0, number32(payload.length)));
        break;
      case FRAME.reset:
        return this.stream(stream).end();
      case FRAME.headers:
        break;
      default:
        return;
    }
    if ((flags & FLAG.endStream) !== 0) this.stream(stream).end();
  }
}
