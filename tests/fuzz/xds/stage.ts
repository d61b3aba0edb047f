/** The product in a process of its own, with two proxies and secrets, and a well-behaved client that must go on being served. */
import { decode, encode, TYPE_URL } from "../../../src/envoy/mod.ts";
import { freePort } from "../../envoy/harness.ts";
import { type RunningSluice, startSluice } from "../../envoy/product.ts";
import { httpsEdge, leaf, secure } from "../../envoy/tls_parts.ts";
import { ref } from "../../envoy/traffic.ts";
import { httpGateway, tlsSecret, to, upstream, virtualService } from "../../envoy/yaml.ts";
import { joined } from "../bytes.ts";
import { holds, within } from "../target.ts";
import { Connection, type ServerStream } from "./connection.ts";
import { FRAME, frame, grpcMessage } from "./h2.ts";
import { bytesOfScript, streamId } from "./script.ts";

export const ROLE = "gloo-system~gateway-proxy";
export const OTHER_ROLE = "gloo-system~other";
export const ADS = "envoy.service.discovery.v3.AggregatedDiscoveryService";
const UPSTREAMS = Array.from({ length: 8 }, (_, index) => `u${index}`);
export const CLUSTERS = UPSTREAMS.map((name) => `${name}_gloo-system`);
const BYSTANDER = "bystander";
/** Everything here takes milliseconds; the machine may be busy. */
const PATIENCE_SECONDS = 30;

export interface Stage {
  readonly sluice: RunningSluice;
  /** The lines of private keys, by whose they are: a role, or `nobody` for the secret that nothing names. */
  readonly keys: Readonly<Record<string, string>>;
  /** Throws a Breach unless the bystander is served. When it was twice, the server has read what was sent before. */
  serveBystander(): Promise<void>;
  /** Throws a Breach unless the process lives, told of no error, and no stream but the bystander's is left. */
  checkQuiet(): Promise<void>;
  /** Of the server's process, in bytes. */
  memory(): Promise<number>;
  close(): Promise<void>;
}

export async function startStage(): Promise<Stage> {
  const certificates = { own: await leaf("own"), others: await leaf("others"), unused: await leaf("unused") };
  const secret = (name: keyof typeof certificates) => tlsSecret(name, certificates[name].cert, certificates[name].key);
  const gateway = (proxy: string, text: string, ...names: string[]): string => {
    const manifest = JSON.parse(text);
    manifest.metadata.name = `${proxy}-${manifest.spec.bindPort}`;
    manifest.spec.proxyNames = [proxy];
    manifest.spec.httpGateway = { ...manifest.spec.httpGateway, virtualServices: names.map(ref) };
    return JSON.stringify(manifest) + "\n";
  };
  const sluice = await startSluice({
    files: {
      "all.yaml": [
        ...UPSTREAMS.map((name, index) => upstream(name, 20_000 + index)),
        gateway("gateway-proxy", httpGateway(freePort()), "plain"),
        gateway("gateway-proxy", httpsEdge(freePort()), "own"),
        gateway("other", httpsEdge(freePort()), "others"),
        virtualService("plain", ["*"], UPSTREAMS.map((name) => to(name, { prefix: `/${name}` }))),
        secure("own"),
        secure("others"),
        ...(["own", "others", "unused"] as const).map(secret),
      ].join("---\n"),
    },
  });
  const bystander = await Bystander.connect(sluice.xds);
  const keyLine = (name: keyof typeof certificates) => certificates[name].key.split("\n")[2]!.trim();
  let read = 0;
  return {
    sluice,
    keys: { [ROLE]: keyLine("own"), [OTHER_ROLE]: keyLine("others"), nobody: keyLine("unused") },
    serveBystander: () => bystander.ask(),
    async checkQuiet() {
      await within(PATIENCE_SECONDS, "streams are still open whose clients are gone", alone(sluice));
      const log = sluice.log();
      const end = log.lastIndexOf("\n") + 1;
      for (const line of log.slice(read, end).split("\n")) {
        holds(line === "" || isOrdinary(line), `the log says: ${line}`);
      }
      read = end;
    },
    async memory() {
      // Deno itself opens nothing below /proc without all permissions.
      const { stdout } = await new Deno.Command("cat", { args: [`/proc/${sluice.pid}/status`] }).output();
      return Number(/^VmRSS:\s+(\d+) kB$/m.exec(new TextDecoder().decode(stdout))?.[1]) * 1024;
    },
    async close() {
      await bystander.close();
      await sluice.stop();
    },
  };
}

/** Refusals are told as errors, and clients here refuse at will. */
function isOrdinary(line: string): boolean {
  if (!line.startsWith("{")) return false;
  const { level, message } = JSON.parse(line);
  return level !== "error" || message === "an Envoy refused configuration";
}

async function alone(sluice: RunningSluice): Promise<void> {
  for (;;) {
    const clients = await (await sluice.page("/clients")).json() as { nodeId: string }[];
    if (clients.every(({ nodeId }) => nodeId === BYSTANDER)) {
      holds(clients.length === 1, `the bystander has ${clients.length} streams`);
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

/** Asks for one cluster's endpoints after the other. */
class Bystander {
  readonly #connection: Connection;
  readonly #stream: ServerStream;
  #asked = 0;

  private constructor(connection: Connection) {
    this.#connection = connection;
    this.#stream = connection.stream(streamId(0));
  }

  static async connect(address: string): Promise<Bystander> {
    const connection = await Connection.open(address);
    const path = `${ADS}/StreamAggregatedResources`;
    await connection.send(bytesOfScript({ streams: [{ path, messages: [], end: "none" }] }));
    const bystander = new Bystander(connection);
    await bystander.ask();
    return bystander;
  }

  async ask(): Promise<void> {
    const name = CLUSTERS[this.#asked % CLUSTERS.length]!;
    const last = this.#stream.messages.at(-1);
    const request = encode("envoy.service.discovery.v3.DiscoveryRequest", {
      node: { id: BYSTANDER, metadata: { role: ROLE } },
      typeUrl: TYPE_URL.endpoint,
      resourceNames: [name],
      ...(last ? { responseNonce: decode("envoy.service.discovery.v3.DiscoveryResponse", last).nonce } : {}),
    });
    this.#asked++;
    await this.#connection.send(frame(FRAME.data, 0, streamId(0), grpcMessage(request)));
    await within(PATIENCE_SECONDS, "the bystander waits for its answer", this.#stream.has(this.#asked));
    const answer = this.#stream.messages[this.#asked - 1];
    holds(answer, "the bystander's stream has ended");
    const { resources = [] } = decode("envoy.service.discovery.v3.DiscoveryResponse", answer);
    holds(resources.length === 1, `the bystander asked for one resource and got ${resources.length}`);
  }

  async close(): Promise<void> {
    await this.#connection.send(frame(FRAME.data, 1, streamId(0), joined()));
    await this.#connection.close();
  }
}
