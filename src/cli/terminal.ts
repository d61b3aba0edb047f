import type { Terminal } from "./command.ts";

/** The terminal of this process. In a service manager's journal, errors have their priority. */
export async function processTerminal(): Promise<Terminal> {
  const env = (name: string): string | undefined => Deno.env.get(name);
  const stream = env("JOURNAL_STREAM");
  const { isJournal, ERROR_PRIORITY } = stream ? await import("../service_manager/mod.ts") : NO_JOURNAL;
  const journal = isJournal(stream ?? "");
  return {
    out: (text) => console.log(text),
    err: (text) => console.error(journal ? ERROR_PRIORITY + text : text),
    env,
    journal,
  };
}

const NO_JOURNAL = { isJournal: (): boolean => false, ERROR_PRIORITY: "" };
