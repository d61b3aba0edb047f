import type { Server } from "@grpc/grpc-js";

/** As much of an HTTP/2 session as is used here. */
interface Session {
  destroy(...why: unknown[]): void;
}

/** An HTTP/2 server of node:http2. */
interface Http2Server {
  on(event: "session", opened: (session: Session) => void): void;
}

/**
 * Has the sessions of a bound server destroyed a turn of the event loop later than is asked for. A client's GOAWAY makes
 * node:http2 destroy the session at once, while nghttp2 is still at the bytes that the GOAWAY came in; Deno 2.9 then frees what
 * nghttp2 goes on to read, and a client that sends more behind its GOAWAY ends the whole process.
 * Gives whether the servers were where grpc-js has them; if not, nothing is changed.
 */
export function destroyLate(server: Server): boolean {
  const servers = (server as unknown as { http2Servers?: Map<Http2Server, unknown> }).http2Servers;
  if (!(servers instanceof Map) || servers.size === 0) return false;
  for (const http2Server of servers.keys()) http2Server.on("session", delay);
  return true;
}

function delay(session: Session): void {
  const destroy = session.destroy.bind(session);
  session.destroy = (...why) => void setImmediate(() => destroy(...why));
}
