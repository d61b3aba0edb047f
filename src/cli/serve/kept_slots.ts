import type { Logger } from "../../telemetry/mod.ts";
import {
  bookFromJson,
  bookToJson,
  type RefusalBook,
  removedFromJson,
  removedToJson,
  type XdsCache,
} from "../../xds/mod.ts";
import type { KeptState } from "./kept_state.ts";

/** Something that is a text in the state. */
interface Slot {
  readonly name: string;
  /** For messages. */
  readonly what: string;
  /** Takes in what the last process kept. Throws where that is no such text. */
  restore(text: string): void;
  follow(changed: () => void): void;
  text(): string;
}

/** Begins with what Envoys refused when the last process ended, and keeps what they refuse from now on. */
export function keepRefusals(book: RefusalBook, state: KeptState, logger: Logger): void {
  keepSlot(state, logger, {
    name: "refusals",
    what: "what Envoys refused before",
    restore: (text) => book.restore(bookFromJson(text)),
    follow: (changed) => book.follow(changed),
    text: () => bookToJson(book.all()),
  });
}

/**
 * Begins with what the last process had taken away of late, and keeps what is taken away from now on: Envoys that come back
 * may still use it.
 */
export function keepRemovals(cache: XdsCache, state: KeptState, logger: Logger): void {
  keepSlot(state, logger, {
    name: "removed",
    what: "what was removed before",
    restore: (text) => {
      for (const { role, removed } of removedFromJson(text)) if (cache.has(role)) cache.restoreLately(role, removed);
    },
    follow: (changed) => cache.watchRemovals(changed),
    text: () => removedToJson(cache.lately()),
  });
}

/** What cannot be read is done without: what is refused is found again, and Envoys that come back count as strangers. */
function keepSlot(state: KeptState, logger: Logger, { name, what, restore, follow, text }: Slot): void {
  let kept = state.slot(name);
  if (typeof kept === "string") {
    try {
      restore(kept);
    } catch (error) {
      logger.warn(`${what} cannot be read`, { error: String(error) });
    }
  }
  follow(() => {
    const now = text();
    if (now !== kept) state.keep(name, kept = now);
  });
}
