import assert from "node:assert/strict";
import config from "../../deno.json" with { type: "json" };
import { builtFrom, placeFilled } from "./build_info.ts";
import { run } from "./test_terminal.ts";

Deno.test("version: says what it is, what it runs on and which Envoy it speaks to, as text and as JSON", async () => {
  const { code, out } = await run(["version", "-o", "json"]);
  assert.equal(code, 0);
  const { deno, v8 } = Deno.version;
  assert.deepEqual(JSON.parse(out), {
    version: config.version,
    commit: null,
    ...{ deno, v8 },
    envoyApi: { version: "v3", protos: "@grpc/grpc-js-xds@1.14.1", fieldsUpTo: "1.40.0" },
    envoy: "1.40.0",
  });
  const text = (await run(["version"])).out;
  for (const part of [`sluice ${config.version}\n`, "commit unknown", `deno ${deno} `, "envoy api v3 "]) {
    assert.ok(text.includes(part), part);
  }
  assert.match((await run(["version", "-o", "yaml"])).err, /--output yaml: it should be text or json/);
});

Deno.test("version: the commit is what a bundle says, and from the sources there is none", () => {
  assert.equal(builtFrom(), undefined);
  assert.equal(builtFrom(placeFilled("0123abc-dirty")), "0123abc-dirty");
});

Deno.test("version: --licences has a text for every part", async () => {
  const licences = JSON.parse((await run(["version", "--licences", "-o", "json"])).out) as Record<string, unknown>[];
  for (const { parts, text } of licences) assert.notEqual(text, "", String(parts));
  const { out } = await run(["version", "--licences"]);
  for (const part of ["deno", "v8", "js-yaml 5.5.0", "envoy api"]) {
    assert.match(out, new RegExp(`^(.*, )?${part}\\b`, "m"));
  }
});
