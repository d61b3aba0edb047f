import type { Logger, LogLevel } from "../../telemetry/mod.ts";

/** spdlog's pattern for {@link logEnvoyLine}: level, component, text with its line breaks escaped. */
export const ENVOY_LOG_FORMAT = "%l|%n|%_";

const LEVELS: Readonly<Record<string, LogLevel>> = {
  trace: "debug",
  debug: "debug",
  info: "info",
  warning: "warn",
  error: "error",
  critical: "error",
};

/** Writes a line of Envoy's log as one of ours. What is not in the pattern (a crash's stack, a library) is an error's. */
export function logEnvoyLine(line: string, logger: Logger): void {
  const [, level = "", component, text] = /^(\w+)\|([\w.-]+)\|(.*)$/s.exec(line) ?? [];
  const ours = LEVELS[level];
  if (ours === undefined) return logger.error(`envoy: ${line}`);
  logger[ours](`envoy: ${text}`, component === "main" ? {} : { component });
}
