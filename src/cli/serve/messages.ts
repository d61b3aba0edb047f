import type { Memory } from "../../syncer/mod.ts";
import type { Credentials } from "../../kubernetes/mod.ts";
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
} | {
  readonly type: "credentials";
  /** Of the {@link CredentialsWanted} that is answered. */
  readonly id: number;
  readonly answer: Credentials | { readonly problem: string };
};

/** The Worker wants credentials of the cluster; `renew` where those of before were refused. */
export interface CredentialsWanted {
  readonly type: "credentials";
  readonly id: number;
  readonly renew: boolean;
}

/** What the Worker tells main. */
export type FromWorker =
  | CredentialsWanted
  /** Envoys can connect, and are served. */
  | { readonly type: "serving" }
  | WorkerEnd;

/**
 * What the Worker tells main last: that it could not start (`final` where no other configuration could either), that it ended, or
 * that Settings want another one.
 */
export type WorkerEnd =
  | { readonly type: "failed"; readonly why: string; readonly final: boolean }
  | { readonly type: "stopped"; readonly code: number }
  | { readonly type: "restart"; readonly config: ServeConfig; readonly memory?: Memory };
