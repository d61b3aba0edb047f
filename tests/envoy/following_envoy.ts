import assert from "node:assert/strict";
import { join } from "node:path";
import { load } from "js-yaml";
import { run } from "../../src/cli/test_terminal.ts";
import { type RunningEnvoy, startEnvoy } from "./harness.ts";
import type { MountedSecret } from "./mounted_secret.ts";

/** Starts an Envoy of this role, that follows a mounted Secret, with what `sluice bootstrap --tls-dir` writes. */
export async function followingEnvoy(
  { folder }: MountedSecret,
  role: string,
  xdsAddress: string,
  until: "live" | "admin" = "live",
): Promise<RunningEnvoy> {
  const out = await Deno.makeTempDir({ prefix: "sluice_bootstrap_" });
  const flags = ["--role", role, "--xds-address", xdsAddress, "--tls-dir", folder, "--out-dir", out];
  assert.deepEqual(await run(["bootstrap", ...flags]), { code: 0, out: "", err: "" });
  const bootstrap = load(await Deno.readTextFile(join(out, "envoy.yaml"))) as Record<string, unknown>;
  const envoy = await startEnvoy({ bootstrap, until });
  return {
    ...envoy,
    stop: async () => {
      await envoy.stop();
      await Deno.remove(out, { recursive: true });
    },
  };
}
