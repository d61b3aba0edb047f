/** The units as systemd reads them: nothing that it does not know, and how exposed they are. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { makeFolder } from "../envoy/product.ts";

/** What `systemd-analyze security` may come to at most, in tenths. docs/systemd.md tells of what is left. */
const EXPOSURE = { "sluice.service": 11, "envoy.service": 15 };

async function analyze(...args: string[]): Promise<{ code: number; text: string }> {
  const { code, stdout, stderr } = await new Deno.Command("systemd-analyze", { args }).output();
  const text = new TextDecoder();
  return { code, text: text.decode(stdout) + text.decode(stderr) };
}

const version = await analyze("--version").then(
  ({ text }) => Number(/^systemd (\d+)/.exec(text)?.[1]),
  () => undefined,
);
const isMissing = version === undefined;
/** Others weigh and know other settings: there the bound holds, and nothing finer is asked. */
const JUDGED_BY = 252;
const leftOut = isMissing ? " (left out: there is no systemd-analyze)" : "";

for (const [unit, exposure] of Object.entries(EXPOSURE)) {
  Deno.test({
    name: `systemd: ${unit} is understood, and exposed no more than it must be${leftOut}`,
    ignore: isMissing,
    fn: async () => {
      const text = await Deno.readTextFile(`deploy/systemd/${unit}`);
      // The program is not on this machine.
      const folder = await makeFolder({ [unit]: text.replace(/^ExecStart=\S+/m, "ExecStart=/bin/true") });
      try {
        const file = join(folder, unit);
        const verified = await analyze("verify", "--man=no", file);
        assert.equal(verified.code, 0, verified.text);
        if (version === JUDGED_BY) assert.equal(verified.text, "");
        const args = ["security", "--offline=yes", "--no-pager", `--threshold=${exposure}`, file];
        const { code, text: judged } = await analyze(...args);
        assert.equal(code, 0, judged);
        if (version !== JUDGED_BY) return;
        const tighter = await analyze(...args.with(3, `--threshold=${exposure - 1}`));
        assert.notEqual(tighter.code, 0, "it is less exposed by now: tell so in docs/systemd.md and here");
      } finally {
        await Deno.remove(folder, { recursive: true });
      }
    },
  });
}
