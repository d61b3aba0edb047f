/** A TCP relay in front of a server, on a port of its own, that can be made to lose all that goes through it without a word. */
export class Relay {
  readonly #listener: Deno.TcpListener;
  readonly #target: Deno.ConnectOptions;
  readonly #open = new Set<Deno.Conn>();
  #silent = new Set<Deno.Conn>();
  /** How many connections were taken. */
  taken = 0;

  constructor(target: Deno.ConnectOptions) {
    this.#target = target;
    this.#listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    void this.#serve();
  }

  get port(): number {
    return (this.#listener.addr as Deno.NetAddr).port;
  }

  /** The connections of now stay open, and nothing comes through them any more: as behind a firewall that forgot them. */
  forget(): void {
    this.#silent = new Set(this.#open);
  }

  /** How many connections are open. */
  get open(): number {
    return this.#open.size / 2;
  }

  close(): void {
    this.#listener.close();
    for (const connection of this.#open) connection.close();
    this.#open.clear();
  }

  async #serve(): Promise<void> {
    for await (const near of this.#listener) {
      this.taken++;
      const far = await Deno.connect(this.#target).catch(() => undefined);
      if (!far) {
        near.close();
        continue;
      }
      for (const connection of [near, far]) this.#open.add(connection);
      void Promise.all([this.#carry(near, far), this.#carry(far, near)]);
    }
  }

  async #carry(from: Deno.Conn, to: Deno.Conn): Promise<void> {
    const buffer = new Uint8Array(65_536);
    try {
      for (let count = await from.read(buffer); count !== null; count = await from.read(buffer)) {
        if (this.#silent.has(from)) continue;
        for (let sent = 0; sent < count;) sent += await to.write(buffer.subarray(sent, count));
      }
    } catch {
      // One of the two is closed; so is the other.
    }
    if (this.#silent.has(from)) return;
    for (const connection of [from, to]) {
      if (this.#open.delete(connection)) connection.close();
    }
  }
}
