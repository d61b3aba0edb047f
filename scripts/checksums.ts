/**
 * `deno task checksums`: writes dist/SHA256SUMS over all other files of dist/, in the form that `sha256sum -c` reads.
 *
 * Permissions: --allow-read=dist --allow-write=dist.
 */
import { checksumsOf, SUMS } from "./release/checksums.ts";

const text = await checksumsOf("dist");
await Deno.writeTextFile(`dist/${SUMS}`, text);
console.log(text.trimEnd());
