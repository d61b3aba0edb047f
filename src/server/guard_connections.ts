import type { Server } from "@grpc/grpc-js";

/** A stream of HTTP/2 as node gives it to a server. */
interface Http2Stream {
  readonly destroyed: boolean;
  readonly session?: object;
  destroy(): void;
  on(event: "error", listener: () => void): unknown;
}

type StreamHandler = (this: unknown, interceptors: unknown, stream: Http2Stream, headers: unknown) => void;

/** What grpc-js 1.14 runs for each stream that a client opens; it takes the one or the other. Not part of its types. */
interface Handlers {
  _channelzHandler: StreamHandler;
  _streamHandler: StreamHandler;
}

/**
 * Keeps what a client does on its own connection to that connection. grpc-js answers a stream with an unknown method or a
 * wrong content type at once, and node throws where the client has gone by then, or has sent bytes that are no HTTP/2: out of
 * an event, where nobody catches it, which ended the process. Streams of sessions that `refuses` names are not answered at all.
 * Call this before the server is bound.
 */
export function guardConnections(
  server: Server,
  onError: (error: unknown) => void,
  refuses: (session: object | undefined) => boolean,
): void {
  const handlers = server as unknown as Handlers;
  for (const name of ["_channelzHandler", "_streamHandler"] as const) {
    const handle = handlers[name];
    if (typeof handle !== "function") throw new Error(`this grpc-js has no ${name}: see guard_connections.ts`);
    handlers[name] = function (interceptors, stream, headers) {
      stream.on("error", () => {});
      if (stream.destroyed || refuses(stream.session)) return;
      try {
        handle.call(this, interceptors, stream, headers);
      } catch (error) {
        if (!stream.destroyed) onError(error);
        stream.destroy();
      }
    };
  }
}
