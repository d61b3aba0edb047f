/** Takes ApiSnapshots to the xds cache and to statuses. */
export { EMPTY_MEMORY, roleOf, translate } from "./translate.ts";
export type { Memory, TranslatedProxy, TranslateInput, Translation } from "./translate.ts";
export { changedStatuses, statusesOf } from "./statuses.ts";
export { TranslatorSyncer } from "./translator_syncer.ts";
export type { SnapshotCache, TranslatorSyncerOptions } from "./translator_syncer.ts";
