import { refusedKey } from "./client_hold.ts";
import type { RefusedHold } from "./stream_refusals.ts";

/** Who refuses: clients that say the same of themselves count as one. */
export interface RefusingClient {
  /** node.metadata.role */
  readonly role: string;
  readonly nodeId: string;
  /** `envoy 1.40.0` */
  readonly userAgent: string;
}

/** What is held for one client. */
export interface ClientHolds {
  readonly client: RefusingClient;
  readonly holds: readonly RefusedHold[];
}

/** So many clients, and so many refused things, are remembered; the oldest are forgotten first. */
const MOST_CLIENTS = 4096;
const MOST_SUSPECTS = 4096;

interface Entry extends ClientHolds {
  /** How many streams the client has. */
  streams: number;
  /** Of a client that was not seen since Sluice started. */
  restored: boolean;
}

/**
 * The hold table of refusals: what is held for which clients. Clients that are away are remembered, so that they are shown
 * what they accept when they come back.
 */
export class RefusalBook {
  readonly #clients = new Map<string, Entry>();
  /** Keys of what was refused by anybody. */
  readonly #suspects = new Set<string>();
  readonly #followers: (() => void)[] = [];

  /** Calls back when what {@link present} or {@link all} gives is another. */
  follow(changed: () => void): void {
    this.#followers.push(changed);
  }

  /** What is held for clients that are connected, or may come back now that Sluice has started again. */
  present(): ClientHolds[] {
    return [...this.#clients.values()].filter(({ streams, restored }) => streams > 0 || restored).map(told);
  }

  /** All that is remembered. */
  all(): ClientHolds[] {
    return [...this.#clients.values()].map(told);
  }

  /** What is remembered of an earlier process. */
  restore(all: readonly ClientHolds[]): void {
    for (const { client, holds } of all) {
      this.#clients.set(keyOf(client), { client, holds, streams: 0, restored: true });
      this.#suspect(holds);
    }
  }

  /** Clients of an earlier process that did not come back count as away from now on. */
  endRestore(): void {
    for (const entry of this.#clients.values()) entry.restored = false;
    this.#changed();
  }

  /** The client has a stream; gives what is held for it. */
  connected(client: RefusingClient): readonly RefusedHold[] {
    const entry = this.#clients.get(keyOf(client));
    if (entry === undefined) return [];
    entry.streams++;
    entry.restored = false;
    this.#changed();
    return entry.holds;
  }

  /** A stream of the client ended. */
  left(client: RefusingClient): void {
    const entry = this.#clients.get(keyOf(client));
    if (entry === undefined || entry.streams === 0) return;
    entry.streams--;
    this.#changed();
  }

  /** From now on this is held for the client, which has a stream. */
  keep(client: RefusingClient, holds: readonly RefusedHold[]): void {
    const key = keyOf(client);
    const { streams = 1 } = this.#clients.get(key) ?? {};
    if (holds.length > 0) this.#clients.set(key, { client, holds, streams: Math.max(1, streams), restored: false });
    else if (!this.#clients.delete(key)) return;
    this.#suspect(holds);
    forgetOldest(this.#clients, MOST_CLIENTS);
    this.#changed();
  }

  /** Whether some client refuses this, or did, as a {@link refusedKey}. */
  suspected(key: string): boolean {
    return this.#suspects.has(key);
  }

  #changed(): void {
    for (const changed of this.#followers) changed();
  }

  #suspect(holds: readonly RefusedHold[]): void {
    for (const { hold } of holds) this.#suspects.add(refusedKey(hold));
    forgetOldest(this.#suspects, MOST_SUSPECTS);
  }
}

function told({ client, holds }: Entry): ClientHolds {
  return { client, holds };
}

function keyOf({ role, nodeId, userAgent }: RefusingClient): string {
  return JSON.stringify([role, nodeId, userAgent]);
}

function forgetOldest(
  table: { readonly size: number; keys(): Iterable<string>; delete(key: string): boolean },
  most: number,
): void {
  for (const key of table.keys()) {
    if (table.size <= most) return;
    table.delete(key);
  }
}
