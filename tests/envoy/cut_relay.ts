/** A TCP relay on a port of its own, whose connections can be cut while both ends go on. */
export class CutRelay {
  readonly address: string;
  readonly #listener: Deno.TcpListener;
  readonly #target: Deno.ConnectOptions;
  readonly #connections = new Set<Deno.TcpConn>();
  readonly #accepting: Promise<void>;

  /** @param target `127.0.0.1:9977` */
  constructor(target: string) {
    const [hostname, port] = target.split(":");
    this.#target = { hostname, port: Number(port) };
    this.#listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    this.address = `127.0.0.1:${(this.#listener.addr as Deno.NetAddr).port}`;
    this.#accepting = this.#accept();
  }

  /** Ends all connections there are. New ones are relayed. */
  cut(): void {
    for (const connection of this.#connections) close(connection);
    this.#connections.clear();
  }

  async stop(): Promise<void> {
    this.#listener.close();
    await this.#accepting;
    this.cut();
  }

  async #accept(): Promise<void> {
    const relayed: Promise<void>[] = [];
    for await (const client of this.#listener) relayed.push(this.#relay(client));
    this.cut();
    await Promise.all(relayed);
  }

  async #relay(client: Deno.TcpConn): Promise<void> {
    this.#connections.add(client);
    try {
      const server = await Deno.connect(this.#target);
      this.#connections.add(server);
      await Promise.allSettled([pipe(client, server), pipe(server, client)]);
      close(server);
      this.#connections.delete(server);
    } finally {
      close(client);
      this.#connections.delete(client);
    }
  }
}

async function pipe(from: Deno.TcpConn, to: Deno.TcpConn): Promise<void> {
  try {
    await from.readable.pipeTo(to.writable);
  } finally {
    close(from);
    close(to);
  }
}

function close(connection: Deno.TcpConn): void {
  try {
    connection.close();
  } catch {
    // The other end has closed it.
  }
}
