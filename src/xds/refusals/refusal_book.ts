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

/** What is held for which clients, also for those that are away: the hold table of refusals. */
export class RefusalBook {
  readonly #clients = new Map<string, ClientHolds>();
  /** Keys of what was refused by anybody. */
  readonly #suspects = new Set<string>();
  readonly #changed: () => void;

  /** @param changed Told when what {@link all} gives is another. */
  constructor(changed: () => void = () => {}) {
    this.#changed = changed;
  }

  /** What is held for everybody, in the order in which clients began to refuse. */
  all(): ClientHolds[] {
    return [...this.#clients.values()];
  }

  /** What is held for this client. */
  of(client: RefusingClient): readonly RefusedHold[] {
    return this.#clients.get(keyOf(client))?.holds ?? [];
  }

  /** From now on this is held for the client. */
  keep(client: RefusingClient, holds: readonly RefusedHold[]): void {
    const key = keyOf(client);
    if (holds.length > 0) this.#clients.set(key, { client, holds });
    else if (!this.#clients.delete(key)) return;
    for (const { hold } of holds) this.#suspects.add(refusedKey(hold));
    forgetOldest(this.#clients, MOST_CLIENTS);
    forgetOldest(this.#suspects, MOST_SUSPECTS);
    this.#changed();
  }

  /** Whether some client refuses this, or did, as a {@link refusedKey}. */
  suspected(key: string): boolean {
    return this.#suspects.has(key);
  }
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
