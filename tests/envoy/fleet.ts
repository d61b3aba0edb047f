/**
 * Many xDS clients that keep what they have, as Envoys do: on delta ADS, each with a connection of its own; when a stream ends
 * they come back with the versions of what they keep. A process of its own, started as `fleet.ts ADDRESS COUNT ROLE`. Writes a
 * line of JSON ({@link FleetLine}) each time that all is still for a moment; a line on standard input begins a new count.
 */
import { Client, type ClientDuplexStream, credentials } from "@grpc/grpc-js";
import { type DeltaDiscoveryRequest, type DeltaDiscoveryResponse, TYPE_URL, xdsMethods } from "../../src/envoy/mod.ts";

/** What the fleet says of itself. */
export interface FleetLine {
  /** Clients whose stream is open and that have something of each type. */
  readonly complete: number;
  /** Resources and removals that all were sent since the count began. */
  readonly received: number;
  /** Streams that were opened since the count began. */
  readonly opened: number;
}

const [address, count, role] = Deno.args as [string, string, string];
const METHOD = xdsMethods("envoy.service.discovery.v3.AggregatedDiscoveryService").delta!;
const TYPES = ["cluster", "endpoint", "listener", "route", "virtualHost"] as const;
/** Envoy comes back after up to half a second. */
const BACK_OFF_MS = 500;
const STILL_MS = 300;

type Call = ClientDuplexStream<DeltaDiscoveryRequest, DeltaDiscoveryResponse>;

let received = 0;
let opened = 0;
let lastEvent = Date.now();

class FleetClient {
  readonly #id: string;
  /** By type URL: version by name. */
  readonly #has = new Map<string, Map<string, string>>(TYPES.map((type) => [TYPE_URL[type], new Map()]));
  #open = false;
  #asked = new Set<string>();

  constructor(id: string) {
    this.#id = id;
    this.#connect();
  }

  get complete(): boolean {
    return this.#open && this.#has.values().every((names) => names.size > 0);
  }

  #connect(): void {
    lastEvent = Date.now();
    const client = new Client(address, credentials.createInsecure(), { "grpc.use_local_subchannel_pool": 1 });
    const { path, requestSerialize, responseDeserialize } = METHOD;
    const call: Call = client.makeBidiStreamRequest(path, requestSerialize, responseDeserialize);
    this.#asked = new Set();
    call.on("data", (response: DeltaDiscoveryResponse) => this.#received(call, response));
    const again = () => {
      if (!this.#open && lastEvent === 0) return;
      this.#open = false;
      client.close();
      setTimeout(() => this.#connect(), Math.random() * BACK_OFF_MS);
    };
    let ended = false;
    const once = () => ended ? undefined : (ended = true, again());
    call.on("error", once);
    call.on("end", once);
    this.#ask(call, "cluster", [], true);
    if (this.#has.get(TYPE_URL.cluster)!.size > 0) this.#askRest(call);
    this.#open = true;
    opened++;
  }

  #received(call: Call, response: DeltaDiscoveryResponse): void {
    lastEvent = Date.now();
    const { typeUrl = "", nonce, resources = [], removedResources = [] } = response;
    const has = this.#has.get(typeUrl)!;
    received += resources.length + removedResources.length;
    for (const { name = "", version = "" } of resources as { name?: string; version?: string }[]) {
      has.set(name, version);
    }
    for (const name of removedResources) has.delete(name);
    call.write({ typeUrl, responseNonce: nonce });
    this.#askRest(call);
  }

  /** As Envoy: endpoints and listeners after clusters, routes after listeners, virtual hosts after routes. */
  #askRest(call: Call): void {
    const names = (type: typeof TYPES[number]) => [...this.#has.get(TYPE_URL[type])!.keys()];
    if (names("cluster").length === 0) return;
    this.#ask(call, "endpoint", names("cluster"));
    this.#ask(call, "listener", []);
    if (names("listener").length === 0) return;
    this.#ask(call, "route", names("listener").map((name) => `${name}-routes`));
    if (names("route").length > 0) this.#ask(call, "virtualHost", []);
  }

  #ask(call: Call, type: typeof TYPES[number], names: string[], first = false): void {
    if (this.#asked.has(type)) return;
    this.#asked.add(type);
    call.write({
      typeUrl: TYPE_URL[type],
      resourceNamesSubscribe: names,
      initialResourceVersions: Object.fromEntries(this.#has.get(TYPE_URL[type])!),
      ...(first ? { node: { id: this.#id, userAgentName: "envoy", metadata: { role } } } : {}),
    });
  }
}

const fleet = Array.from({ length: Number(count) }, (_, i) => new FleetClient(`fleet-${i}`));
const output = new TextEncoder();
setInterval(() => {
  if (Date.now() - lastEvent < STILL_MS) return;
  const line: FleetLine = { complete: fleet.filter(({ complete }) => complete).length, received, opened };
  Deno.stdout.writeSync(output.encode(JSON.stringify(line) + "\n"));
}, 100);
for await (const _ of Deno.stdin.readable) received = opened = 0;
Deno.exit();
