import type { Terminal } from "./command.ts";

/** The terminal, or what is in its place: a pipe, a file, a journal. */
export function systemTerminal(): Terminal {
  const isColourful = !Deno.noColor && asked("TERM") !== "dumb";
  return {
    out: (text) => console.log(text),
    err: (text) => console.error(text),
    env: (name) => Deno.env.get(name),
    columns: Math.min(consoleColumns() ?? 100, 140),
    colours: { out: isColourful && Deno.stdout.isTerminal(), err: isColourful && Deno.stderr.isTerminal() },
  };
}

/** Whether a bug is to be told with its stack. */
export const isDebugging = (): boolean => Boolean(asked("SLUICE_DEBUG"));

/** A variable that nothing depends on: not set where it may not be read. */
function asked(name: string): string | undefined {
  return Deno.permissions.querySync({ name: "env", variable: name }).state === "granted"
    ? Deno.env.get(name)
    : undefined;
}

function consoleColumns(): number | undefined {
  try {
    return Deno.consoleSize().columns;
  } catch {
    return undefined;
  }
}
