/** What goes out with an executable: its commit, licences, list of parts and sums. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { LICENCES_FILE, licencesFile } from "../../scripts/gen_licences.ts";
import { makeBundle } from "../../scripts/packaging/bundle.ts";
import { commitOf, writeCommit } from "../../scripts/packaging/commit.ts";
import { runDeno } from "../../scripts/packaging/run_deno.ts";
import { RUN_BUNDLE } from "../../scripts/packaging/runtime_flags.ts";
import { checksumsOf, SUMS } from "../../scripts/release/checksums.ts";
import { bundledPackages } from "../../scripts/release/parts.ts";
import { sbomFault, sbomText } from "../../scripts/release/sbom.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

async function withScratch(test: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "sluice_release_" });
  try {
    await test(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("release: a bundle knows the commit that it was made of", async () => {
  await withScratch(async (folder) => {
    const bundle = join(folder, "bundle");
    await makeBundle({ source: ROOT, folder: bundle });
    const version = async () => {
      const words = [...RUN_BUNDLE, join(bundle, "main.js"), "version", "-o", "json"];
      return JSON.parse(await runDeno(words, folder)) as { readonly commit: string | null };
    };
    assert.equal((await version()).commit, null);
    await writeCommit(bundle, "0123abc");
    assert.equal((await version()).commit, "0123abc");
    await assert.rejects(() => writeCommit(bundle, "4567def"), /no module of the bundle has a place/);
  });
  assert.equal(await commitOf(fileURLToPath(new URL("file:///"))), undefined);
});

Deno.test("release: src/cli/licences.gen.json is what `deno task gen:licences` makes", async () => {
  await withScratch(async (folder) => {
    const text = await licencesFile(join(folder, "bundle"));
    assert.equal(await Deno.readTextFile(LICENCES_FILE), text, "it is old; run deno task gen:licences");
  });
});

Deno.test("release: the list of parts is CycloneDX, is the same each time, and has what is bundled and nothing else", async () => {
  await withScratch(async (folder) => {
    const packages = await bundledPackages(ROOT, join(folder, "bundle"));
    const options = { version: "1.2.3", commit: "0123abc", packages, deno: "2.9.6", v8: "15.0", protos: "1.14.1" };
    const text = sbomText(options);
    assert.equal(await sbomFault(text), undefined);
    assert.equal(sbomText(options), text);
    assert.notEqual(await sbomFault(text.replace('"type": "platform"', '"type": "plattform"')), undefined);
    const { components } = JSON.parse(text) as { components: { readonly purl?: string }[] };
    const purls = components.flatMap(({ purl }) => purl ?? []);
    for (const part of ["pkg:npm/%40grpc/grpc-js@1.14.7", "pkg:npm/js-yaml@5.5.0", "pkg:github/denoland/deno@v2.9.6"]) {
      assert.ok(purls.includes(part), part);
    }
    // They are in deno.lock: one carries .proto files, the others are tools of tests and tasks.
    for (const part of ["grpc-js-xds", "google-auth-library", "cyclonedx", "ajv"]) {
      assert.ok(!purls.some((purl) => purl.includes(part)), part);
    }
  });
});

Deno.test("release: sha256sum takes the sums, and sees a byte that is another", async () => {
  await withScratch(async (folder) => {
    await Deno.writeTextFile(join(folder, "sluice"), "an executable");
    await Deno.writeTextFile(join(folder, "sluice.cdx.json"), "{}");
    await Deno.writeTextFile(join(folder, SUMS), await checksumsOf(folder));
    const check = async () => await new Deno.Command("sha256sum", { args: ["-c", SUMS], cwd: folder }).output();
    const { success, stdout } = await check();
    assert.ok(success);
    assert.equal(new TextDecoder().decode(stdout), "sluice: OK\nsluice.cdx.json: OK\n");
    await Deno.writeTextFile(join(folder, "sluice"), "an Executable");
    assert.ok(!(await check()).success);
  });
});
