import assert from "node:assert/strict";
import { registryText } from "./gen_registry.ts";

Deno.test("the registry imports plugins by name, the unserved options last, whatever the order of folders", () => {
  const text = registryText(["tls_inspector", "not_served", "static"]);
  const lines = text.split("\n");
  assert.deepEqual(lines.filter((line) => line.includes("/mod.ts")), [
    'import { plugin as staticPlugin } from "./static/mod.ts";',
    'import { plugin as tlsInspectorPlugin } from "./tls_inspector/mod.ts";',
    'import { plugin as notServedPlugin } from "./not_served/mod.ts";',
  ]);
  assert.deepEqual(lines.filter((line) => line.startsWith("  ")), [
    "  staticPlugin,",
    "  tlsInspectorPlugin,",
    "  notServedPlugin,",
  ]);
  assert.equal(registryText(["static", "not_served", "tls_inspector"]), text);
});
