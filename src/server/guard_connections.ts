import type { Server } from "@grpc/grpc-js";

/** A stream or a session of HTTP/2 as node gives it to a server. */
interface Http2Part {
  readonly destroyed: boolean;
  destroy(): void;
  on(event: "error", listener: () => void): unknown;
}

type StreamHandler = (this: unknown, interceptors: unknown, stream: Http2Part, headers: unknown) => void;
type SessionHandler = (this: unknown, http2Server: unknown) => (session: Http2Part) => void;

/** What grpc-js 1.14 runs for what a client opens; it takes the one or the other of each pair. Not part of its types. */
interface Handlers {
  _channelzHandler: StreamHandler;
  _streamHandler: StreamHandler;
  _channelzSessionHandler: SessionHandler;
  _sessionHandler: SessionHandler;
}

/**
 * Keeps what a client does on its own connection to that connection. Without this, two things went out of an event, where
 * nobody catches them, and ended the process: bytes that are no HTTP/2 (nobody listened for errors of sessions), and a
 * stream with an unknown method or content type whose client has gone (grpc-js answers it at once, and node throws).
 * Call it before the server is bound.
 */
export function guardConnections(server: Server, onError: (error: unknown) => void): void {
  const handlers = server as unknown as Handlers;
  for (const name of ["_channelzHandler", "_streamHandler"] as const) {
    const handle = theirs(handlers, name);
    handlers[name] = function (interceptors, stream, headers) {
      stream.on("error", () => {});
      if (stream.destroyed) return;
      try {
        handle.call(this, interceptors, stream, headers);
      } catch (error) {
        if (!stream.destroyed) onError(error);
        stream.destroy();
      }
    };
  }
  for (const name of ["_channelzSessionHandler", "_sessionHandler"] as const) {
    const make = theirs(handlers, name);
    handlers[name] = function (http2Server) {
      const handle = make.call(this, http2Server);
      return (session) => {
        // The session is destroyed then, and its streams with it, which is all there is to do.
        session.on("error", () => {});
        handle(session);
      };
    };
  }
}

function theirs<Name extends keyof Handlers>(handlers: Handlers, name: Name): Handlers[Name] {
  const handle = handlers[name];
  if (typeof handle !== "function") throw new Error(`this grpc-js has no ${name}: see guard_connections.ts`);
  return handle;
}
