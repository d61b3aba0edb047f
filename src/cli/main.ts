import { type Command, helpOf, readArguments, type Terminal, UsageError } from "./command.ts";

/** Commands are loaded when they are asked for: `serve` leaves all the work, and its memory, to the Worker. */
const COMMANDS: Readonly<Record<string, () => Promise<{ readonly command: Command }>>> = {
  serve: () => import("./serve.ts"),
  up: () => import("./up.ts"),
  demo: () => import("./demo.ts"),
  translate: () => import("./translate.ts"),
  validate: () => import("./validate.ts"),
  bootstrap: () => import("./bootstrap.ts"),
  schema: () => import("./schema.ts"),
  manifests: () => import("./manifests.ts"),
  version: () => import("./version.ts"),
};

const HELP: readonly (string | undefined)[] = ["help", "--help", "-h"];

/** Runs the command line. Exit codes: 0 done, 1 the configuration has errors, 2 the command line or the machine has. */
export async function runCli(words: readonly string[], terminal: Terminal): Promise<number> {
  const asksFirst = HELP.includes(words[0]);
  const [name, ...rest] = asksFirst ? words.slice(1) : words;
  if (name === undefined) {
    terminal.out(await overview());
    return asksFirst ? 0 : 2;
  }
  const command = await commandNamed(name === "--version" ? "version" : name);
  if (!command) {
    terminal.err(`sluice: there is no command ${name}; there are ${Object.keys(COMMANDS).join(", ")}`);
    return 2;
  }
  if (asksFirst || rest.includes("--help") || rest.includes("-h")) {
    terminal.out(helpOf(command));
    return 0;
  }
  try {
    return await command.run(readArguments(command, rest), terminal);
  } catch (error) {
    if (!isTheUsers(error)) throw error;
    terminal.err(`sluice ${name}: ${error.message}`);
    return 2;
  }
}

async function commandNamed(name: string): Promise<Command | undefined> {
  return Object.hasOwn(COMMANDS, name) ? (await COMMANDS[name]!()).command : undefined;
}

/** Errors that are for the user to mend: words that are off, and what the machine refuses (a file, a permission). */
function isTheUsers(error: unknown): error is Error {
  if (!(error instanceof Error)) return false;
  // Deno has no class for some, a read-only file system among them.
  const isOfTheSystem = "syscall" in error || ("code" in error && /^E[A-Z]+$/.test(String(error.code)));
  return error instanceof UsageError || Object.hasOwn(Deno.errors, error.name) || isOfTheSystem;
}

async function overview(): Promise<string> {
  const commands = await Promise.all(Object.values(COMMANDS).map(async (load) => (await load()).command));
  return [
    "sluice: an Envoy control plane that reads Gloo's YAML",
    "",
    "Usage: sluice COMMAND [FLAGS]",
    "",
    ...commands.map((command) => `  ${command.name.padEnd(10)} ${command.summary.split(/\.(?: |$)/)[0]}`),
    "",
    "sluice help COMMAND lists its flags, with defaults and examples.",
    "Exit codes: 0 done, 1 the configuration has errors, 2 the command line is off or the machine refuses something.",
  ].join("\n");
}
