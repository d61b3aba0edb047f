/** What the planted attempts aim at; the test writes it to the state folder as {@link TARGETS_FILE}. */
export interface Targets {
  readonly config: string;
  readonly state: string;
  readonly certificates: string;
  readonly outside: string;
  /** Somebody else's server. */
  readonly port: number;
  readonly freePort: number;
  /** Where xDS listens, on another address. */
  readonly xdsPort: number;
  readonly socket: string;
}

/** What came of each attempt: `done`, `refused`, or an error. */
export type Outcomes = Readonly<Record<string, string>>;

export const TARGETS_FILE = "targets.json";
export const outcomesFile = (who: "worker" | "plugin"): string => `outcomes-${who}.json`;
/** Where this file is in the state folder when the planted plugin is called, the Worker fails. */
export const CRASH_FILE = "crash";
