/** How long the end of Sluice waits for what is still to be sent, in milliseconds. */
const FLUSH_MS = 500;

const UNPRINTABLE = /\p{Cc}/gu;

/** What sd_notify(3) knows of and Sluice says. */
export interface Notification {
  readonly READY?: 1;
  readonly RELOADING?: 1;
  readonly STOPPING?: 1;
  readonly WATCHDOG?: 1;
  /** For people; one line. */
  readonly STATUS?: string;
  readonly EXTEND_TIMEOUT_USEC?: number;
}

/** The socket of a service manager. Whatever is wrong with it is told once, to `onFault`; nothing throws or rejects. */
export class NotifySocket {
  readonly #to: Deno.UnixAddr;
  readonly #onFault: (problem: string) => void;
  #own: Deno.DatagramConn | undefined;
  #sent: Promise<unknown> = Promise.resolve();
  #isFaulty = false;

  /** @param address $NOTIFY_SOCKET: a path, or `@` and the name of an abstract socket. */
  constructor(address: string, onFault: (problem: string) => void) {
    this.#onFault = onFault;
    this.#to = { transport: "unixpacket", path: address.replace(/^@/, "\0") };
    try {
      // An abstract name leaves no file behind, and one that nobody guesses cannot be taken before.
      const path = `\0sluice-notify-${crypto.randomUUID()}`;
      this.#own = Deno.listenDatagram({ transport: "unixpacket", path });
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Sends what is said here as one datagram, after all that was said before. */
  send(notification: Notification): void {
    const lines = Object.entries(notification).map(([name, value]) =>
      // What follows a line break would be an order of its own.
      `${name}=${String(value).replaceAll(UNPRINTABLE, " ")}`
    );
    const datagram = new TextEncoder().encode(lines.join("\n"));
    this.#sent = this.#sent.then(() => this.#own?.send(datagram, this.#to)).catch((error) => this.#fail(error));
  }

  /** Closes the socket when what was said is sent, or could not be in half a second. */
  async close(): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    await Promise.race([this.#sent, new Promise((resolve) => timer = setTimeout(resolve, FLUSH_MS))]);
    clearTimeout(timer);
    this.#own?.close();
    this.#own = undefined;
  }

  #fail(error: unknown): void {
    if (this.#isFaulty) return;
    this.#isFaulty = true;
    const why = error instanceof Error ? error.message : String(error);
    this.#onFault(`the service manager cannot be told how Sluice fares: ${why}`);
  }
}
