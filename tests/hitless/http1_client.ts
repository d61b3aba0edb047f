import { ByteStream } from "./byte_stream.ts";

/** One answer. */
export interface HttpAnswer {
  readonly status: number;
  readonly body: string;
  /** The server said that it will answer no more on this connection. */
  readonly last: boolean;
}

/** One HTTP/1.1 connection, with one request at a time, that tells exactly what the server does with it. */
export class Http1Client {
  readonly #stream: ByteStream;

  /** Connects to a port of 127.0.0.1. */
  static async connect(port: number): Promise<Http1Client> {
    return new Http1Client(await Deno.connect({ hostname: "127.0.0.1", port }));
  }

  constructor(connection: Deno.Conn) {
    this.#stream = new ByteStream(connection);
  }

  async ask(host: string, path: string): Promise<HttpAnswer> {
    await this.#stream.write(`GET ${path} HTTP/1.1\r\nhost: ${host}\r\n\r\n`);
    const { status, headers } = await this.#head();
    const length = headers.get("content-length");
    if (length === undefined) throw new Error(`an answer without a length, status ${status}`);
    const body = new TextDecoder().decode(await this.#stream.bytes(Number(length)));
    return { status, body, last: headers.get("connection") === "close" };
  }

  /** Makes a websocket of the connection; what follows is its own. Throws where the answer is another. */
  async upgrade(host: string, path: string): Promise<ByteStream> {
    const key = btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(16))));
    await this.#stream.write(
      `GET ${path} HTTP/1.1\r\nhost: ${host}\r\nconnection: Upgrade\r\nupgrade: websocket\r\n` +
        `sec-websocket-version: 13\r\nsec-websocket-key: ${key}\r\n\r\n`,
    );
    const { status } = await this.#head();
    if (status !== 101) throw new Error(`no websocket, but status ${status}`);
    return this.#stream;
  }

  close(): void {
    this.#stream.close();
  }

  async #head(): Promise<{ status: number; headers: Map<string, string> }> {
    const status = Number((await this.#stream.line()).split(" ")[1]);
    const headers = new Map<string, string>();
    for (let line = await this.#stream.line(); line !== ""; line = await this.#stream.line()) {
      const colon = line.indexOf(":");
      headers.set(line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim());
    }
    return { status, headers };
  }
}
