/** The package as a file; what becomes of it once it is installed: booted_test.ts. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { join } from "node:path";
import { makeDeb } from "../../scripts/packaging/deb.ts";
import { runProgram } from "../../scripts/packaging/run_program.ts";
import { makeFolder } from "../envoy/product.ts";
import { EXECUTABLE } from "../executable/executables.ts";

const isMissing = await runProgram("dpkg-deb", ["--version"]).then(() => false, () => true);
const leftOut = isMissing ? " (left out: there is no dpkg-deb)" : "";

Deno.test(
  { name: `deb: the same input gives the same bytes, and all is root's${leftOut}`, ignore: isMissing },
  async () => {
    const folder = await makeFolder();
    try {
      const make = async (name: string): Promise<Uint8Array> => {
        const output = join(folder, name);
        await makeDeb({
          executable: EXECUTABLE,
          version: "1.2.3",
          architecture: "amd64",
          seconds: 1_700_000_000,
          output,
        });
        return await Deno.readFile(output);
      };
      const [one, other] = [await make("one.deb"), await make("other.deb")];
      assert.ok(one.length > 1e6);
      assert.ok(Buffer.from(one).equals(Buffer.from(other)));
      const listed = await runProgram("dpkg-deb", ["--contents", join(folder, "one.deb")]);
      const lines = listed.trim().split("\n").map((line) => line.split(/\s+/));
      for (const [mode, owner, , date, , path] of lines) {
        assert.deepEqual([owner, date], ["root/root", "2023-11-14"], path!);
        assert.equal(
          mode,
          mode!.startsWith("d") ? "drwxr-xr-x" : path === "./usr/bin/sluice" ? "-rwxr-xr-x" : "-rw-r--r--",
        );
      }
      assert.equal(
        await runProgram("dpkg-deb", ["--info", join(folder, "one.deb"), "conffiles"]),
        "/etc/default/sluice\n/etc/sluice/README\n",
      );
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
);
