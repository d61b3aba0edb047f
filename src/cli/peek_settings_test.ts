import assert from "node:assert/strict";
import type { Spec } from "../api/mod.ts";
import { resolveConfig, SERVE_FLAGS } from "./config.ts";
import { type Command, readArguments } from "./command.ts";
import { peekSettings } from "./peek_settings.ts";
import { loadSettings } from "./settings.ts";
import { withFolder } from "./test_terminal.ts";

const SETTINGS = `
metadata: {name: default, namespace: gloo-system}
discoveryNamespace: apps
watchNamespaces: [gloo-system, apps]
refreshRate: 1s
directoryConfigSource: {directory: /etc/config}
directorySecretSource: {directory: /etc/secrets}
directoryArtifactSource: {directory: /etc/artifacts}
secretOptions:
  sources:
  - directory: {directory: /etc/more-secrets}
gloo:
  xdsBindAddr: 127.0.0.1:9000
  removeUnusedFilters: true
`;

Deno.test("a peek at Settings gives the configuration that reading them with all rules gives", async () => {
  await withFolder({ "gloo-system/default.yaml": SETTINGS }, async (folder) => {
    const args = readArguments({ flags: SERVE_FLAGS, most: 0 } as Command, ["--dir", folder]);
    const { settings } = await loadSettings(folder, "gloo-system");
    assert(settings);
    assert.equal(settings.gloo?.xdsBindAddr, "127.0.0.1:9000");
    const config = (of: Spec<"Settings"> | undefined) => resolveConfig(args, () => undefined, of);
    assert.deepEqual(config(peekSettings(`${folder}/`, "gloo-system")), config(settings));
  });
});

Deno.test("a peek passes over what is of another type, and gives nothing where there is no YAML", async () => {
  const odd =
    "discoveryNamespace: 7\ngloo: []\ndirectoryConfigSource: here\nsecretOptions: {sources: [{directory: 1}]}\n";
  const files = { "odd/default.yaml": odd, "bad/default.yaml": "a: [", "text/default.yaml": "hello" };
  await withFolder(files, (folder) => {
    const flags = readArguments({ flags: SERVE_FLAGS, most: 0 } as Command, ["--dir", folder]);
    const config = resolveConfig(flags, () => undefined, peekSettings(folder, "odd"));
    assert.deepEqual(config, resolveConfig(flags, () => undefined, {}));
    for (const namespace of ["bad", "text", "none"]) assert.equal(peekSettings(folder, namespace), undefined);
    return Promise.resolve();
  });
});
