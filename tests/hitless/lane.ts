import { Ended } from "./byte_stream.ts";
import type { Ledger } from "./ledger.ts";

/** What all connections to one Envoy share. */
export interface LaneSetting {
  readonly proxy: string;
  readonly ledger: Ledger;
  /** Time between two requests of a connection. */
  readonly paceMs: number;
  /** Whether all is to end. */
  readonly stopping: () => boolean;
  /** Whether an edit that is on its way changes the listener of this group. */
  readonly touched: (group: string) => boolean;
}

/** No answer within this time is a lost request. */
const PATIENCE_MS = 20_000;

/** An open connection of a lane. */
export interface Held<C> {
  readonly client: C;
  /** An edit changed its listener, so Envoy may end it in order. */
  mayDrain: boolean;
}

/**
 * One connection after the other, of which there should be but one: a lane opens another only where the last one ended, and
 * whether it might is the lane's to judge.
 */
export class Lane<C extends { close(): void | Promise<void> }> {
  readonly setting: LaneSetting;
  readonly name: string;
  readonly group: string;
  readonly #open: () => Promise<C>;
  #held: Held<C> | undefined;
  #opening: Promise<Held<C> | undefined> | undefined;

  constructor(setting: LaneSetting, name: string, group: string, open: () => Promise<C>) {
    this.setting = setting;
    this.name = name;
    this.group = group;
    this.#open = open;
  }

  /** Its listener was changed, or is about to be. */
  mayDrain(): void {
    if (this.#held) this.#held.mayDrain = true;
  }

  /** The open connection, or a new one; undefined where there can be none, which is a fault. */
  held(): Promise<Held<C> | undefined> {
    if (this.#held) return Promise.resolve(this.#held);
    return this.#opening ??= this.#opened().finally(() => this.#opening = undefined);
  }

  async #opened(): Promise<Held<C> | undefined> {
    try {
      const client = await patiently(this.#open());
      this.setting.ledger.count("connections opened");
      return this.#held = { client, mayDrain: this.setting.touched(this.group) };
    } catch (error) {
      this.fault(`no connection: ${String(error)}`, "lost");
      return undefined;
    }
  }

  /** The server says that this connection is to end, or ended it. */
  ended(held: Held<C>, error: unknown): void {
    if (this.#held !== held) return;
    this.drop(held);
    if (held.mayDrain) this.setting.ledger.count("drained where the edit says so");
    else this.fault(String(error), error instanceof Ended && error.how === "reset" ? "resets" : "closes");
  }

  /** Ends the connection, if there is one. */
  end(): void {
    if (this.#held) this.drop(this.#held);
  }

  drop(held: Held<C>): void {
    void held.client.close();
    if (this.#held === held) this.#held = undefined;
  }

  fault(what: string, as: "lost" | "resets" | "closes"): void {
    this.setting.ledger.fault(this.setting.proxy, this.name, what, as);
  }

  /** Calls again and again, at the lane's pace, until all is to end; then closes the connection. */
  async run(step: () => Promise<void>, paceMs: number): Promise<void> {
    while (!this.setting.stopping()) {
      await step();
      await new Promise((resolve) => setTimeout(resolve, paceMs));
    }
    const held = this.#held;
    this.#held = undefined;
    await held?.client.close();
  }
}

/** Rejects where it takes too long. */
export async function patiently<T>(answer: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${PATIENCE_MS / 1000} s`)), PATIENCE_MS);
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}
