import type { Terminal } from "./command.ts";

const NO_JOURNAL = { isJournal: (): boolean => false, ERROR_PRIORITY: "" };

/** The terminal, or what is in its place: a pipe, a file, or a service manager's journal, where errors have their priority. */
export async function systemTerminal(): Promise<Terminal> {
  const stream = asked("JOURNAL_STREAM");
  const { isJournal, ERROR_PRIORITY } = stream ? await import("../service_manager/mod.ts") : NO_JOURNAL;
  const journal = isJournal(stream ?? "");
  const isColourful = !Deno.noColor && asked("TERM") !== "dumb";
  return {
    out: (text) => console.log(text),
    err: (text) => console.error(journal ? ERROR_PRIORITY + text : text),
    env: (name) => Deno.env.get(name),
    journal,
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
