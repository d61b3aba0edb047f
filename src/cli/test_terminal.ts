import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { runCli } from "./main.ts";

/** What a command line came to. */
export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs a command line as main does, on a terminal of the test's own. */
export async function run(words: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ran> {
  const [out, err]: string[][] = [[], []];
  const code = await runCli(words, {
    out: (text) => out!.push(text),
    err: (text) => err!.push(text),
    env: (name) => env[name],
  });
  return { code, out: out!.join("\n"), err: err!.join("\n") };
}

/** Runs a test with a folder of these files, which is gone afterwards. */
export async function withFolder(
  files: Readonly<Record<string, string>>,
  test: (folder: string) => Promise<void>,
): Promise<void> {
  const parent = fileURLToPath(new URL("../../.cache/test", import.meta.url));
  await Deno.mkdir(parent, { recursive: true });
  const folder = await Deno.makeTempDir({ dir: parent, prefix: "cli_" });
  try {
    for (const [path, text] of Object.entries(files)) {
      await Deno.mkdir(dirname(join(folder, path)), { recursive: true });
      await Deno.writeTextFile(join(folder, path), text);
    }
    await test(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const manifest = (kind: string, name: string, spec: string, group = "gateway.solo.io/v1"): string =>
  `apiVersion: ${group}\nkind: ${kind}\nmetadata: {name: ${name}, namespace: gloo-system}\nspec:\n${
    spec.replace(/^/gm, "  ")
  }\n`;

/** A Gateway of a proxy, on a port of its own. */
export const gateway = (port = 8080, proxy = "gateway-proxy"): string =>
  manifest(
    "Gateway",
    `on-${port}`,
    `bindAddress: 127.0.0.1\nbindPort: ${port}\nproxyNames: [${proxy}]\nhttpGateway: {}`,
  );

/** A VirtualService whose only route has these options, as one line of YAML. */
export const virtualService = (options = "{}", name = "site", matcher = "{prefix: /}"): string =>
  manifest(
    "VirtualService",
    name,
    [
      "virtualHost:",
      `  domains: [${name}.test]`,
      "  routes:",
      `    - matchers: [${matcher}]`,
      "      routeAction: {single: {upstream: {name: blue}}}",
      `      options: ${options}`,
    ].join("\n"),
  );

export const upstream: string = manifest(
  "Upstream",
  "blue",
  "static: {hosts: [{addr: 127.0.0.1, port: 8081}]}",
  "gloo.solo.io/v1",
);

/** A Secret with a header, which must never be shown. */
export const HIDDEN = "do-not-show-this";
export const headerSecret: string = manifest(
  "Secret",
  "token",
  `header: {headers: {x-token: ${HIDDEN}}}`,
  "gloo.solo.io/v1",
);
