/** Takes ApiSnapshots to the xds cache and to statuses. */
export { EMPTY_MEMORY, roleOf, translate, translatePieces } from "./translate.ts";
export type { Memory, Pieces, PiecesInput, TranslatedProxy, TranslateInput, Translation } from "./translate.ts";
export { statusesOf } from "./statuses.ts";
export { TranslatorSyncer } from "./translator_syncer.ts";
export type { SnapshotCache, Synced, TranslatorSyncerOptions } from "./translator_syncer.ts";
