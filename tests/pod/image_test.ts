/**
 * The image `compiled` of deploy/container/Containerfile holds a Deno program and the libraries that gather.sh finds, and
 * nothing else. Where `deno compile` cannot be had, Deno itself with the bundle stands for the executable: it is linked to
 * the same libraries.
 */
import assert from "node:assert/strict";
import { cp } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { RUN_BUNDLE } from "../../scripts/packaging/runtime_flags.ts";
import { startEnvoy, waitFor } from "../envoy/harness.ts";
import { answer, httpGateway, virtualService } from "../envoy/yaml.ts";
import { gather, makeRoot, makeVolume, removeAll, runContainer, startContainer } from "./container.ts";

const BUNDLE = fileURLToPath(new URL("../../.cache/executable/sluice.bundle", import.meta.url));
const ADMIN = "127.0.0.1:9191";

/** The program, its arguments, and where it looks for what it has not got. */
const COMMAND = ["sluice", ...RUN_BUNDLE, "/app/main.js"];
const ENV = { PATH: "/usr/local/bin", DENO_DIR: "/nowhere", DENO_NO_UPDATE_CHECK: "1" };

/** All files below a folder. */
function filesIn(folder: string): string[] {
  return [...Deno.readDirSync(folder)].flatMap(({ name, isDirectory }) =>
    isDirectory ? filesIn(join(folder, name)) : [join(folder, name)]
  );
}

Deno.test("image: a program and its libraries are enough, on a root that cannot be written to", async () => {
  const root = await makeRoot("sluice_image_");
  const [config, state] = [await makeVolume(), await makeVolume()];
  try {
    await gather(root, `${Deno.execPath()}=/usr/local/bin/sluice`);
    const files = filesIn(root).map((path) => path.slice(root.length));
    assert.deepEqual(files.filter((path) => !/^\/usr\/local\/bin\/sluice$|\/(ld-linux|lib)[^/]*\.so/.test(path)), []);
    await cp(BUNDLE, join(root, "app"), { recursive: true });
    const version = await runContainer({ root, env: ENV, command: [...COMMAND, "version"] });
    assert.deepEqual([version.code, /^sluice \d/.test(version.text)], [0, true], version.text);
    await Deno.writeTextFile(join(config, "gw.yaml"), httpGateway(8090));
    await Deno.writeTextFile(join(config, "vs.yaml"), virtualService("vs", ["*"], [answer("from the image")]));
    const mounts = [{ from: config, path: "/etc/sluice", readOnly: true }, { from: state, path: "/state" }];
    const flags = [
      "--config=/etc/sluice",
      "--state-dir=/state",
      "--xds-address=127.0.0.1:9978",
      `--admin-address=${ADMIN}`,
    ];
    const sluice = await startContainer({ root, env: ENV, mounts, command: [...COMMAND, "serve", ...flags] });
    try {
      await waitFor("sluice to be ready", async () => (await fetch(`http://${ADMIN}/readyz`)).ok)
        .catch((error) => Promise.reject(new Error(`${error}\n${sluice.log()}`)));
      const envoy = await startEnvoy({ xds: "127.0.0.1:9978" });
      try {
        await waitFor(
          "the answer",
          async () => (await (await fetch("http://127.0.0.1:8090")).text()) === "from the image",
        );
      } finally {
        await envoy.stop();
      }
      assert.equal(await sluice.stop(), 0);
    } finally {
      await sluice.stop("SIGKILL");
    }
  } finally {
    await removeAll(root, config, state);
  }
});

Deno.test("image: of a portable sluice, which is linked to nothing, gather.sh says which target to build", async () => {
  const root = await makeRoot("sluice_image_");
  const script = join(root, "sluice");
  try {
    await Deno.writeTextFile(script, "#!/bin/sh\n", { mode: 0o755 });
    await assert.rejects(() => gather(join(root, "image"), script), /build the target 'portable'/);
  } finally {
    await removeAll(root);
  }
});
