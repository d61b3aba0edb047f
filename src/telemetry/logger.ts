import type { Clock } from "./clock.ts";

/** Severity of a log line, least first. */
export const LOG_LEVELS = ["debug", "info", "warn", "error"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** What a line begins with for the journal to know how bad it is (sd-daemon(3)). */
export const JOURNAL_PRIORITIES: Readonly<Record<LogLevel, string>> = {
  debug: "<7>",
  info: "<6>",
  warn: "<4>",
  error: "<3>",
};

/** What a log line says beside its text. Values are printed as JSON; secrets never belong here. */
export type LogFields = Readonly<Record<string, unknown>>;

/** Writes log lines. Never throws. */
export interface Logger {
  debug(text: string, fields?: LogFields): void;
  info(text: string, fields?: LogFields): void;
  warn(text: string, fields?: LogFields): void;
  error(text: string, fields?: LogFields): void;
}

/** How a logger writes. */
export interface LoggerOptions {
  readonly format: "text" | "json";
  readonly level: LogLevel;
  readonly clock: Clock;
  /** Lines begin with their priority, as the journal reads and removes it: `<4>`. Default false. */
  readonly priorities?: boolean;
  /** Takes one line without its line break. */
  readonly write: (line: string) => void;
}

/** A logger that writes one line an event: `time level text key=value …`, or a JSON object. */
export function createLogger(options: LoggerOptions): Logger {
  const least = LOG_LEVELS.indexOf(options.level);
  const line = options.format === "json" ? jsonLine : textLine;
  const prefix = (level: LogLevel): string => options.priorities ? JOURNAL_PRIORITIES[level] : "";
  const at = (level: LogLevel) => (text: string, fields: LogFields = {}): void => {
    if (LOG_LEVELS.indexOf(level) < least) return;
    const time = new Date(options.clock.now()).toISOString();
    options.write(prefix(level) + line(time, level, text, fields));
  };
  return { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
}

function jsonLine(time: string, level: LogLevel, text: string, fields: LogFields): string {
  return JSON.stringify({ time, level, message: text, ...fields });
}

function textLine(time: string, level: LogLevel, text: string, fields: LogFields): string {
  const rest = Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) =>
      ` ${key}=${typeof value === "string" && /^[^\s"=]+$/.test(value) ? value : JSON.stringify(value)}`
    );
  return `${time} ${level.padEnd(5)} ${text}${rest.join("")}`;
}

/** A logger that keeps nothing. */
export const silentLogger: Logger = { debug() {}, info() {}, warn() {}, error() {} };
