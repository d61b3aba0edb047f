/** `sluice demo`: every line that it prints is tried. Its ports are fixed, so the set has a network of its own. */
import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { envoyPath, waitFor } from "../envoy/harness.ts";
import { makeFolder } from "../envoy/product.ts";
import { EXECUTABLE, EXECUTABLE_ENV } from "./executables.ts";

Deno.test("demo: each thing to try works as it is printed, and what was edited is left alone", async () => {
  const folder = await makeFolder({
    "sluice-demo/examples/mine.yaml": "# mine\n",
    "sluice-demo/examples/hello.yaml": HELLO,
  });
  const child = new Deno.Command(EXECUTABLE, {
    args: ["demo"],
    cwd: folder,
    env: { PATH: `${dirname(envoyPath())}:${Deno.env.get("PATH")}`, ...EXECUTABLE_ENV },
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  try {
    let text = "";
    const printed = (async () => {
      for await (const chunk of child.stdout.pipeThrough(new TextDecoderStream())) text += chunk;
    })();
    await waitFor("the lines to try", () => text.includes("Ctrl-C ends the demo."));
    const lines = text.split("\n").filter((line) => line.startsWith("curl "));
    assert.equal(lines.length, 12);
    for (const line of lines) {
      const answer = await waitFor(line, async () => {
        const { success, stdout } = await new Deno.Command("sh", {
          args: ["-c", line.replace("curl ", "curl --fail ")],
          cwd: folder,
        }).output();
        return success && new TextDecoder().decode(stdout);
      });
      assert.notEqual(answer, "", line);
    }
    assert.equal(await Deno.readTextFile(join(folder, "sluice-demo/examples/hello.yaml")), HELLO);
    child.kill("SIGINT");
    assert.equal((await child.status).code, 0);
    await printed;
  } finally {
    try {
      child.kill("SIGKILL");
    } catch {
      // It has ended.
    }
    await child.status;
    await Deno.remove(folder, { recursive: true });
  }
});

/** The example with another body where it answers by itself. */
const HELLO = (await Deno.readTextFile(new URL("../../examples/hello.yaml", import.meta.url))).replace("ok", "mine");
