/** The event loop: one ApiSnapshot at a time through the syncers. */
export { EventLoop } from "./event_loop.ts";
export type { EventLoopOptions, SyncContext, Syncer } from "./event_loop.ts";
