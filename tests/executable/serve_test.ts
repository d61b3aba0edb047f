/** The executable as users have it, with a real Envoy: what works from the sources works in it. */
import assert from "node:assert/strict";
import { freePort, send, startEnvoy, waitFor } from "../envoy/harness.ts";
import { makeFolder, startSluice } from "../envoy/product.ts";
import { answer, httpGateway, virtualService } from "../envoy/yaml.ts";
import { EXECUTABLE, EXECUTABLE_ENV } from "./executables.ts";
import { type Ended, runToEnd } from "./run_to_end.ts";

const ended = (words: readonly string[]): Promise<Ended> => runToEnd(EXECUTABLE, words, EXECUTABLE_ENV);

Deno.test("executable: serves, follows edits, and goes on from its state", async () => {
  const folder = await makeFolder();
  const [port, admin, xds] = [freePort(), freePort(), `unix:${folder}/xds.sock`];
  const options = {
    folder,
    executable: EXECUTABLE,
    env: EXECUTABLE_ENV,
    xdsAddress: xds,
    adminAddress: `127.0.0.1:${admin}`,
  };
  try {
    const first = await startSluice({
      ...options,
      files: { "gw.yaml": httpGateway(port), "vs.yaml": virtualService("vs", ["*"], [answer("one")]) },
    });
    const envoy = await startEnvoy({ xds });
    try {
      await waitFor("the first form", async () => (await send(port)).body === "one");
      await first.write("vs.yaml", virtualService("vs", ["*"], [answer("two")]));
      await waitFor("the second form", async () => (await send(port)).body === "two");
      assert.equal(await first.stop(), 0);
      const second = await startSluice({ ...options, until: "serving" });
      assert.match(second.log(), /serving 1 role from the state/);
      await second.write("vs.yaml", virtualService("vs", ["*"], [answer("three")]));
      await waitFor("the third form", async () => (await send(port)).body === "three");
      assert.equal(await second.stop("SIGINT"), 0);
    } finally {
      await envoy.stop();
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("executable: every command is in it", async () => {
  const folder = await makeFolder({
    "good/gw.yaml": httpGateway(8080),
    "good/vs.yaml": virtualService("vs", ["*"], [answer("one")]),
    "bad/vs.yaml":
      "apiVersion: gateway.solo.io/v1\nkind: VirtualService\nmetadata: {name: x}\nspec: {virtualHots: {}}\n",
  });
  try {
    for (
      const [words, code, says] of [
        [["version"], 0, /^sluice \d+\.\d+\.\d+/],
        [["help"], 0, /Usage: sluice COMMAND/],
        [["validate", folder + "/bad"], 1, /virtualHots/],
        [["translate", folder + "/good"], 0, /inline_?string: one/i],
        [["bootstrap"], 0, /dynamic_resources:/],
        [["schema", "VirtualService", "--bare"], 0, /"virtualHost"/],
        [["manifests"], 0, /kind: Deployment/],
        [["serve", "--config", folder, "--print-permissions"], 0, /read +\S+ +configuration/],
      ] as const
    ) {
      const { code: ends, out, err } = await ended(words);
      assert.equal(ends, code, `${words.join(" ")}: ${err}`);
      assert.match(out, says);
    }
    const { code, err } = await ended(["serve"]);
    assert.equal(code, 2);
    assert.match(err, /^sluice serve: nothing to read/);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("executable: a kubeconfig is read in it, with what client-node brings along", async () => {
  const folder = await makeFolder({
    "kubeconfig": JSON.stringify({
      apiVersion: "v1",
      kind: "Config",
      "current-context": "none",
      contexts: [{ name: "none", context: { cluster: "none", user: "none" } }],
      clusters: [{ name: "none", cluster: { server: "https://127.0.0.1:1" } }],
      users: [{ name: "none", user: { token: "t" } }],
    }),
  });
  try {
    const { code, out, err } = await ended(["serve", "--kubeconfig", `${folder}/kubeconfig`, "--print-permissions"]);
    assert.equal(code, 0, err);
    assert.match(out, /net +127\.0\.0\.1:1 +the Kubernetes API server/);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
