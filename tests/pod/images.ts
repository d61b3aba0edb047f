/** Roots of containers, made as deploy/container/Containerfile makes its images, of the executables of the tests. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { EXECUTABLE } from "../executable/executables.ts";
import { envoyPath } from "../envoy/harness.ts";
import { gather, makeRoot, pathOf, runContainer, USER } from "./container.ts";

const CACHE = "/var/cache/sluice";

/** An image of Sluice: its root, and the environment that it gives. */
export interface Image {
  readonly root: string;
  readonly env: Readonly<Record<string, string>>;
}

/** The target `compiled` where `deno compile` could make the executable, else `portable`. */
export async function sluiceImage(): Promise<Image> {
  const root = await makeRoot("sluice_image_");
  if (!await isScript(EXECUTABLE)) {
    await gather(root, `${EXECUTABLE}=/usr/local/bin/sluice`);
    return { root, env: { STATE_DIRECTORY: "/var/lib/sluice" } };
  }
  const tools = ["sh", "tail", "tar", "gzip", "find", "ls", "mktemp", "mkdir", "mv", "rm", "id", "touch"];
  await gather(root, ...await Promise.all(tools.map(async (name) => `${await pathOf(name)}=/bin/${name}`)));
  // Its libraries: what has been packed cannot be asked for them.
  await gather(root, `${Deno.execPath()}=/deno`);
  await Deno.remove(join(root, "deno"));
  await Deno.mkdir(join(root, "usr/local/bin"), { recursive: true });
  await Deno.copyFile(EXECUTABLE, join(root, "usr/local/bin/sluice"));
  const env = { CACHE_DIRECTORY: CACHE, STATE_DIRECTORY: "/var/lib/sluice" };
  await Deno.mkdir(join(root, CACHE), { recursive: true });
  await Deno.chown(join(root, CACHE), USER, USER).catch(() => {});
  // While the image is made its root can be written to: the place that it unpacks itself to, here.
  const mounts = [{ from: join(root, CACHE), path: CACHE }];
  const { code, text } = await runContainer({ root, env, mounts, command: ["sluice", "version"] });
  assert.equal(code, 0, text);
  return { root, env };
}

/** The part of Envoy's stock image that its container uses. */
export async function envoyImage(): Promise<Image> {
  const root = await makeRoot("sluice_envoy_image_");
  await gather(root, `${envoyPath()}=/usr/local/bin/envoy`);
  return { root, env: {} };
}

/** Whether an executable begins as one for `sh` does. */
async function isScript(path: string): Promise<boolean> {
  using file = await Deno.open(path);
  const start = new Uint8Array(2);
  await file.read(start);
  return new TextDecoder().decode(start) === "#!";
}
