/** What --print-permissions tells of main is what main has: planted attempts, by the kinds of permissions. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { PERMISSIONS } from "../../src/cli/permissions.ts";
import { gateway, upstream, virtualService, withFolder } from "../../src/cli/test_terminal.ts";
import { serveUntilReady, sluice } from "./sluice_process.ts";

const PLANTED = fileURLToPath(new URL("./planted.ts", import.meta.url));

const FILES = {
  "yaml/all.yaml": [gateway(), virtualService(), upstream].join("---\n"),
  "secret": "read me",
  "bin/envoy": "#!/bin/sh\nexit 0\n",
};

/** The command line, and the kinds that it needs. */
const LINES: readonly [words: string[], keeps: string[]][] = [
  [["version"], []],
  [["help"], []],
  [["schema", "VirtualService"], []],
  [["manifests"], []],
  [["bootstrap"], []],
  [["bootstrap", "{}/yaml", "--static-fallback", "{}/fallback"], ["read", "write", "env"]],
  [["validate", "{}/yaml", "-n", "gloo-system", "-o", "json"], ["read"]],
  [["validate", "{}/yaml", "-o", "json"], ["read", "env"]],
  [["validate", "{}/yaml", "-o", "json", "--envoy", "envoy"], ["read", "write", "env", "run"]],
  [["translate", "{}/yaml"], ["read", "env"]],
  [["serve", "--config", "{}/yaml", "--state-dir", "{}/state"], ["read", "write", "net", "env"]],
];

for (const [line, keeps] of LINES) {
  Deno.test(`permissions: ${line.join(" ")} keeps ${keeps.join(", ") || "nothing"}, as it says`, async () => {
    await withFolder(FILES, async (folder) => {
      await Deno.chmod(`${folder}/bin/envoy`, 0o755);
      const words = line.map((word) => word.replace("{}", folder));
      const env = {
        PATH: `${folder}/bin:${Deno.env.get("PATH")}`,
        TMPDIR: folder,
        POD_NAMESPACE: "gloo-system",
        PLANTED_SECRET: "not for Sluice",
      };
      const { main } = JSON.parse((await sluice(["--print-permissions", ...words, "-o", "json"], { env })).out);
      assert.deepEqual(main.keeps, PERMISSIONS.filter((kind) => keeps.includes(kind)));
      const kinds = new Set(main.grants.map(({ permission }: { permission: string }) => permission));
      assert.deepEqual([...kinds].sort(), [...keeps].sort(), "each kind has a grant that says why");
      const { err } = await sluice(words, { env, preload: PLANTED });
      const { envUnlisted, runOther, ...got } = JSON.parse(err) as Record<string, boolean>;
      assert.deepEqual(
        PERMISSIONS.filter((kind) => got[kind]),
        main.keeps.filter((kind: string) => kind !== "env" || readsNamespace(main.grants)),
        err,
      );
      assert.deepEqual([envUnlisted, runOther], [false, false]);
    });
  });
}

/** Of the environment, only the variables that are named are kept. */
const readsNamespace = (grants: readonly { readonly value: string }[]): boolean =>
  grants.some(({ value }) => value === "POD_NAMESPACE");

Deno.test("--print-permissions starts nothing, writes nothing and listens nowhere, be it first or a flag of serve", async () => {
  await withFolder(FILES, async (folder) => {
    const words = ["serve", "--config", `${folder}/yaml`, "--state-dir", `${folder}/state`];
    const [first, flag] = [
      await sluice(["--print-permissions", ...words]),
      await sluice([...words, "--print-permissions"]),
    ];
    assert.deepEqual([first.code, flag.code], [0, 0]);
    assert.equal(first.out, flag.out);
    assert.match(first.out, new RegExp(`\\n  write +${folder}/state +statuses, and what was served last`));
    assert.deepEqual([...Deno.readDirSync(folder)].map(({ name }) => name).sort(), ["bin", "secret", "yaml"]);
  });
});

Deno.test("a kubeconfig is read, and credentials from a program that may not be run are refused with what to do", async () => {
  const kubeconfig = JSON.stringify({
    "current-context": "a",
    clusters: [{ name: "c", cluster: { server: "https://127.0.0.1:1" } }],
    contexts: [{ name: "a", context: { cluster: "c", user: "u" } }],
    users: [{ name: "u", user: { exec: { apiVersion: "client.authentication.k8s.io/v1", command: "/opt/login" } } }],
  });
  await withFolder({ kubeconfig }, async (folder) => {
    const words = ["serve", "--kubeconfig", `${folder}/kubeconfig`, "--state-dir", `${folder}/state`];
    const { out } = await sluice(["--print-permissions", ...words]);
    assert.match(out, /\n {2}run +\/opt\/login +the kubeconfig has credentials from it\n/);
    assert.match(out, /\n {2}net +127\.0\.0\.1:1 +the Kubernetes API server\n/);
    const { code, err } = await sluice(words);
    assert.equal(code, 2);
    assert.match(
      err,
      /^sluice serve: the kubeconfig \S+ gets its credentials from the program \/opt\/login, which .*tokenFile/,
    );
    assert.equal(err.includes("\n"), false);
  });
});

Deno.test("the Worker is granted a folder that is a link as what it is called, and comes to what it leads to", async () => {
  await withFolder({ ...FILES, "real/state/readme": "", "real/copies/readme": "" }, async (folder) => {
    for (const name of ["state", "copies"]) await Deno.symlink(`${folder}/real/${name}`, `${folder}/${name}`);
    const words = ["--config", `${folder}/yaml`, "--state-dir", `${folder}/state`];
    const { code, log } = await serveUntilReady([...words, "--static-fallback", `${folder}/copies`]);
    assert.equal(code, 0, log);
    assert.equal(/"level":"(error|warn)"/.test(log), false, log);
    assert.ok(Deno.statSync(`${folder}/real/state/served/log`).isFile);
    assert.ok(Deno.statSync(`${folder}/real/copies/gloo-system~gateway-proxy/lds.pb`).isFile);
  });
});
