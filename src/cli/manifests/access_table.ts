import { ACCESS, type Grant } from "./access.ts";
import { DEFAULT_OPTIONS } from "./options.ts";

const WHERE: Readonly<Record<Grant["scope"], string>> = {
  watched: "what is read",
  own: "own",
  cluster: "cluster",
};

/** The rights as a table in Markdown, as `deno fmt` lays it out. Names are those of the default options. */
export function accessTable(): string {
  const rows = ACCESS.map(({ scope, apiGroups, resources, names, verbs, why, when }) => [
    WHERE[scope],
    apiGroups.map((group) => group === "" ? "core" : group).join(", "),
    resources.map((resource) => `\`${resource}\``).join(", ") +
    (names ? ` ${names(DEFAULT_OPTIONS).map((name) => `\`${name}\``).join(", ")} only` : ""),
    verbs.join(", "),
    why,
    when?.says ?? "always",
  ]);
  return table([["namespace", "group", "resources", "verbs", "what for", "when"], ...rows]);
}

function table(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |\n`;
  const [head, ...body] = rows.map((row) => line(row.map((cell, column) => cell.padEnd(widths[column]!))));
  return head + line(widths.map((width) => "-".repeat(width))) + body.join("");
}
