/**
 * `deno task sbom`: writes dist/sluice.cdx.json, what is in the executable, as CycloneDX 1.6.
 *
 * Permissions: --allow-read --allow-write=dist,.cache --allow-env --allow-run.
 */
import { fileURLToPath } from "node:url";
import config from "../deno.json" with { type: "json" };
import { protoSources } from "./gen/sources.ts";
import { commitOf } from "./packaging/commit.ts";
import { bundledPackages } from "./release/parts.ts";
import { sbomFault, sbomText } from "./release/sbom.ts";

const ROOT = fileURLToPath(new URL("../", import.meta.url));
const OUTPUT = `${ROOT}dist/sluice.cdx.json`;

const packages = await bundledPackages(ROOT, `${ROOT}.cache/release`);
const text = sbomText({
  version: config.version,
  commit: await commitOf(ROOT),
  packages,
  ...{ deno: Deno.version.deno, v8: Deno.version.v8, protos: protoSources().version },
});
const fault = await sbomFault(text);
if (fault !== undefined) throw new Error(`the list of parts is no CycloneDX: ${JSON.stringify(fault)}`);
await Deno.mkdir(`${ROOT}dist`, { recursive: true });
await Deno.writeTextFile(OUTPUT, text);
console.log(`dist/sluice.cdx.json: ${packages.length} npm packages, Deno, V8, and Envoy's messages`);
