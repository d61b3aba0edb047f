import { styleText } from "node:util";
import { isSourceRef, type Report } from "../report/mod.ts";
import type { Command, Terminal } from "./command.ts";
import { environment } from "./permissions.ts";
import { loadConfiguration, type LoadedConfiguration, SOURCE_FLAGS, sourceNeeds } from "./load.ts";
import { outputFlag, outputOf } from "./output.ts";

export const command: Command = {
  name: "validate",
  usage: "DIR... [FLAGS]",
  summary: "Reports what is wrong in folders of Gloo YAML. One line a fault: file:line:column: code severity " +
    "resource path: message. Exit code 1 where there are errors.",
  most: Infinity,
  examples: [
    "sluice validate /etc/sluice",
    "sluice validate . --strict -o json",
    "sluice validate . --envoy /usr/bin/envoy",
    "sluice validate --dir /data        # Gloo's layout: Settings in /data/gloo-system/default.yaml",
  ],
  flags: {
    strict: { type: "switch", doc: "warnings count as errors" },
    ...outputFlag(["text", "json"]),
    envoy: { type: "text", value: "PATH", doc: "an Envoy binary, which is asked whether it takes the result" },
    ...SOURCE_FLAGS,
  },
  needs(args, terminal) {
    const [sources, envoy] = [sourceNeeds(args, terminal), args.text("envoy")];
    if (!envoy) return sources;
    return [
      ...sources,
      { permission: "run", value: envoy, reason: "--envoy" },
      {
        permission: "write",
        value: terminal.env("TMPDIR") ?? "/tmp",
        reason: "a folder with what Envoy is asked about, gone afterwards",
      },
      ...environment(["TMPDIR"]),
    ];
  },
  async run(args, terminal) {
    const output = outputOf(args, ["text", "json"]);
    const loaded = await loadConfiguration(command, args, terminal);
    const refusals = args.text("envoy") ? await askEnvoy(args.text("envoy")!, loaded) : [];
    if (output === "json") terminal.out(JSON.stringify({ reports: loaded.reports, envoy: refusals }, null, 2));
    else printReports(terminal, loaded, refusals);
    const errors = count(loaded.reports, "error") + refusals.length;
    const warnings = count(loaded.reports, "warning") + (isEmpty(loaded) ? 1 : 0);
    return errors > 0 || (args.has("strict") && warnings > 0) ? 1 : 0;
  },
};

async function askEnvoy(binary: string, loaded: LoadedConfiguration): Promise<string[]> {
  const { refusalOf } = await import("./envoy_validate.ts");
  const refusals: string[] = [];
  for (const { role, snapshot } of loaded.proxies) {
    const refusal = await refusalOf(binary, snapshot);
    if (refusal !== undefined) refusals.push(`${role}: ${refusal}`);
  }
  return refusals;
}

function printReports(terminal: Terminal, loaded: LoadedConfiguration, refusals: readonly string[]): void {
  const { reports, resources, source } = loaded;
  const colour = terminal.colours?.out ? severityInColour : (severity: Report["severity"]) => severity;
  for (const report of reports) terminal.out(lineOf(report, colour));
  for (const refusal of refusals) terminal.out(`envoy refuses ${refusal}`);
  if (isEmpty(loaded)) terminal.err(`warning: no resource in ${source}; .yaml, .yml and .json files are read`);
  terminal.err(
    [
      counted(resources, "resource"),
      counted(count(reports, "error") + refusals.length, "error"),
      counted(count(reports, "warning"), "warning"),
    ].join(", "),
  );
}

const severityInColour = (severity: Report["severity"]): string =>
  styleText(severity === "error" ? "red" : "yellow", severity, { validateStream: false });

/** Most likely the folder of something else. */
const isEmpty = ({ resources, reports }: LoadedConfiguration): boolean => resources === 0 && reports.length === 0;

const count = (reports: readonly Report[], severity: Report["severity"]): number =>
  reports.filter((report) => report.severity === severity).length;

const counted = (number: number, what: string): string => `${number} ${what}${number === 1 ? "" : "s"}`;

/** `file:line:column: SLUICE-1234 error VirtualService ns/name virtualHost.routes[0]: message`, as editors and grep like it. */
function lineOf(
  { severity, code, ref, path, message, location }: Report,
  colour: (severity: Report["severity"]) => string,
): string {
  const place = location ? [location.file, location.line, location.column].filter((part) => part !== undefined) : [];
  const where = place.length > 0 ? `${place.join(":")}: ` : "";
  const whose = isSourceRef(ref) ? "" : ` ${ref.kind} ${ref.namespace}/${ref.name}`;
  return `${where}${code} ${colour(severity)}${whose}${path ? ` ${path}` : ""}: ${message}`;
}
