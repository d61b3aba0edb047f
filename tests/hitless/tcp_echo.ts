/** A TCP back end that sends back what it gets, until it is told the end. */
export interface TcpEcho {
  readonly port: number;
  stop(): Promise<void>;
}

export function startTcpEcho(): TcpEcho {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const open = new Map<Deno.TcpConn, Promise<void>>();
  const serving = (async () => {
    for await (const connection of listener) {
      open.set(connection, echo(connection).finally(() => open.delete(connection)));
    }
  })();
  return {
    port: listener.addr.port,
    stop: async () => {
      listener.close();
      await serving;
      const ends = [...open.values()];
      for (const connection of open.keys()) shut(connection);
      await Promise.all(ends);
    },
  };
}

async function echo(connection: Deno.TcpConn): Promise<void> {
  const buffer = new Uint8Array(1024);
  try {
    for (let count = await connection.read(buffer); count !== null; count = await connection.read(buffer)) {
      for (let at = 0; at < count;) at += await connection.write(buffer.subarray(at, count));
    }
  } catch {
    // The other side is gone.
  }
  shut(connection);
}

function shut(connection: Deno.TcpConn): void {
  try {
    connection.close();
  } catch {
    // It is closed already.
  }
}
