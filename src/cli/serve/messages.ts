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
  readonly type: Question;
} | {
  readonly type: "credentials";
  /** Of the {@link CredentialsWanted} that is answered. */
  readonly id: number;
  readonly answer: Credentials | { readonly problem: string };
};

/** `alive`: the answer shows that the Worker's thread runs. `look`: look at every source now; the answer is that it was done. */
export type Question = "alive" | "look";

/** How the control plane fares. */
export interface Condition {
  /** An Envoy that comes now is served. */
  readonly ready: boolean;
  /** What is served, or what is wrong: one line for people. */
  readonly text: string;
}

/** What the Worker tells of itself: its condition whenever that is another, and that a question is dealt with. */
export type WorkerNews =
  | { readonly type: "condition"; readonly condition: Condition }
  | { readonly type: "answer"; readonly to: Question };

/** Whoever follows how the Workers fare, one after the other. */
export interface Onlooker {
  /** A Worker starts in place of the one before. `ask` puts a question to it. */
  started(ask: (question: Question) => void): void;
  hear(news: WorkerNews): void;
  /** Sluice was told to stop. */
  stopping(): void;
}

/** The Worker wants credentials of the cluster; `renew` where those of before were refused. */
export interface CredentialsWanted {
  readonly type: "credentials";
  readonly id: number;
  readonly renew: boolean;
}

/** What the Worker tells main. */
export type FromWorker =
  | CredentialsWanted
  | WorkerNews
  | WorkerEnd;

/**
 * What the Worker tells main last: that it could not start (`final` where no other configuration could either), that it ended, or
 * that Settings want another one.
 */
export type WorkerEnd =
  | { readonly type: "failed"; readonly why: string; readonly final: boolean }
  | { readonly type: "stopped"; readonly code: number }
  | { readonly type: "restart"; readonly config: ServeConfig; readonly memory?: Memory };
