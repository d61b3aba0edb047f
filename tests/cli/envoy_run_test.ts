/** Which Envoy the executable may run: that which PATH has under the name envoy. */
import assert from "node:assert/strict";
import { gateway, upstream, virtualService, withFolder } from "../../src/cli/test_terminal.ts";
import { envoyPath } from "../envoy/harness.ts";
import { sluice } from "./sluice_process.ts";

Deno.test("validate --envoy: the envoy of PATH, by name and by path; any other is refused with what to do", async () => {
  const files = { "yaml/a.yaml": [gateway(), virtualService(), upstream].join("---\n"), "bin/readme": "" };
  await withFolder(files, async (folder) => {
    const envoy = `${folder}/bin/envoy`;
    await Deno.symlink(envoyPath(), envoy);
    const asked = (path: string, env: Record<string, string> = {}) =>
      sluice(["validate", `${folder}/yaml`, "--envoy", path], { env: { PATH: `${folder}/bin:/usr/bin:/bin`, ...env } });
    for (const path of ["envoy", envoy]) {
      const { code, err } = await asked(path);
      assert.deepEqual({ code, err }, { code: 0, err: "3 resources, 0 errors, 0 warnings" });
    }
    const other = await asked(envoyPath());
    assert.equal(other.code, 2);
    assert.match(other.err, /only the program that PATH has under the name envoy; put .* first in PATH/);
    const library = await asked("envoy", { LD_LIBRARY_PATH: folder });
    assert.equal(library.code, 2);
    assert.match(library.err, /begin with env -u LD_LIBRARY_PATH sluice/);
    const nowhere = await asked("envoy", { PATH: "/usr/bin:/bin" });
    assert.equal(nowhere.code, 2);
    assert.match(nowhere.err, /there is no program envoy in PATH/);
  });
});
