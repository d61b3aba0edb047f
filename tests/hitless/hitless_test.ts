/** Hitless edits, and that the harness would see it if they were not. */
import assert from "node:assert/strict";
import type { Fault } from "./ledger.ts";
import { report } from "./report.ts";
import { hitlessRun, type RunOptions } from "./run.ts";

const FORMS = ["sotw", "delta"] as const;

Deno.test("hitless: random valid edits under steady traffic lose nothing", async () => {
  const result = await hitlessRun({ seed: 1, edits: 60, forms: FORMS, mostMs: 12_000 });
  assert.deepEqual(result.faults, [], report(result));
});

/** Edits that break something unless the new is made before the old is broken. */
const KINDS = [
  "upstream added with a route",
  "upstream renamed with its routes",
  "upstream removed with its routes",
  "VirtualService moved between gateways",
] as const;

/** Runs until all of that has happened at both Envoys. */
async function failsWith(options: Partial<RunOptions>, ...wanted: RegExp[]): Promise<void> {
  const missing = (faults: readonly Fault[]) =>
    FORMS.flatMap((form) => {
      const whats = faults.filter(({ proxy }) => proxy === form).map(({ what }) => what);
      return wanted.filter((one) => !whats.some((what) => one.test(what))).map((one) => `${form}: ${one}`);
    });
  const until = (faults: readonly Fault[]) => missing(faults).length === 0;
  const result = await hitlessRun({
    seed: 2,
    edits: 200,
    forms: FORMS,
    kinds: KINDS,
    until,
    mostMs: 60_000,
    ...options,
  });
  assert.deepEqual(missing(result.faults), [], report(result));
}

Deno.test("hitless: the harness sees it where routes do not wait for their clusters", async () => {
  await failsWith({ settings: { warmTimeout: "0s" } }, /status 503/);
});

Deno.test("hitless: the harness sees it where clusters go along with their routes", async () => {
  // Who waits for another try finds its cluster gone.
  await failsWith({ settings: { removalGrace: "0s" } }, /retry: status 503/);
});

Deno.test("hitless: the harness sees it where a listener is changed and drains", async () => {
  const options = { kinds: ["listener: options of a gateway changed"], listenersStay: true } as const;
  await failsWith(options, /listener updates for 0 edits/, /connection: close/, /GOAWAY/);
});

Deno.test("hitless: Sluice starts again inside, several times on end, when the folder's link is turned", async () => {
  const result = await hitlessRun({ seed: 3, edits: 4, forms: FORMS, kinds: ["folder's link turned"] });
  assert.deepEqual(result.faults, [], report(result));
});
