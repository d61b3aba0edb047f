import { type Command, helpOf, readArguments, type Terminal, UsageError } from "./command.ts";

/** Commands are loaded when they are asked for: `serve` leaves all the work, and its memory, to the Worker. */
const COMMANDS: Readonly<Record<string, () => Promise<{ readonly command: Command }>>> = {
  serve: () => import("./serve.ts"),
  translate: () => import("./translate.ts"),
  validate: () => import("./validate.ts"),
  bootstrap: () => import("./bootstrap.ts"),
  schema: () => import("./schema.ts"),
  version: () => import("./version.ts"),
};

/** Runs the command line. Exit codes: 0 done, 1 the configuration has errors, 2 the command line or the machine has. */
export async function runCli(words: readonly string[], terminal: Terminal): Promise<number> {
  const [name, ...rest] = words;
  if (name === undefined || name === "--help" || name === "-h" || name === "help") {
    terminal.out(await overview());
    return name === undefined ? 2 : 0;
  }
  const load = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : name === "--version" ? COMMANDS.version : undefined;
  if (!load) {
    terminal.err(`sluice: there is no command ${name}; there are ${Object.keys(COMMANDS).join(", ")}`);
    return 2;
  }
  const { command } = await load();
  if (rest.includes("--help") || rest.includes("-h")) {
    terminal.out(helpOf(command));
    return 0;
  }
  try {
    return await command.run(readArguments(command, rest), terminal);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    terminal.err(`sluice ${name}: ${error.message}`);
    return 2;
  }
}

async function overview(): Promise<string> {
  const commands = await Promise.all(Object.values(COMMANDS).map(async (load) => (await load()).command));
  return [
    "sluice: an Envoy control plane that reads Gloo's YAML",
    "",
    "Usage: sluice COMMAND [FLAGS]",
    "",
    ...commands.map((command) => `  ${command.name.padEnd(10)} ${command.summary.split(". ")[0]}`),
    "",
    "sluice COMMAND --help tells more.",
  ].join("\n");
}
