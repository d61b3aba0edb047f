import { OUTER_PERMISSIONS } from "../../src/cli/outer_permissions.ts";

/** Flags of V8, and why: docs/design/house.md, "Memory". The tasks in deno.json have the same. */
const V8_FLAGS = "--max-semi-space-size=2,--no-memory-reducer,--heap-growing-percent=50";

/**
 * What the executable is started with, `deno compile`d or portable: its permissions, and how it runs. Without V8's code cache it
 * starts 40 ms later, but the first start does not take 80 MiB more than any other, and nothing is written beside it.
 */
export const RUNTIME_FLAGS: readonly string[] = [
  ...OUTER_PERMISSIONS.map(({ flag }) => flag),
  "--no-code-cache",
  "--unstable-worker-options",
  "--unstable-net",
  `--v8-flags=${V8_FLAGS}`,
];

/** What Deno itself is started with to run a bundle, but for the name of its module. */
export const RUN_BUNDLE: readonly string[] = [
  ...["run", "--quiet", "--no-config", "--no-lock", "--cached-only"],
  ...RUNTIME_FLAGS,
];
