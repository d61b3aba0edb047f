import { createHash } from "node:crypto";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { gzipSync } from "node:zlib";
import { pack } from "tar-stream";
import { MAIN_MODULE, WORKER_MODULE } from "./bundle.ts";
import { portableHead } from "./portable_head.ts";
import { RUN_BUNDLE } from "./runtime_flags.ts";

/** What is unpacked: the deno binary under the product's name, and the bundle. */
const PROGRAM = "sluice";
const APP = "app";

export interface PortableOptions {
  /** The deno binary of the machine that it is for. */
  readonly deno: string;
  readonly bundle: string;
  readonly output: string;
}

/**
 * Makes one executable of a deno binary and a bundle: a head in the language of `sh`, and an archive after it. It unpacks
 * itself once to a folder that is named after what is in it, and starts Deno there with the same flags as a compiled one.
 * The same input gives the same bytes.
 */
export async function makePortable({ deno, bundle, output }: PortableOptions): Promise<void> {
  const archive = pack();
  const entry = (name: string, mode: number, bytes: Uint8Array) =>
    archive.entry({ name, mode, mtime: new Date(0), size: bytes.length }, Buffer.from(bytes));
  const packed = buffer(archive);
  entry(PROGRAM, 0o755, await Deno.readFile(deno));
  for (const name of await filesIn(bundle)) entry(`${APP}/${name}`, 0o644, await Deno.readFile(join(bundle, name)));
  archive.finalize();
  const payload = gzipSync(await packed, { level: 9 });
  const head = portableHead({
    hash: createHash("sha256").update(payload).digest("hex").slice(0, 32),
    program: PROGRAM,
    words: RUN_BUNDLE,
    modules: [`${APP}/${MAIN_MODULE}`, `${APP}/${WORKER_MODULE}`],
  });
  const part = `${output}.part`;
  await Deno.writeFile(part, head, { mode: 0o755 });
  await Deno.writeFile(part, payload, { append: true });
  await Deno.chmod(part, 0o755);
  await Deno.rename(part, output);
}

/** The files in a folder, as paths from it, in order. */
async function filesIn(folder: string, under = ""): Promise<string[]> {
  const names: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(join(folder, under))) {
    const path = under === "" ? name : `${under}/${name}`;
    if (isDirectory) names.push(...await filesIn(folder, path));
    else names.push(path);
  }
  return names.sort();
}
