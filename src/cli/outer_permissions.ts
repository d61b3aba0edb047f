import { ENVIRONMENT } from "./environment.ts";

/** A flag of `deno run` and `deno compile`, and what for. */
export interface OuterPermission {
  readonly flag: string;
  readonly reason: string;
}

/**
 * What the executable is started with at most. Each command gives up what it does not need ({@link Command.needs}), and what
 * serves does so in a Worker with exactly what its configuration needs.
 */
export const OUTER_PERMISSIONS: readonly OuterPermission[] = [
  { flag: "--no-prompt", reason: "what is not granted is refused, and nobody is asked" },
  { flag: "--allow-read", reason: "which folders there are to read is known with the command line" },
  { flag: "--allow-write", reason: "and so are the state folder and --out" },
  { flag: "--allow-net", reason: "and so are addresses" },
  { flag: `--allow-env=${ENVIRONMENT.map(({ name }) => name).join()}`, reason: "those that are documented" },
  {
    flag: "--ignore-env",
    reason: "any other reads as not set: client-node, which reads kubeconfigs, looks at all of the environment " +
      "when it is loaded, and would be refused",
  },
  { flag: "--allow-run=envoy", reason: "the program that PATH finds under this name when Sluice starts" },
];
