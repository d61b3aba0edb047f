/**
 * One HTTP/2 connection for gRPC calls, whose end can be waited for. grpc-js keeps its connections to itself, and nghttp2 in
 * Deno 2.9 ends the process now and then where a connection that is open here is told to go away (GOAWAY) by a server that
 * stops, as in https://github.com/denoland/deno/issues/36788. So clients go first, and wholly.
 */
import { Buffer } from "node:buffer";
import http2 from "node:http2";
import net from "node:net";
import { status } from "@grpc/grpc-js";

/** How a call ended, where it did not end well. */
export class GrpcFailure extends Error {
  constructor(readonly code: status, readonly details: string) {
    super(`${code}: ${details}`);
  }
}

/** Certificates, PEM. */
export interface ClientTls {
  readonly ca: string;
  readonly cert?: string;
  readonly key?: string;
}

/** One call; messages are bytes. */
export interface GrpcCall {
  /** Undefined where it ended with status OK. */
  readonly ended: Promise<GrpcFailure | undefined>;
  send(message: Uint8Array): void;
  /** No more is sent. */
  finish(): void;
  pause(): void;
  resume(): void;
  cancel(): void;
}

/** Length of what gRPC puts before each message: not compressed, and how long it is. */
const HEAD_LENGTH = 5;

export class GrpcConnection {
  readonly #session: http2.ClientHttp2Session;
  readonly #calls = new Set<GrpcCall>();
  readonly #gone: Promise<void>;
  #failure: Error | undefined;

  /** `127.0.0.1:9977` or `unix:/path` */
  constructor(address: string, tls?: ClientTls) {
    const [scheme, path] = address.split("unix:");
    this.#session = path === undefined
      ? http2.connect(`${tls === undefined ? "http" : "https"}://${scheme}`, { ...tls })
      : http2.connect("http://localhost", { createConnection: () => net.connect(path) });
    this.#session.on("error", (error) => this.#failure = error);
    this.#gone = new Promise((resolve) => this.#session.once("close", resolve));
  }

  call(path: string, received: (message: Buffer) => void): GrpcCall {
    const ended = Promise.withResolvers<GrpcFailure | undefined>();
    if (this.#session.destroyed) return this.#unavailable();
    const headers = { ":method": "POST", ":path": path, "content-type": "application/grpc", te: "trailers" };
    const stream = this.#session.request(headers);
    let said: http2.IncomingHttpHeaders | undefined;
    const hear = (headers: http2.IncomingHttpHeaders) =>
      void (headers["grpc-status"] !== undefined && (said = headers));
    stream.on("response", hear);
    stream.on("trailers", hear);
    stream.on("data", messagesOf(received));
    stream.on("error", (error) => this.#failure ??= error);
    const end = () => {
      this.#calls.delete(call);
      ended.resolve(failureOf(said, this.#failure));
    };
    stream.on("close", end);
    // A server that has answered in full leaves our half of the stream open.
    stream.on("end", () => {
      end();
      call.cancel();
    });
    const call: GrpcCall = {
      ended: ended.promise,
      send: (message) => {
        const head = Buffer.alloc(HEAD_LENGTH);
        head.writeUInt32BE(message.length, 1);
        stream.write(Buffer.concat([head, message]));
      },
      finish: () => void stream.end(),
      pause: () => void stream.pause(),
      resume: () => void stream.resume(),
      cancel: () => stream.close(http2.constants.NGHTTP2_CANCEL),
    };
    this.#calls.add(call);
    return call;
  }

  /** Cancels all calls, closes the connection, and resolves when nothing is left of it. */
  async close(): Promise<void> {
    const calls = [...this.#calls];
    for (const call of calls) call.cancel();
    await Promise.all(calls.map(({ ended }) => ended));
    this.#session.destroy();
    await this.#gone;
  }

  #unavailable(): GrpcCall {
    const none = () => {};
    const ended = Promise.resolve(failureOf(undefined, this.#failure));
    return { ended, send: none, finish: none, pause: none, resume: none, cancel: none };
  }
}

/** Cuts what comes into messages. */
function messagesOf(received: (message: Buffer) => void): (bytes: Buffer) => void {
  let chunks: Buffer[] = [];
  let length = 0;
  let wanted = HEAD_LENGTH;
  return (bytes) => {
    chunks.push(bytes);
    length += bytes.length;
    while (length >= wanted) {
      const all = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, length);
      wanted = HEAD_LENGTH + (length < HEAD_LENGTH ? 0 : all.readUInt32BE(1));
      if (length < wanted) {
        chunks = [all];
        return;
      }
      received(all.subarray(HEAD_LENGTH, wanted));
      chunks = [all.subarray(wanted)];
      length -= wanted;
      wanted = HEAD_LENGTH;
    }
  };
}

function failureOf(said: http2.IncomingHttpHeaders | undefined, failure: Error | undefined): GrpcFailure | undefined {
  const code = Number(said?.["grpc-status"] ?? status.UNAVAILABLE) as status;
  if (code === status.OK) return undefined;
  const message = said?.["grpc-message"];
  return new GrpcFailure(code, decodeURIComponent(String(message ?? failure?.message ?? "the connection is gone")));
}
