import assert from "node:assert/strict";
import type { ResourceStatus } from "../../report/mod.ts";
import { dumpYaml, parseYaml } from "../yaml/mod.ts";
import { createFileStatusWriter, statusText } from "./status_writer.ts";

const SCRATCH = ".cache/test";

const status = (name: string, state: ResourceStatus["state"], more: Partial<ResourceStatus> = {}): ResourceStatus => ({
  kind: "VirtualService",
  namespace: "n",
  name,
  state,
  reason: "",
  reports: [],
  messages: [],
  ...more,
});

async function inFolder(check: (folder: string) => Promise<void>): Promise<void> {
  await Deno.mkdir(SCRATCH, { recursive: true });
  const folder = await Deno.makeTempDir({ dir: SCRATCH });
  await check(folder);
  await Deno.remove(folder, { recursive: true });
}

const filesIn = (folder: string): string[] => [...Deno.readDirSync(folder)].map(({ name }) => name).sort();

Deno.test("status files: Gloo's shape, with reports and their places as details", async () => {
  await inFolder(async (folder) => {
    const writer = createFileStatusWriter(folder, "gloo-system", assert.fail);
    const ref = { kind: "VirtualService" as const, namespace: "n", name: "a" };
    const report = { severity: "error" as const, code: "SLUICE-1003" as const, ref, path: "x", message: "wrong" };
    const reports = [{ ...report, location: { file: "a.yaml", line: 3, column: 5 } }];
    await writer.write([status("a", "Rejected", { reason: "1 error", reports, messages: ["held"] })], []);
    const read = parseYaml(await Deno.readTextFile(`${folder}/virtualservices/n/a.yaml`));
    assert.deepEqual("value" in read && read.value, {
      kind: "VirtualService",
      metadata: { name: "a", namespace: "n" },
      namespacedStatuses: {
        statuses: {
          "gloo-system": {
            state: "Rejected",
            reportedBy: "gateway",
            reason: "1 error",
            messages: ["held"],
            details: {
              reports: [{
                severity: "error",
                code: "SLUICE-1003",
                path: "x",
                message: "wrong",
                location: { file: "a.yaml", line: 3, column: 5 },
              }],
            },
          },
        },
      },
    });
  });
});

Deno.test("status files: what is removed goes, and so does what an earlier run left; nothing is left half written", async () => {
  await inFolder(async (folder) => {
    await createFileStatusWriter(folder, "gloo-system", assert.fail).write([
      status("old", "Accepted"),
      status("kept", "Accepted"),
    ], []);
    const writer = createFileStatusWriter(folder, "gloo-system", assert.fail);
    await writer.write([status("kept", "Warning"), status("new", "Accepted")], []);
    assert.deepEqual(filesIn(`${folder}/virtualservices/n`), ["kept.yaml", "new.yaml"]);
    assert.match(await Deno.readTextFile(`${folder}/virtualservices/n/kept.yaml`), /state: Warning/);
    await writer.write([], [{ kind: "VirtualService", namespace: "n", name: "new" }]);
    assert.deepEqual(filesIn(`${folder}/virtualservices/n`), ["kept.yaml"]);
  });
});

Deno.test("status files: a name that leads elsewhere is written nowhere and removes nothing", async () => {
  await inFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/mine.yaml`, "mine");
    const writer = createFileStatusWriter(`${folder}/status`, "gloo-system", assert.fail);
    await writer.write([status("../../../mine", "Rejected"), status("a", "Accepted")], []);
    await writer.write([], [{ kind: "VirtualService", namespace: "n", name: "../../../mine" }]);
    assert.equal(await Deno.readTextFile(`${folder}/mine.yaml`), "mine");
    assert.deepEqual(filesIn(`${folder}/status/virtualservices/n`), ["a.yaml"]);
  });
});

Deno.test("status files: one that cannot be written is told, and the others are written", async () => {
  await inFolder(async (folder) => {
    const failed: string[] = [];
    const writer = createFileStatusWriter(folder, "gloo-system", (path) => failed.push(path));
    await Deno.writeTextFile(`${folder}/upstreams`, "a file where a folder is wanted");
    await writer.write([status("u", "Accepted", { kind: "Upstream" }), status("a", "Accepted")], []);
    assert.deepEqual(failed, [`${folder}/upstreams/n/u.yaml`]);
    assert.deepEqual(filesIn(`${folder}/virtualservices/n`), ["a.yaml"]);
  });
});

Deno.test("status files: what an earlier run wrote alike is left alone, what is different is not", async () => {
  await inFolder(async (folder) => {
    const statuses = Array.from({ length: 100 }, (_, i) => status(`a${i}`, "Accepted"));
    await createFileStatusWriter(folder, "gloo-system", assert.fail).write(statuses, []);
    const at = (name: string): string => `${folder}/virtualservices/n/${name}.yaml`;
    const inodes = () => statuses.map(({ name }) => Deno.statSync(at(name)).ino);
    const before = inodes();
    await Deno.writeTextFile(at("a7"), "kind: ");
    await Deno.remove(at("a8"));
    const writer = createFileStatusWriter(folder, "gloo-system", assert.fail);
    await writer.write(statuses.map((one) => one.name === "a9" ? { ...one, state: "Warning" } : one), []);
    const after = inodes();
    assert.deepEqual(
      statuses.filter((_, i) => before[i] !== after[i] || i === 8).map(({ name }) => name),
      ["a7", "a8", "a9"],
    );
    assert.equal(await Deno.readTextFile(at("a7")), statusText(statuses[7]!, "gloo-system"));
    assert.match(await Deno.readTextFile(at("a9")), /state: Warning/);
  });
});

Deno.test("status files: a status without anything to say has the text that the library gives it", () => {
  const names = ["a", "a-b.c", "on", "no", "y", "null", "true", "1", "1e3", "0x1f", "2001-01-01", "e1", "nan", "inf"];
  const long = "x".repeat(63);
  for (const name of [...names, `${long}.${long}.${long}`]) {
    for (const [namespace, controller] of [["n", "gloo-system"], ["n1", "off"], ["team-a", "1"]] as const) {
      for (const kind of ["VirtualService", "Upstream"] as const) {
        const one = status(name, "Accepted", { namespace, kind });
        const statuses = {
          [controller]: { state: "Accepted", reportedBy: kind === "Upstream" ? "gloo" : "gateway" },
        };
        const wanted = dumpYaml({ kind, metadata: { name, namespace }, namespacedStatuses: { statuses } });
        assert.equal(statusText(one, controller), wanted);
      }
    }
  }
});
