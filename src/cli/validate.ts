import { idKey } from "../api/mod.ts";
import type { Report } from "../report/mod.ts";
import { type Command, type Terminal, UsageError } from "./command.ts";
import { DEFAULT_NAMESPACE } from "./config.ts";
import { loadConfiguration } from "./load.ts";

export const command: Command = {
  name: "validate",
  usage: "DIR... [FLAGS]",
  summary: "Reports what is wrong in folders of Gloo YAML, as file:line:column code message. " +
    "Exit code 1 where there are errors.",
  examples: [
    "sluice validate /etc/sluice",
    "sluice validate . --strict -o json",
    "sluice validate . --envoy /usr/bin/envoy",
  ],
  flags: {
    strict: { type: "switch", doc: "warnings count as errors" },
    output: { type: "text", short: "o", doc: "text or json", default: "text" },
    envoy: { type: "text", doc: "an Envoy binary, which is asked whether it takes the result" },
    namespace: { type: "text", short: "n", doc: "namespace of Gateways", default: DEFAULT_NAMESPACE },
  },
  async run(args, terminal) {
    if (args.positionals.length === 0) throw new UsageError("which folder? sluice validate DIR");
    const output = args.text("output") ?? "text";
    if (output !== "text" && output !== "json") throw new UsageError(`--output ${output}: it should be text or json`);
    const loaded = await loadConfiguration(args.positionals, args.text("namespace") ?? DEFAULT_NAMESPACE);
    const reports = [...loaded.reports];
    const errors = reports.filter(({ severity }) => severity === "error").length;
    const refusals = args.text("envoy") ? await askEnvoy(args.text("envoy")!, loaded) : [];
    if (output === "json") terminal.out(JSON.stringify({ reports, envoy: refusals }, null, 2));
    else printReports(terminal, reports, refusals, loaded.resources);
    return errors > 0 || refusals.length > 0 || (args.has("strict") && reports.length > 0) ? 1 : 0;
  },
};

async function askEnvoy(binary: string, loaded: Awaited<ReturnType<typeof loadConfiguration>>): Promise<string[]> {
  const { refusalOf } = await import("./envoy_validate.ts");
  const refusals: string[] = [];
  for (const { role, snapshot } of loaded.proxies) {
    const refusal = await refusalOf(binary, snapshot);
    if (refusal !== undefined) refusals.push(`${role}: ${refusal}`);
  }
  return refusals;
}

function printReports(
  terminal: Terminal,
  reports: readonly Report[],
  refusals: readonly string[],
  resources: number,
): void {
  for (const report of reports) terminal.out(lineOf(report));
  for (const refusal of refusals) terminal.out(`envoy refuses ${refusal}`);
  const count = (severity: string): number => reports.filter((report) => report.severity === severity).length;
  terminal.err(`${resources} resources, ${count("error")} errors, ${count("warning")} warnings`);
}

/** `file:line:column SLUICE-1234 error VirtualService n/a virtualHost.routes[0]: message`, as editors and grep like it. */
function lineOf({ severity, code, ref, path, message, location }: Report): string {
  const place = location ? [location.file, location.line, location.column].filter((part) => part !== undefined) : [];
  const where = place.length > 0 ? `${place.join(":")}: ` : "";
  return `${where}${code} ${severity} ${idKey(ref)}${path ? ` ${path}` : ""}: ${message}`;
}
