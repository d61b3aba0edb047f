/** What clients refuse: finding it, holding it, remembering it. */
export type { ClientHold, FrameHold, HoldShows, PartHold, ResourceHold } from "./client_hold.ts";
export { withoutMatch } from "./parts.ts";
export { refusedKey } from "./client_hold.ts";
export { StreamRefusals } from "./stream_refusals.ts";
export type { RefusedHold, StreamRefusalsOptions } from "./stream_refusals.ts";
export { bookFromJson, bookToJson, isResource } from "./book_json.ts";
export { RefusalBook } from "./refusal_book.ts";
export type { ClientHolds, RefusingClient } from "./refusal_book.ts";
export type { RefusedSets } from "./units.ts";
