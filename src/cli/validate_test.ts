import assert from "node:assert/strict";
import { gateway, run, upstream, virtualService, withFolder } from "./test_terminal.ts";

const GOOD = { "gateway.yaml": gateway(), "site.yaml": virtualService(), "blue.yaml": upstream };

/** Runs validate on files, and gives its lines without the folder's name. */
async function validated(files: Record<string, string>, ...flags: string[]) {
  let ran = { code: -1, out: "", err: "" };
  await withFolder(files, async (folder) => {
    ran = await run(["validate", folder, ...flags]);
    ran = { ...ran, out: ran.out.replaceAll(`${folder}/`, ""), err: ran.err.replaceAll(folder, "DIR") };
  });
  return ran;
}

Deno.test("validate: what is good prints nothing but its sum", async () => {
  assert.deepEqual(await validated(GOOD), { code: 0, out: "", err: "3 resources, 0 errors, 0 warnings" });
});

Deno.test("validate: each kind of mistake is a line that names place, code, severity, resource and path", async () => {
  const mistakes: [name: string, file: string, line: RegExp][] = [
    [
      "a misspelt field",
      virtualService("{}", "site", "{prefxi: /}"),
      /^site\.yaml:8:21: SLUICE-1002 error VirtualService gloo-system\/site virtualHost\.routes\[0\]\.matchers\[0\]\.prefxi: .*did you mean prefix\?$/m,
    ],
    ["a duration", virtualService("{timeout: 5}"), /^site\.yaml:10:\d+: SLUICE-1003 error .*options\.timeout: .*"5s"/m],
    ["a regex", virtualService("{}", "site", "{regex: '/('}"), /^site\.yaml:8:\d+: SLUICE-1330 error .*RE2/m],
    ["not served", virtualService("{jwt: {}}"), /^site\.yaml:10:\d+: SLUICE-1401 error .*not served/m],
    ["no YAML", "a: [", /^site\.yaml:1:\d+: SLUICE-1001 error: ./m],
    [
      "no name",
      virtualService().replace("name: site", "nmae: site"),
      /^site\.yaml:3:\d+: SLUICE-1006 error metadata: /m,
    ],
    [
      "a kind",
      virtualService().replace("VirtualService", "VirtualServce"),
      /:2:1: SLUICE-1008 .*mean VirtualService\?/m,
    ],
  ];
  for (const [name, site, line] of mistakes) {
    const { code, out } = await validated({ ...GOOD, "site.yaml": site });
    assert.match(out, line, name);
    assert.equal(code, 1, name);
  }
});

Deno.test("validate: warnings fail only with --strict; lines come in the order of files", async () => {
  const files = { ...GOOD, "a.yaml": virtualService("{}", "z-last"), "blue.yaml": "" };
  const { code, out, err } = await validated(files);
  assert.equal(code, 0);
  assert.deepEqual(out.split("\n").map((line) => line.split(":")[0]), ["a.yaml", "site.yaml"]);
  assert.equal(err, "3 resources, 0 errors, 2 warnings");
  assert.equal((await validated(files, "--strict")).code, 1);
});

Deno.test("validate: a folder without resources is told, as it is most likely the wrong one", async () => {
  const { code, err } = await validated({ "README.md": "hello" });
  assert.equal(code, 0);
  assert.match(err, /^warning: no resource in DIR; \.yaml, \.yml and \.json files are read\n0 resources/);
  assert.equal((await validated({}, "--strict")).code, 1);
});

Deno.test("validate: a folder that is not there is a mistake on the command line; a single file will do", async () => {
  await withFolder(GOOD, async (folder) => {
    const missing = await run(["validate", `${folder}/nowhere`]);
    assert.deepEqual(missing, { code: 2, out: "", err: `sluice validate: there is no ${folder}/nowhere` });
    assert.match((await run(["validate", `${folder}/blue.yaml`])).err, /^1 resource, 0 errors/);
  });
});

Deno.test("validate -o json: reports with ref and location, for programs", async () => {
  const { code, out } = await validated({ ...GOOD, "site.yaml": virtualService("{timeout: soon}") }, "-o", "json");
  assert.equal(code, 1);
  const { reports, envoy } = JSON.parse(out);
  assert.deepEqual(envoy, []);
  assert.equal(reports.length, 1);
  assert.equal(reports[0].code, "SLUICE-1003");
  assert.deepEqual(reports[0].ref, { kind: "VirtualService", namespace: "gloo-system", name: "site" });
  assert.deepEqual(reports[0].location, { file: "site.yaml", line: 10, column: 19 });
  assert.match((await validated(GOOD, "-o", "yaml")).err, /should be text or json/);
});

Deno.test("validate --dir: Gloo's layout by its Settings, with the namespaces that they watch", async () => {
  const bare = (text: string): string => {
    const [head = "", spec = ""] = text.split("spec:\n");
    return head.split("\n")[2] + "\n" + spec.replace(/^ {2}/gm, "");
  };
  await withFolder({
    "config/virtualservices/gloo-system/site.yaml": bare(virtualService()),
    "config/gateways/gloo-system/gateway.yaml": bare(gateway()),
    "config/upstreams/gloo-system/blue.yaml": bare(upstream),
    "config/upstreams/elsewhere/red.yaml": "metadata: {name: red, namespace: elsewhere}\nstatic: {}\n",
  }, async (folder) => {
    await Deno.mkdir(`${folder}/edge`);
    const settings = (namespaces: string): Promise<void> =>
      Deno.writeTextFile(
        `${folder}/edge/default.yaml`,
        `directoryConfigSource: {directory: ${folder}/config}\nwatchNamespaces: [${namespaces}]\n`,
      );
    await settings("gloo-system");
    const validate = () => run(["validate", "--dir", folder], { POD_NAMESPACE: "edge" });
    assert.deepEqual(await validate(), { code: 0, out: "", err: "4 resources, 0 errors, 0 warnings" });
    await settings("");
    assert.match((await validate()).err, /^5 resources/);
    assert.match((await run(["validate", "--dir", folder])).err, /there are no Settings: .*gloo-system\/default\.yaml/);
  });
});
