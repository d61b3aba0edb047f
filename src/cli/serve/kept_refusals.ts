import type { Logger } from "../../telemetry/mod.ts";
import { bookFromJson, bookToJson, type RefusalBook } from "../../xds/mod.ts";
import type { KeptState } from "./kept_state.ts";

const SLOT = "refusals";

/** Begins with what Envoys refused when the last process ended, and keeps what they refuse from now on. */
export function keepRefusals(book: RefusalBook, state: KeptState, logger: Logger): void {
  const before = state.slot(SLOT);
  if (typeof before === "string") {
    try {
      book.restore(bookFromJson(before));
    } catch (error) {
      // They are refused and found again.
      logger.warn("what Envoys refused before cannot be read", { error: String(error) });
    }
  }
  let kept = before;
  book.follow(() => {
    const text = bookToJson(book.all());
    if (text !== kept) state.keep(SLOT, kept = text);
  });
}
