import { join } from "node:path";
import { type Clock, pause, systemClock } from "../telemetry/mod.ts";
import { DEFAULT_ENVOY_ADMIN } from "./bootstrap_content.ts";
import { type Arguments, type Command, readArguments, type Terminal, UsageError } from "./command.ts";
import { ask } from "./demo/ask.ts";
import { startBackEnd } from "./demo/back_end.ts";
import { demoCertificate } from "./demo/certificate.ts";
import { EXAMPLES } from "./demo/examples.ts";
import { bootstrapIn, command as up } from "./up.ts";
import { EnvoyAdmin } from "./up/envoy_admin.ts";

const DEFAULT_FOLDER = "sluice-demo";
const POLL_MS = 50;
/** When there is still no answer, what to try is told all the same: other folders may have nothing at that address. */
const LONGEST_WAIT_MS = 15_000;

/** Every port of the demo, and who listens there. */
const PORTS: Readonly<Record<number, string>> = {
  8080: "Envoy, HTTP",
  8443: "Envoy, HTTPS",
  9000: "Envoy, TCP",
  8081: "back end blue",
  8082: "back end green",
  9091: "Sluice, admin",
  19000: "Envoy, admin",
};

export const command: Command = {
  name: "demo",
  usage: "[DIR] [FLAGS]",
  summary:
    "Tries Sluice out: writes examples into DIR (default sluice-demo) where they are not there yet, serves them to an " +
    "Envoy with two small back ends behind it, all on 127.0.0.1, and prints what to try.",
  most: 1,
  examples: ["sluice demo", "sluice demo /tmp/demo --envoy /usr/bin/envoy"],
  flags: {
    config: { type: "list", doc: "folder of YAML to serve in place of the examples; repeatable" },
    envoy: up.flags.envoy!,
  },
  async needs(args, terminal) {
    const folder = folderOf(args);
    return [
      ...await up.needs!(upArguments(args), terminal),
      { permission: "write", value: folder, reason: "the examples and a certificate" },
      ...Object.entries(PORTS).map(([port, who]) => ({
        permission: "net" as const,
        value: `127.0.0.1:${port}`,
        reason: `${who}: whether the port is free`,
      })),
    ];
  },
  workerNeeds: (args, terminal) => up.workerNeeds!(upArguments(args), terminal),
  async run(args, terminal) {
    const folder = folderOf(args);
    const bootstrap = bootstrapIn(join(folder, "state"));
    await new EnvoyAdmin(DEFAULT_ENVOY_ADMIN, bootstrap, systemClock).endFormer();
    assertPortsFree();
    await layDown(args);
    const backEnds = [startBackEnd("blue", 8081), startBackEnd("green", 8082)];
    const over = new AbortController();
    void announce({ folder, configs: configsOf(args), terminal, clock: systemClock, over: over.signal });
    try {
      return await up.run(upArguments(args), terminal);
    } finally {
      over.abort();
      await Promise.all(backEnds.map((server) => server.shutdown()));
    }
  },
};

function assertPortsFree(): void {
  for (const [port, who] of Object.entries(PORTS)) {
    try {
      Deno.listen({ hostname: "127.0.0.1", port: Number(port) }).close();
    } catch {
      throw new UsageError(
        `port ${port} is taken, and the demo needs it for: ${who}. Stop what listens there and try again`,
      );
    }
  }
}

const folderOf = ({ positionals }: Arguments): string => positionals[0] ?? DEFAULT_FOLDER;
const examplesOf = (args: Arguments): string => join(folderOf(args), "examples");

/** The folders of YAML to serve, but for that of the certificate. */
function configsOf(args: Arguments): readonly string[] {
  const own = args.list("config");
  return own.length > 0 ? own : [examplesOf(args)];
}

/** Writes a certificate, and the examples where no other folder is named, but for those that are there. */
async function layDown(args: Arguments): Promise<void> {
  const folder = folderOf(args);
  const { secret, authority } = await demoCertificate();
  await Deno.mkdir(join(folder, "secrets"), { recursive: true, mode: 0o700 });
  await Deno.writeTextFile(join(folder, "secrets/demo_tls.json"), JSON.stringify(secret), { mode: 0o600 });
  await Deno.writeTextFile(join(folder, "ca.pem"), authority);
  if (args.list("config").length > 0) return;
  await Deno.mkdir(examplesOf(args), { recursive: true });
  for (const [name, text] of Object.entries(EXAMPLES)) {
    await Deno.writeTextFile(join(examplesOf(args), name), text, { createNew: true }).catch(unlessThere);
  }
}

function unlessThere(error: unknown): void {
  if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
}

/** What `up` is told. */
function upArguments(args: Arguments): Arguments {
  const envoy = args.text("envoy");
  const folder = folderOf(args);
  return readArguments(up, [
    ...[...configsOf(args), join(folder, "secrets")].flatMap((path) => ["--config", path]),
    ...["--state-dir", join(folder, "state"), "--log-level", "warn"],
    ...(envoy === undefined ? [] : ["--envoy", envoy]),
  ]);
}

interface Announcement {
  readonly folder: string;
  readonly configs: readonly string[];
  readonly terminal: Terminal;
  readonly clock: Clock;
  /** The demo has ended. */
  readonly over: AbortSignal;
}

/** Prints what to try once it can be tried. */
async function announce({ folder, configs, terminal, clock, over }: Announcement): Promise<void> {
  const end = clock.elapsed() + LONGEST_WAIT_MS;
  while (!over.aborted && clock.elapsed() < end && await ask(8080, "/health", "hello.example") === 0) {
    await pause(clock, POLL_MS, over);
  }
  if (over.aborted) return;
  const trials = trialsIn(folder).map(([what, line]) => `# ${what}\n${line}\n`);
  terminal.out(`\nSluice serves ${configs.join(" and ")} to an Envoy. Try, in another terminal, in this folder:\n`);
  terminal.out(trials.join("\n"));
  terminal.out(`Edit a file in ${configs[0]}, save, and ask again. Ctrl-C ends the demo.`);
}

function trialsIn(folder: string): [what: string, line: string][] {
  const hello = (rest: string): string => `curl -s -H 'host: hello.example' ${rest}`;
  return [
    ["a route to the back end blue", hello("http://127.0.0.1:8080/")],
    ["another by header", hello("-H 'x-color: green' http://127.0.0.1:8080/")],
    ["delegated to a RouteTable", hello("http://127.0.0.1:8080/api/v2/users")],
    ["a path rewritten", hello("http://127.0.0.1:8080/rewritten/page")],
    ["four to one, by weight", hello("http://127.0.0.1:8080/split")],
    ["an answer of Envoy's own", hello("http://127.0.0.1:8080/health")],
    ["a redirect", hello("-i http://127.0.0.1:8080/old")],
    ["CORS", hello("-i -H 'origin: https://app.example' http://127.0.0.1:8080/")],
    [
      "TLS by SNI",
      `curl -s --cacert ${folder}/ca.pem --resolve secure.example:8443:127.0.0.1 https://secure.example:8443/`,
    ],
    ["plain TCP", "curl -s http://127.0.0.1:9000/over-tcp"],
    ["what became of the YAML", "curl -s http://127.0.0.1:9091/status"],
    ["which Envoys there are", "curl -s http://127.0.0.1:9091/clients"],
  ];
}
