import { styleText } from "node:util";
import type { Command, Flag, Terminal } from "./command.ts";
import { EXIT_CODES } from "./exit_codes.ts";

/** What of a terminal decides how help looks. */
export type HelpLook = Pick<Terminal, "columns" | "colours">;

const COLUMNS = 100;
/** A flag that is longer than this has its text on lines of its own. */
const LONGEST_LEFT = 34;

/** Help of one command. */
export function helpOf(command: Command, look: HelpLook): string {
  const heading = headingOf(look);
  const flags = Object.entries(command.flags).map(([name, flag]): Row => [leftOf(name, flag), docOf(flag)]);
  return [
    heading(`sluice ${command.name} ${command.usage}`.trimEnd()),
    "",
    ...wrapped(command.summary, columnsOf(look)),
    ...(flags.length > 0 ? ["", heading("Flags:"), ...rows(flags, columnsOf(look))] : []),
    "",
    heading("Examples:"),
    ...command.examples.map((example) => `  ${example}`),
  ].join("\n");
}

/** What there is, as a table. */
export function overviewOf(commands: readonly Command[], look: HelpLook): string {
  const heading = headingOf(look);
  const columns = columnsOf(look);
  return [
    "sluice: an Envoy control plane that reads Gloo's YAML",
    "",
    heading("Usage: sluice COMMAND [FLAGS]"),
    "",
    ...rows(commands.map(({ name, summary }) => [name, summary.split(/\.(?: |$)/)[0]!]), columns),
    "",
    ...wrapped("sluice help COMMAND lists its flags, with defaults and examples.", columns),
    ...wrapped(
      "sluice --print-permissions COMMAND… lists what a command line would be allowed, and does nothing.",
      columns,
    ),
    "",
    heading("Exit codes:"),
    ...rows(EXIT_CODES.map(({ code, means }) => [String(code), means]), columns),
  ].join("\n");
}

/** Commands and their flags as data, for programs. */
export function helpData(commands: readonly Command[]): Record<string, unknown> {
  return {
    commands: commands.map(({ name, usage, summary, flags, examples }) => ({
      ...{ name, usage, summary },
      flags: Object.entries(flags).map(([flag, { type, short, value, doc, default: otherwise }]) => ({
        name: flag,
        ...{ short, type },
        ...(type === "switch" ? {} : { value: value ?? valueOf(flag) }),
        ...{ default: otherwise, doc },
      })),
      examples,
    })),
    exitCodes: EXIT_CODES,
  };
}

type Row = readonly [left: string, right: string];

const columnsOf = ({ columns = COLUMNS }: HelpLook): number => Math.max(60, columns);

function headingOf({ colours }: HelpLook): (text: string) => string {
  return (text) => colours?.out ? styleText("bold", text, { validateStream: false }) : text;
}

function leftOf(name: string, flag: Flag): string {
  const short = flag.short ? `-${flag.short}, ` : "    ";
  return `${short}--${name}${flag.type === "switch" ? "" : ` ${flag.value ?? valueOf(name)}`}`;
}

const docOf = (flag: Flag): string => flag.doc + (flag.default === undefined ? "" : ` (default ${flag.default})`);

const valueOf = (flag: string): string => flag.split("-").at(-1)!.toUpperCase();

/** Two columns, the right one wrapped. */
export function rows(table: readonly Row[], columns: number): string[] {
  const width = Math.max(0, ...table.map(([left]) => left.length).filter((length) => length <= LONGEST_LEFT));
  return table.flatMap(([left, right]) => {
    const lines = wrapped(right, columns - width - 4);
    const first = left.length > width ? [`  ${left}`] : [`  ${left.padEnd(width)}  ${lines.shift()}`.trimEnd()];
    return [...first, ...lines.map((line) => `${" ".repeat(width + 4)}${line}`)];
  });
}

function wrapped(text: string, width: number): string[] {
  const lines: string[] = [""];
  for (const word of text.split(" ")) {
    const line = lines.at(-1)!;
    if (line === "") lines[lines.length - 1] = word;
    else if (line.length + 1 + word.length <= width) lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(word);
  }
  return lines;
}
