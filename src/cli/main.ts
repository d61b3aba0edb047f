import { type Command, readArguments, type Terminal, UsageError } from "./command.ts";
import { EXIT } from "./exit_codes.ts";
import { failureOf } from "./failures.ts";
import { helpData, helpOf, overviewOf } from "./help.ts";
import { nearest } from "./nearest.ts";
import { outputFlag, outputOf } from "./output.ts";
import { type Allowed, allowed, allowedMain, allowedText } from "./print_permissions.ts";

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

const OTHER_NAMES: Readonly<Record<string, string>> = { "--help": "help", "-h": "help", "--version": "version" };
const PRINT_PERMISSIONS = "--print-permissions";

/** What `main` lets the command line do with the process. */
export interface Hold {
  /** Bugs are told with their stack. Default: without. */
  readonly debug?: boolean;
  /** Gives permissions up for good, before a command runs. Default: they are kept. */
  readonly giveUp?: (allowed: Allowed["main"]) => void;
}

/** Every command, in the order of help. */
export function allCommands(): Promise<Command[]> {
  return Promise.all(Object.values(COMMANDS).map(async (load) => (await load()).command));
}

const HELP: Command = {
  name: "help",
  usage: "[COMMAND]",
  summary: "Lists the commands, or the flags of one.",
  most: 1,
  examples: ["sluice help", "sluice help serve", "sluice help -o json     # every command and flag, for programs"],
  flags: outputFlag(["text", "json"]),
  async run(args, terminal) {
    const [name] = args.positionals;
    const asked = name === undefined ? undefined : await commandNamed(name);
    if (outputOf(args, ["text", "json"]) === "json") {
      terminal.out(JSON.stringify(helpData(asked ? [asked] : await allCommands()), null, 2));
    } else terminal.out(asked ? helpOf(asked, terminal) : overviewOf(await allCommands(), terminal));
    return EXIT.done;
  },
};

/** Runs the command line. Gives the exit code ({@link EXIT}). */
export async function runCli(words: readonly string[], terminal: Terminal, hold: Hold = {}): Promise<number> {
  const [first, ...rest] = words.map((word, index) => index === 0 ? OTHER_NAMES[word] ?? word : word);
  try {
    if (first === undefined) {
      terminal.out(overviewOf(await allCommands(), terminal));
      return EXIT.refused;
    }
    if (first === PRINT_PERMISSIONS) return await printPermissions(rest, terminal);
    const command = await commandNamed(first);
    if (asksForHelp(rest)) {
      terminal.out(helpOf(command, terminal));
      return EXIT.done;
    }
    const args = readArguments(command, rest);
    if (args.has("print-permissions")) return await printPermissions(words, terminal);
    hold.giveUp?.(await allowedMain(command, args, terminal));
    return await command.run(args, terminal);
  } catch (error) {
    const who = Object.hasOwn(COMMANDS, first ?? "") ? `sluice ${first}` : "sluice";
    const { line, code } = failureOf(error, who, hold.debug ?? false);
    terminal.err(line);
    return code;
  }
}

/** Flags are for the words of the command alone: what follows `--` is none. */
function asksForHelp(words: readonly string[]): boolean {
  const end = words.indexOf("--");
  return (end < 0 ? words : words.slice(0, end)).some((word) => word === "--help" || word === "-h");
}

/** Lists what a command line would be allowed. Starts nothing, writes nothing, and asks nobody. */
async function printPermissions([name, ...words]: readonly string[], terminal: Terminal): Promise<number> {
  if (name === undefined) throw new UsageError(`of which command line? sluice ${PRINT_PERMISSIONS} serve --config DIR`);
  const command = await commandNamed(name);
  const flags = { ...outputFlag(["text", "json"]), ...command.flags };
  const args = readArguments({ ...command, flags }, words);
  const all = await allowed(command, args, terminal);
  terminal.out(args.text("output") === "json" ? JSON.stringify(all, null, 2) : allowedText(all));
  return EXIT.done;
}

async function commandNamed(name: string): Promise<Command> {
  if (name === HELP.name) return HELP;
  if (Object.hasOwn(COMMANDS, name)) return (await COMMANDS[name]!()).command;
  const names = Object.keys(COMMANDS);
  const close = nearest(name, [...names, HELP.name]);
  throw new UsageError(
    `there is no command ${name}; ${close === undefined ? "" : `did you mean ${close}? `}there are ${names.join(", ")}`,
  );
}
