/** Requests without end, one after the other on each of some connections that are kept, and some on connections of their own. */
import { Http1Client } from "../hitless/http1_client.ts";
import { Lane, patiently } from "../hitless/lane.ts";
import { Ledger } from "../hitless/ledger.ts";

/** Where requests go. */
export interface RequestTarget {
  readonly port: number;
  readonly host: string;
  readonly path: string;
  /** The body that is wanted. */
  readonly answer: string;
  /** PEM of the authority where the connection is over TLS. */
  readonly ca?: string;
}

/** Asks all targets again and again until it is stopped. */
export class SteadyRequests {
  readonly #ledger = new Ledger();
  readonly #asked = new Map<string, number>();
  readonly #runs: Promise<void>[];
  #stopping = false;

  constructor(targets: readonly RequestTarget[]) {
    this.#runs = targets.flatMap((target) => [this.#ask(target, true), this.#ask(target, false)]);
  }

  /** Requests to the target that was asked least. */
  get least(): number {
    return Math.min(...this.#asked.values());
  }

  /** What went wrong. A connection that the server ends in order, with `connection: close`, is none. */
  get faults(): readonly string[] {
    return this.#ledger.faults.map(({ where, what }) => `${where}: ${what}`);
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    await Promise.all(this.#runs);
  }

  #ask(target: RequestTarget, keep: boolean): Promise<void> {
    const { port, host, path, answer, ca } = target;
    const name = `${host}${path}${keep ? "" : ", new connections"}`;
    const setting = {
      ...{ proxy: "envoy", ledger: this.#ledger, paceMs: keep ? 2 : 10 },
      stopping: () => this.#stopping,
      touched: () => true,
    };
    const lane = new Lane<Http1Client>(setting, name, name, async () => {
      const connection = await Deno.connect({ hostname: "127.0.0.1", port });
      return new Http1Client(ca ? await Deno.startTls(connection, { hostname: host, caCerts: [ca] }) : connection);
    });
    this.#asked.set(name, 0);
    return lane.run(async () => {
      const held = await lane.held();
      if (!held) return;
      try {
        const { status, body, last } = await patiently(held.client.ask(host, path));
        if (status !== 200 || body !== answer) lane.fault(`status ${status} ${body}`, "lost");
        if (last || !keep) lane.drop(held);
        this.#asked.set(name, this.#asked.get(name)! + 1);
      } catch (error) {
        lane.fault(String(error), "lost");
        lane.drop(held);
      }
    }, setting.paceMs);
  }
}
