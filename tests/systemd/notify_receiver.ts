import { waitFor } from "../envoy/harness.ts";

/** The socket of a service manager, and what it was told. */
export class NotifyReceiver implements AsyncDisposable {
  readonly #socket: Deno.DatagramConn;
  readonly #receiving: Promise<void>;
  /** One for each datagram. */
  readonly told: Readonly<Record<string, string>>[] = [];

  /** @param address As in $NOTIFY_SOCKET. */
  constructor(readonly address: string) {
    this.#socket = Deno.listenDatagram({ transport: "unixpacket", path: address.replace(/^@/, "\0") });
    this.#receiving = this.#receive();
  }

  /** The variables that were told after `start` datagrams, in the order of their coming. */
  names(start = 0): string[] {
    return this.told.slice(start).flatMap((one) => Object.keys(one));
  }

  get status(): string {
    return this.told.findLast(({ STATUS }) => STATUS !== undefined)?.STATUS ?? "";
  }

  /** Waits for one of the datagrams after `start` that says this. */
  async until(name: string, start = 0): Promise<void> {
    await waitFor(`${name} of the service manager`, () => this.told.slice(start).some((one) => one[name] === "1"));
  }

  async untilStatus(pattern: RegExp): Promise<void> {
    await waitFor(`a status ${pattern}`, () => pattern.test(this.status)).catch((error) => {
      throw new Error(`${error}; it is ${this.status}`);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.close();
    await this.#receiving;
    if (!this.address.startsWith("@")) await Deno.remove(this.address);
  }

  async #receive(): Promise<void> {
    for await (const [bytes] of this.#socket) {
      const lines = new TextDecoder().decode(bytes).split("\n");
      this.told.push(Object.fromEntries(lines.map((line) => line.split(/=(.*)/s).slice(0, 2))));
    }
  }
}
