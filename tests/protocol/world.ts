/** What is served in these tests: a handful of resources of one type, each in so many editions. */
import { startXdsServer, type XdsServer } from "../../src/server/mod.ts";
import { createMetrics, silentLogger, systemClock } from "../../src/telemetry/mod.ts";
import { type EnvoySnapshot, SERVICE_TYPES, type SnapshotType, XdsCache, type XdsResource } from "../../src/xds/mod.ts";
import { cluster, endpoints, host, listener, route, secret, snapshot } from "../../src/xds/test_snapshot.ts";
import { waitFor } from "../envoy/harness.ts";
import { connect, type TestClient } from "../feature/xds_client.ts";
import { Subscriber, TEST_ROLE, type Way, WAYS } from "./subscriber.ts";
import type { Arrival } from "./subscriber.ts";

const MAKERS: { readonly [T in SnapshotType]: (name: string, edition: number) => XdsResource } = {
  cluster: (name, edition) => cluster(name, { type: "STATIC", connectTimeout: { seconds: 1 + edition } }),
  endpoint: (name, edition) => endpoints(name, 1000 + edition),
  listener: (name, edition) => listener(name, 1000 + edition),
  route: (name, edition) => route(name, host(`${name}/h`, "c", [`d${edition}`])),
  secret: (name, edition) => secret(name, `${name}${edition}`),
};

/** Editions of resources by name. */
export type Editions = Readonly<Record<string, number>>;

/** The snapshot of these resources of a type. */
export function worldOf(type: SnapshotType, editions: Editions): EnvoySnapshot {
  const made = Object.entries(editions).map(([name, edition]) => MAKERS[type](name, edition));
  if (type !== "secret") return snapshot(...made);
  // Nobody is given a secret that nothing refers to.
  return snapshot(...made, { ...cluster("user", { type: "STATIC" }), refs: { secrets: Object.keys(editions) } });
}

export interface Scene {
  readonly cache: XdsCache;
  readonly server: XdsServer;
  readonly client: TestClient;
  readonly type: SnapshotType;
  readonly way: Way;
  /** Whether a response holds all that there is and is asked for, not just what is new. */
  readonly whole: boolean;
  /** Makes these the resources of the type. */
  show(editions: Editions): void;
  /** Waits until the newest stream is known to ask for so many names; undefined for the wildcard. */
  asked(names: number | undefined): Promise<void>;
  subscriber(arrival?: Arrival): Subscriber;
}

/** Starts a server over the cache; for tests that are served by more than one. */
export async function serve(cache: XdsCache): Promise<XdsServer> {
  return await startXdsServer({
    address: "127.0.0.1:0",
    cache,
    clock: systemClock,
    logger: silentLogger,
    metrics: await createMetrics(),
    limits: { clusterWaitMs: 10_000, graceMs: 20 },
  });
}

/** A test for each way to ask and each of the types, with a server and a client of its own. */
export function everywhere(
  name: string,
  play: (scene: Scene) => Promise<void>,
  types: readonly SnapshotType[] = SERVICE_TYPES,
  ways: readonly Way[] = WAYS,
): void {
  for (const way of ways) {
    for (const type of types) Deno.test(`${way.title}, ${type}: ${name}`, () => onStage(way, type, play));
  }
}

async function onStage(way: Way, type: SnapshotType, play: (scene: Scene) => Promise<void>): Promise<void> {
  const cache = new XdsCache();
  const server = await serve(cache);
  const client = connect(server.address);
  const whole = !way.delta && (type === "cluster" || type === "listener");
  const show = (editions: Editions) => void cache.setSnapshot(TEST_ROLE, worldOf(type, editions));
  const asked = async (names: number | undefined) => {
    const told = () => server.clients().at(-1)?.types[type];
    await waitFor("the request", () => told() !== undefined && told()!.names === names);
  };
  const subscriber = (arrival: Arrival = {}) => new Subscriber(client, way, type, arrival);
  try {
    await play({ cache, server, client, type, way, whole, show, asked, subscriber });
  } finally {
    await client.close();
    await server.close(1_000);
  }
}
