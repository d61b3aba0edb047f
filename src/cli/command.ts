import { parseArgs, type ParseArgsConfig } from "node:util";
import { nearest } from "./nearest.ts";
import type { Grant } from "./permissions.ts";

/** One flag of a command. A `text` flag takes a value; a `list` flag may be given several times. */
export interface Flag {
  readonly type: "text" | "list" | "switch";
  readonly doc: string;
  /** What stands for its value in help: `DIR`. Default: the last word of its name. */
  readonly value?: string;
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
  /** How many columns help is wrapped to. Default: 100. */
  readonly columns?: number;
  /** Whether `out` and `err` show colours. Default: neither. */
  readonly colours?: { readonly out: boolean; readonly err: boolean };
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
  /**
   * What the process itself needs with these words, and what for; where there is no such function, nothing. Kinds of
   * permissions that are not among them are given up before the command runs. It may read files, and does nothing else.
   */
  needs?(args: Arguments, terminal: Terminal): readonly Grant[] | Promise<readonly Grant[]>;
  /** What its Worker is granted, where it has one. It may read files, and does nothing else. */
  workerNeeds?(args: Arguments, terminal: Terminal): Promise<readonly Grant[]>;
  /** Gives the exit code, or never ends while it serves. Throws {@link UsageError} where the words are off. */
  run(args: Arguments, terminal: Terminal): Promise<number>;
}

/** The words of the command line are off; its message is for the user. Exit code 2. */
export class UsageError extends Error {}

/** Reads the words after the command's name. Throws {@link UsageError}. */
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

function parse(command: Command, words: readonly string[], options: NonNullable<ParseArgsConfig["options"]>) {
  try {
    return parseArgs({ args: [...words], options, allowPositionals: true, strict: true });
  } catch (error) {
    throw new UsageError(`${faultOf(command, error as Error)} see sluice ${command.name} --help`);
  }
}

function faultOf(command: Command, error: Error): string {
  const unknown = /^Unknown option '(-[^']*)'/.exec(error.message)?.[1];
  if (unknown === undefined) return `${error.message.split(". ")[0]};`;
  const close = nearest(unknown, Object.keys(command.flags).map((name) => `--${name}`));
  return `there is no flag ${unknown};${close === undefined ? "" : ` did you mean ${close}?`}`;
}
