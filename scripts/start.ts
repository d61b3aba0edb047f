/**
 * `deno task start`: the demo. Sluice on examples/, two small back ends and a real Envoy, all on loopback, and a curl line
 * for each thing to try. Ctrl-C ends all of it.
 */
import { fileURLToPath } from "node:url";
import { runCli } from "../src/cli/main.ts";
import { createAuthority, issueCertificate } from "./certificates.ts";
import { ask } from "./demo/ask.ts";
import { startBackEnd } from "./demo/back_end.ts";
import { waitUntil } from "./demo/wait_until.ts";
import { envoyBinary } from "./install_tools.ts";

const root = fileURLToPath(new URL("../", import.meta.url));
const SCRATCH = ".cache/demo";
const scratch = `${root}${SCRATCH}`;
const EXAMPLES = "examples";

/** Every port of the demo, and who listens there. */
const PORTS: Readonly<Record<number, string>> = {
  8080: "Envoy, HTTP",
  8443: "Envoy, HTTPS",
  9000: "Envoy, TCP",
  8081: "back end blue",
  8082: "back end green",
  9977: "Sluice, xDS",
  9091: "Sluice, admin",
  19000: "Envoy, admin",
};

const TRIALS: readonly [what: string, command: string][] = [
  ["a route to the back end blue", "curl -s -H 'host: hello.example' http://127.0.0.1:8080/"],
  ["another by header", "curl -s -H 'host: hello.example' -H 'x-color: green' http://127.0.0.1:8080/"],
  ["delegated to a RouteTable", "curl -s -H 'host: hello.example' http://127.0.0.1:8080/api/v2/users"],
  ["a path rewritten", "curl -s -H 'host: hello.example' http://127.0.0.1:8080/rewritten/page"],
  ["four to one, by weight", "curl -s -H 'host: hello.example' http://127.0.0.1:8080/split"],
  ["an answer of Envoy's own", "curl -s -H 'host: hello.example' http://127.0.0.1:8080/health"],
  ["a redirect", "curl -si -H 'host: hello.example' http://127.0.0.1:8080/old"],
  ["CORS", "curl -si -H 'host: hello.example' -H 'origin: https://app.example' http://127.0.0.1:8080/"],
  [
    "TLS by SNI",
    "curl -s --cacert .cache/demo/ca.pem --resolve secure.example:8443:127.0.0.1 https://secure.example:8443/",
  ],
  ["plain TCP", "curl -s http://127.0.0.1:9000/over-tcp"],
  ["what became of the YAML", "curl -s http://127.0.0.1:9091/status"],
  ["which Envoys there are", "curl -s http://127.0.0.1:9091/clients"],
];

function assertPortsFree(): void {
  for (const [port, who] of Object.entries(PORTS)) {
    try {
      Deno.listen({ hostname: "127.0.0.1", port: Number(port) }).close();
    } catch {
      throw new Error(
        `port ${port} is taken, and the demo needs it for: ${who}. Stop what listens there and try again`,
      );
    }
  }
}

/** A certificate for secure.example, as a Secret in a folder that Sluice reads beside examples/. */
async function writeCertificate(): Promise<void> {
  const authority = await createAuthority("Sluice demo");
  const leaf = await issueCertificate(authority, { commonName: "secure.example", dnsNames: ["secure.example"] });
  const secret = {
    apiVersion: "v1",
    kind: "Secret",
    type: "kubernetes.io/tls",
    metadata: { name: "demo-tls", namespace: "gloo-system" },
    data: { "tls.crt": btoa(leaf.cert), "tls.key": btoa(leaf.key) },
  };
  await Deno.mkdir(`${scratch}/secrets`, { recursive: true, mode: 0o700 });
  await Deno.writeTextFile(`${scratch}/secrets/demo_tls.json`, JSON.stringify(secret), { mode: 0o600 });
  await Deno.writeTextFile(`${scratch}/ca.pem`, authority.cert);
}

/** Text that a command of the CLI prints. */
async function printed(...words: string[]): Promise<string> {
  let text = "";
  const out = (line: string): void => void (text += line + "\n");
  await runCli(words, { out, err: out, env: () => undefined });
  return text;
}

async function startEnvoy(): Promise<Deno.ChildProcess> {
  const binary = await envoyBinary();
  if ((await Deno.permissions.query({ name: "run", command: binary })).state !== "granted") {
    throw new Error(`SLUICE_ENVOY names ${binary}: add it to --allow-run of the task start in deno.json`);
  }
  const bootstrap = `${scratch}/envoy.yaml`;
  await Deno.writeTextFile(bootstrap, await printed("bootstrap", "--node-id", "demo-envoy"));
  const log = `${scratch}/envoy.log`;
  return new Deno.Command(binary, {
    args: ["-c", bootstrap, "--log-path", log, "--log-level", "info", "--use-dynamic-base-id"],
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
}

async function main(): Promise<number> {
  assertPortsFree();
  await writeCertificate();
  const backEnds = [startBackEnd("blue", 8081), startBackEnd("green", 8082)];
  const sluice = runCli(
    [
      "serve",
      "--config",
      EXAMPLES,
      "--config",
      `${scratch}/secrets`,
      "--state-dir",
      `${scratch}/state`,
      "--log-level",
      "warn",
    ],
    { out: console.log, err: console.error, env: () => undefined },
  );
  const envoy = await startEnvoy();
  let stopped = false;
  const ended = Promise.race([
    sluice.then((code) => ["Sluice", code] as const),
    envoy.status.then(({ code }) => ["Envoy", code] as const),
  ]);
  for (const signal of ["SIGINT", "SIGTERM"] as const) Deno.addSignalListener(signal, () => void (stopped = true));
  let over = false;
  void ended.then(() => over = true);
  try {
    await waitUntil(async () => await ask(8080, "/health", "hello.example") === 200 || stopped || over, 60_000);
    if (!stopped && !over) printTrials();
    const [who, code] = await ended;
    if (!stopped) console.error(`start: ${who} ended with code ${code}; Envoy's log is ${SCRATCH}/envoy.log`);
    return stopped ? 0 : 1;
  } finally {
    try {
      envoy.kill("SIGTERM");
    } catch {
      // It ended by itself.
    }
    await envoy.status;
    await Promise.all(backEnds.map((server) => server.shutdown()));
    // Signals reach Sluice as well; where Envoy ended by itself, Sluice ends with this process.
    if (stopped) await sluice;
  }
}

function printTrials(): void {
  console.log(`\nSluice serves ${EXAMPLES}/ to a real Envoy. Try, in another terminal, in this folder:\n`);
  for (const [what, command] of TRIALS) console.log(`# ${what}\n${command}\n`);
  console.log(`Edit a file in ${EXAMPLES}/, save, and ask again. Ctrl-C ends the demo.`);
}

if (import.meta.main) {
  try {
    Deno.exitCode = await main();
  } catch (error) {
    console.error(`start: ${error instanceof Error ? error.message : error}`);
    Deno.exitCode = 1;
  }
  Deno.exit();
}
