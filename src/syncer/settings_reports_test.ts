import assert from "node:assert/strict";
import type { Spec } from "../api/mod.ts";
import { settingsReports } from "./settings_reports.ts";

const paths = (spec: Spec<"Settings">): string[] =>
  settingsReports({ kind: "Settings", metadata: { name: "default", namespace: "n" }, spec }).map(({ path }) => path);

Deno.test("Settings: what is served, and what is switched off, is silent", () => {
  assert.deepEqual(
    paths({
      refreshRate: "1s",
      watchNamespaces: ["a"],
      linkerd: false,
      secretOptions: { sources: [{ directory: { directory: "/x" } }] },
      gloo: { xdsBindAddr: "127.0.0.1:1", enableRestEds: false },
      gateway: { validation: { warnRouteShortCircuiting: true } },
    }),
    [],
  );
});

Deno.test("Settings: what nothing serves is reported at its path, in lists too", () => {
  assert.deepEqual(
    paths({
      linkerd: true,
      consul: { httpAddress: "x" },
      secretOptions: { sources: [{ directory: { directory: "/x" } }, { vault: { address: "y" } }] },
      gloo: { enableRestEds: true },
      gateway: { validation: { fullEnvoyValidation: true } },
    }),
    [
      "linkerd",
      "consul",
      "secretOptions.sources[1].vault",
      "gloo.enableRestEds",
      "gateway.validation.fullEnvoyValidation",
    ],
  );
});
