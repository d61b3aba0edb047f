import type { Memory } from "../../syncer/mod.ts";
import type { ServeConfig } from "../config.ts";

/** What main tells the Worker. */
export type ToWorker = {
  readonly type: "start";
  readonly config: ServeConfig;
  readonly links: string;
  readonly memory?: Memory;
  readonly restarted: boolean;
} | {
  readonly type: "stop";
};

/**
 * What the Worker tells main: that it could not start (`final` where no other configuration could either), that it ended, or
 * that Settings want another one.
 */
export type FromWorker =
  | { readonly type: "failed"; readonly why: string; readonly final: boolean }
  | { readonly type: "stopped"; readonly code: number }
  | { readonly type: "restart"; readonly config: ServeConfig; readonly memory?: Memory };
