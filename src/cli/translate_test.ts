import assert from "node:assert/strict";
import { createAuthority } from "../../scripts/certificates.ts";
import { gateway, headerSecret, HIDDEN, run, upstream, virtualService, withFolder } from "./test_terminal.ts";

const WITH_SECRET = {
  "gateway.yaml": gateway(),
  "site.yaml": virtualService(
    "{headerManipulation: {requestHeadersToAdd: [{headerSecretRef: {name: token, namespace: gloo-system}}]}}",
  ),
  "blue.yaml": upstream,
  "token.yaml": headerSecret,
};

/** A port with TLS, whose certificate is a Secret; and the key, which must never be shown. */
async function withTls(): Promise<{ files: Record<string, string>; key: string }> {
  const { cert, key } = await createAuthority("site.test");
  const metadata = { name: "site-tls", namespace: "gloo-system" };
  const data = { "tls.crt": btoa(cert), "tls.key": btoa(key) };
  return {
    key,
    files: {
      "gateway.yaml": gateway().replace("httpGateway", "ssl: true\n  httpGateway"),
      "site.yaml": virtualService() + "  sslConfig: {secretRef: {name: site-tls, namespace: gloo-system}}\n",
      "blue.yaml": upstream,
      "tls.json": JSON.stringify({ apiVersion: "v1", kind: "Secret", type: "kubernetes.io/tls", metadata, data }),
    },
  };
}

Deno.test("translate prints the EnvoySnapshot by role, as YAML or JSON, and secrets never", async () => {
  await withFolder(WITH_SECRET, async (folder) => {
    const yaml = await run(["translate", folder]);
    assert.deepEqual([yaml.code, yaml.err], [0, ""]);
    assert.match(yaml.out, /^gloo-system~gateway-proxy:\n {2}listeners:\n {4}- name: listener-127\.0\.0\.1-8080$/m);
    const json = await run(["translate", folder, "-o", "json"]);
    const { listeners, clusters } = JSON.parse(json.out)["gloo-system~gateway-proxy"];
    assert.deepEqual([listeners.length, clusters.length], [1, 1]);
    for (const { out } of [yaml, json]) {
      assert.equal(out.includes(HIDDEN), false);
      assert.match(out, /x-token[^]{1,40}\[redacted\]/, "the header is there, its value is not");
    }
  });
});

Deno.test("translate --static: a bootstrap and key files, both for their owner only", async () => {
  const { files, key } = await withTls();
  const below = Object.fromEntries(Object.entries(files).map(([name, text]) => [`config/${name}`, text]));
  await withFolder(below, async (folder) => {
    const shown = await run(["translate", `${folder}/config`]);
    assert.equal(shown.code, 0);
    assert.match(shown.out, /inlineString: '\[redacted\]'/);
    assert.equal(shown.out.includes(key.split("\n")[1]!), false);
    await Deno.mkdir(`${folder}/out`);
    await Deno.writeTextFile(`${folder}/out/envoy.json`, "old, and readable by all", { mode: 0o644 });
    const ran = await run([
      "translate",
      `${folder}/config`,
      "--static",
      "--out",
      `${folder}/out/envoy.json`,
      "-o",
      "json",
    ]);
    assert.deepEqual(ran, { code: 0, out: "", err: "" });
    for (const file of ["envoy.json", "gloo-system_site-tls.key"]) {
      assert.equal((await Deno.stat(`${folder}/out/${file}`)).mode! & 0o777, 0o600, file);
    }
    assert.equal(await Deno.readTextFile(`${folder}/out/gloo-system_site-tls.key`), key);
    const bootstrap = await Deno.readTextFile(`${folder}/out/envoy.json`);
    assert.equal(bootstrap.includes("PRIVATE KEY"), false);
    assert.ok(bootstrap.includes(`${folder}/out/gloo-system_site-tls.key`));
    assert.equal(JSON.parse(bootstrap).admin.address.socketAddress.portValue, 19000);
  });
});

Deno.test("translate --static: a cluster has its endpoints, also where they have a name of their own", async () => {
  for (const spec of ["", "  useHttp2: true\n"]) {
    const files = { ...WITH_SECRET, "blue.yaml": `${upstream.trimEnd()}\n${spec}` };
    await withFolder(files, async (folder) => {
      await Deno.mkdir(`${folder}/out`);
      const out = `${folder}/out/envoy.json`;
      await run(["translate", folder, "--static", "--out", out, "-o", "json"]);
      const { clusters } = JSON.parse(await Deno.readTextFile(out)).staticResources;
      const [{ name, type, loadAssignment }] = clusters;
      assert.deepEqual([type, loadAssignment.clusterName], ["STATIC", name]);
      assert.equal(loadAssignment.endpoints[0].lbEndpoints.length, 1);
    });
  }
});

Deno.test("translate: what has no fault is translated, and the exit code and a line say that something has", async () => {
  const files = { ...WITH_SECRET, "bad.yaml": virtualService("{}", "other", "{prefxi: /}") };
  await withFolder(files, async (folder) => {
    const { code, out, err } = await run(["translate", folder]);
    assert.equal(code, 1);
    assert.equal(err, `sluice translate: 1 error; sluice validate ${folder} tells which`);
    assert.match(out, /site\.test/);
  });
});

Deno.test("translate: roles are chosen by --role; --static wants one", async () => {
  const files = { ...WITH_SECRET, "edge.yaml": gateway(8081, "edge") };
  await withFolder(files, async (folder) => {
    const one = await run(["translate", folder, "--role", "gloo-system~edge", "-o", "json"]);
    assert.deepEqual(Object.keys(JSON.parse(one.out)), ["gloo-system~edge"]);
    const roles = /gloo-system~edge, gloo-system~gateway-proxy/;
    const out = ["--out", `${folder}/out.yaml`];
    for (const words of [["--role", "edge"], ["--static", ...out]]) {
      const { code, err } = await run(["translate", folder, ...words]);
      assert.equal(code, 2);
      assert.match(err, roles);
    }
    assert.equal((await run(["translate", folder, ...out])).out, "");
    assert.match(await Deno.readTextFile(`${folder}/out.yaml`), /^gloo-system~edge:$/m);
  });
});

Deno.test("translate: flags that cannot be meant are refused", async () => {
  await withFolder(WITH_SECRET, async (folder) => {
    const refused: [string[], RegExp][] = [
      [["-o", "xml"], /should be yaml or json/],
      [["--static"], /--static needs --out FILE/],
      [["--static", "--out", `${folder}/e.yaml`, "--admin-address", "nowhere"], /should be HOST:PORT/],
      [["--out", `${folder}/nowhere/e.yaml`], /nowhere\/e\.yaml/],
    ];
    for (const [words, message] of refused) {
      const { code, out, err } = await run(["translate", folder, ...words]);
      assert.deepEqual([code, out], [2, ""], words.join(" "));
      assert.match(err, message);
    }
  });
  await withFolder({ "blue.yaml": upstream }, async (folder) => {
    const { code, err } = await run(["translate", folder]);
    assert.equal(code, 1);
    assert.match(err, /there is no Gateway with routes/);
  });
});
