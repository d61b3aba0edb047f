/** What was served last, kept on disk for the next process. */
export { ServedState } from "./served_state.ts";
export type { FoundState, ServedStateOptions, StateFault } from "./served_state.ts";
export { LOG, StateBusy } from "./state_folder.ts";
