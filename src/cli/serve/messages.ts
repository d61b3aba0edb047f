import type { ServeConfig } from "../config.ts";

/** What main tells the Worker. */
export type ToWorker = { readonly type: "start"; readonly config: ServeConfig } | { readonly type: "stop" };

/** What the Worker tells main: that it ended, or that Settings now want what it has no permission for. */
export type FromWorker =
  | { readonly type: "stopped"; readonly code: number }
  | { readonly type: "restart"; readonly config: ServeConfig };
