import { parseArgs } from "node:util";

/** One flag of a command. A `text` flag takes a value; a `list` flag may be given several times. */
export interface Flag {
  readonly type: "text" | "list" | "switch";
  readonly doc: string;
  /** Shown in help; flags without one have no default. */
  readonly default?: string;
  readonly short?: string;
}

/** What a command was given. Absent flags are undefined. */
export interface Arguments {
  readonly positionals: readonly string[];
  text(name: string): string | undefined;
  list(name: string): readonly string[];
  has(name: string): boolean;
}

/** Where commands write, and what they may ask of the process. */
export interface Terminal {
  out(text: string): void;
  err(text: string): void;
  env(name: string): string | undefined;
  /** What is written is a service manager's journal, which reads priorities. Default false. */
  readonly journal?: boolean;
}

/** One command of the CLI. */
export interface Command {
  readonly name: string;
  /** What follows the name: `DIR...`. */
  readonly usage: string;
  readonly summary: string;
  /** How many words without a flag it takes at most. */
  readonly most: number;
  readonly examples: readonly string[];
  readonly flags: Readonly<Record<string, Flag>>;
  /** Gives the exit code, or never ends while it serves. Throws {@link UsageError} where the words are off. */
  run(args: Arguments, terminal: Terminal): Promise<number>;
}

/** The words of the command line are off; its message is for the user. Exit code 2. */
export class UsageError extends Error {}

/** Reads the words after the command's name. */
export function readArguments(command: Command, words: readonly string[]): Arguments {
  const options = Object.fromEntries(
    Object.entries(command.flags).map(([name, flag]) => [name, {
      type: flag.type === "switch" ? "boolean" as const : "string" as const,
      multiple: flag.type === "list",
      ...(flag.short ? { short: flag.short } : {}),
    }]),
  );
  const { values, positionals } = parse(command, words, options);
  const extra = positionals[command.most];
  if (extra !== undefined) throw new UsageError(`${extra} is one word too many; see sluice ${command.name} --help`);
  return {
    positionals,
    text: (name) => values[name] as string | undefined,
    list: (name) => (values[name] as string[] | undefined) ?? [],
    has: (name) => values[name] === true,
  };
}

function parse(
  command: Command,
  words: readonly string[],
  options: Parameters<typeof parseArgs>[0] extends infer P ? NonNullable<P extends { options?: infer O } ? O : never>
    : never,
) {
  try {
    return parseArgs({ args: [...words], options, allowPositionals: true, strict: true });
  } catch (error) {
    const first = (error as Error).message.split(". ")[0];
    throw new UsageError(`${first}; see sluice ${command.name} --help`);
  }
}

/** Help of one command. */
export function helpOf(command: Command): string {
  const flags = Object.entries(command.flags).map(([name, flag]) => {
    const left = `${flag.short ? `-${flag.short}, ` : ""}--${name}${
      flag.type === "switch" ? "" : ` ${valueName(name)}`
    }`;
    return `  ${left.padEnd(26)} ${flag.doc}${flag.default === undefined ? "" : ` (default ${flag.default})`}`;
  });
  return [
    `sluice ${command.name} ${command.usage}`.trimEnd(),
    "",
    command.summary,
    ...(flags.length > 0 ? ["", "Flags:", ...flags] : []),
    "",
    "Examples:",
    ...command.examples.map((example) => `  ${example}`),
  ].join("\n");
}

const valueName = (flag: string): string => flag.split("-").at(-1)!.toUpperCase();
