import { findCases } from "../../golden/find_cases.ts";
import { bytesOf } from "../bytes.ts";
import { Breach, type FuzzTarget, holds, within } from "../target.ts";
import { mutateYaml } from "./mutate.ts";
import type { YamlTask } from "./worker.ts";

/** More memory than this is not needed, whatever the files say; measured with a long run: 300 MiB. */
const MOST_MEMORY = 900 * 1024 * 1024;
/** One file takes some milliseconds; the machine may be busy. */
const PATIENCE_SECONDS = 60;

/** Files of YAML. With `askEnvoyEvery`, each so-many-th result is put to a real Envoy. */
export async function createYamlTarget(askEnvoyEvery = 0): Promise<FuzzTarget> {
  let worker = startWorker();
  const seeds = [...await goldenInputs(), ...SEEDS.map(bytesOf)];
  let runs = 0;
  let rss = 0;
  return {
    name: "yaml",
    seeds: () => Promise.resolve(seeds),
    mutate: mutateYaml,
    async run(input) {
      const askEnvoy = askEnvoyEvery > 0 && runs % askEnvoyEvery === 0;
      const before = seeds[runs++ % seeds.length]!;
      const { promise, resolve } = Promise.withResolvers<{ fault?: string; rss?: number }>();
      worker.onmessage = ({ data }) => resolve(data);
      worker.onerror = (event) => {
        event.preventDefault();
        resolve({ fault: `the thread ended: ${event.message}` });
      };
      worker.postMessage({ input, before, askEnvoy } satisfies YamlTask);
      try {
        const answer = await within(PATIENCE_SECONDS, "a file is still being read", promise);
        rss = Math.max(rss, answer.rss ?? 0);
        if (answer.fault !== undefined) throw new Breach(answer.fault);
      } catch (error) {
        worker.terminate();
        worker = startWorker();
        throw error;
      }
    },
    finish() {
      holds(rss < MOST_MEMORY, `${Math.round(rss / 2 ** 20)} MiB of memory`);
      return Promise.resolve();
    },
    close() {
      worker.terminate();
      return Promise.resolve();
    },
  };
}

function startWorker(): Worker {
  return new Worker(new URL("worker.ts", import.meta.url), { type: "module" });
}

async function goldenInputs(): Promise<Uint8Array[]> {
  return await Promise.all(findCases().map(({ folder }) => Deno.readFile(new URL("input.yaml", folder))));
}

const manifest = (kind: string, name: string, rest: string): string =>
  `apiVersion: gloo.solo.io/v1\nkind: ${kind}\nmetadata: {name: ${name}, namespace: gloo-system}\n${rest}\n`;

/** Secrets in every form, whose values are to be seen nowhere. */
const SEEDS = [
  [
    "apiVersion: v1\nkind: Secret\ntype: Opaque\nmetadata: {name: k, namespace: gloo-system}\n" +
    "stringData: {tls.key: do-not-show-key, token: do-not-show-token}\ndata: {x: ZG8tbm90LXNob3ctYmFzZTY0}\n",
    manifest("Secret", "header", "spec: {header: {headers: {x-token: do-not-show-header}}}"),
    manifest("Secret", "tls", "spec: {tls: {certChain: chain, privateKey: do-not-show-private}}"),
    manifest("Secret", "aws", "spec: {aws: {accessKey: do-not-show-access, secretKey: do-not-show-aws}}"),
    "apiVersion: gateway.solo.io/v1\nkind: Gateway\nmetadata: {name: g, namespace: gloo-system}\n" +
    "spec: {bindAddress: 127.0.0.1, bindPort: 8080, httpGateway: {}}\n",
    "apiVersion: gateway.solo.io/v1\nkind: VirtualService\nmetadata: {name: v, namespace: gloo-system}\n" +
    "spec:\n  virtualHost:\n    domains: ['*']\n    routes:\n    - matchers: [{prefix: /}]\n" +
    "      directResponseAction: {status: 200}\n      options:\n        headerManipulation:\n" +
    "          requestHeadersToAdd: [{headerSecretRef: {name: header, namespace: gloo-system}}]\n",
    manifest(
      "Upstream",
      "u",
      "spec: {static: {hosts: [{addr: 127.0.0.1, port: 80}]}, sslConfig: {secretRef: {name: tls}}}",
    ),
    manifest("Settings", "default", "spec: {gloo: {invalidConfigPolicy: {replaceInvalidRoutes: true}}}"),
  ].join("---\n"),
];
