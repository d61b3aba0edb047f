/** Plays an Envoy against an XdsStream, in both forms of xDS. */
import assert from "node:assert/strict";
import { TYPE_URL } from "../envoy/mod.ts";
import { FakeClock } from "../telemetry/fake_clock.ts";
import { XdsCache } from "./cache.ts";
import type { NackInfo } from "./client_info.ts";
import { DeltaState } from "./delta_state.ts";
import type { EnvoySnapshot } from "./resource.ts";
import type { RouteView } from "./route_view.ts";
import { SotwState } from "./sotw_state.ts";
import { cluster, endpoints, host, listener, route, snapshot } from "./test_snapshot.ts";
import { XdsStream } from "./xds_stream.ts";
import type { Outgoing } from "./xds_stream_options.ts";
import { implicitWildcard, isWholeSet, type XdsType, xdsTypeOf } from "./xds_type.ts";

/** The role of the clients. */
export const ROLE = "ns~proxy";
export const LIMITS = { clusterWaitMs: 2_000, graceMs: 5_000 };

/** A client of either form that asks as Envoy does; requests are in the words of the state of the world. */
export interface Client {
  /** Asks for all clusters and listeners, and for other types by name. `version` is what it kept from an earlier stream. */
  ask(type: XdsType, names?: string[], version?: string): void;
  /** Everything that can be sent now, as `cluster a b`, `route -c`; with `ack`, each is accepted at once. */
  sent(ack?: boolean): string[];
  accept(type: XdsType): void;
  refuse(type: XdsType, detail: string): void;
  readonly last: Map<XdsType, Outgoing>;
  readonly nacks: NackInfo[];
  readonly late: string[][];
  readonly stream: Pick<XdsStream<unknown>, "close" | "types" | "waitingFor">;
}

/** What a test is given. */
export interface Scene {
  readonly cache: XdsCache;
  readonly clock: FakeClock;
  readonly client: Client;
  readonly another: (cache?: XdsCache) => Client;
  readonly delta: boolean;
}

export function newClient(delta: boolean, cache: XdsCache, clock: FakeClock, routeView?: RouteView): Client {
  const nacks: NackInfo[] = [];
  const late: string[][] = [];
  const common = {
    source: cache.source(ROLE),
    clock,
    limits: LIMITS,
    routeView,
    onWork: () => {},
    onNack: (nack: NackInfo) => void nacks.push(nack),
    onLate: (clusters: readonly string[]) => void late.push([...clusters]),
  };
  const sotw = delta
    ? undefined
    : new XdsStream({ ...common, newState: (type) => new SotwState(isWholeSet(type), true) });
  const incremental = delta
    ? new XdsStream({ ...common, newState: (type) => new DeltaState(implicitWildcard(type)) })
    : undefined;
  const stream = (sotw ?? incremental)!;
  const last = new Map<XdsType, Outgoing>();
  const wanted = new Map<XdsType, string[]>();
  const answer = (type: XdsType, error?: string) => {
    const { nonce } = last.get(type)!;
    const more = error === undefined ? {} : { error };
    sotw?.receive(TYPE_URL[type], { version: "", names: wanted.get(type)!, nonce, ...more });
    incremental?.receive(TYPE_URL[type], {
      subscribe: [],
      unsubscribe: [],
      initialVersions: new Map(),
      nonce,
      ...more,
    });
  };
  return {
    ask(type, names = [], version = "") {
      const before = wanted.get(type) ?? [];
      wanted.set(type, names);
      sotw?.receive(TYPE_URL[type], { version, names, nonce: last.get(type)?.nonce ?? "" });
      incremental?.receive(TYPE_URL[type], {
        subscribe: names.filter((name) => !before.includes(name)),
        unsubscribe: before.filter((name) => !names.includes(name)),
        initialVersions: new Map(version === "" ? [] : JSON.parse(version)),
        nonce: "",
      });
    },
    sent(ack = false) {
      const texts: string[] = [];
      for (let out = stream.take(); out !== undefined; out = stream.take()) {
        const type = xdsTypeOf(out.typeUrl)!;
        last.set(type, out);
        const names = [...out.resources.map(({ name }) => name), ...out.removed.map((name) => `-${name}`)].sort();
        texts.push([type, ...names].join(" "));
        if (ack) answer(type);
      }
      return texts;
    },
    accept: (type) => answer(type),
    refuse: (type, detail) => answer(type, detail),
    last,
    nacks,
    late,
    stream,
  };
}

/** Runs a test for both forms of xDS. */
export function both(name: string, test: (scene: Scene) => void | Promise<void>): void {
  for (const delta of [false, true]) {
    Deno.test(`${delta ? "delta" : "sotw"}: ${name}`, async () => {
      const cache = new XdsCache();
      const clock = new FakeClock(1_000);
      const another = (own = cache) => newClient(delta, own, clock);
      await test({ cache, clock, client: another(), another, delta });
    });
  }
}

export const BASE = [cluster("a"), endpoints("a", 1), listener("l", 80)];
export const BEFORE = snapshot(...BASE, route("l", host("l/x", "a"), host("l/y", "a")));

/** A client that has taken over `snapshot` entirely, as Envoy does it: clusters, endpoints, listeners, routes. */
export function settle({ cache, client }: Scene, start: EnvoySnapshot = BEFORE): void {
  cache.setSnapshot(ROLE, start);
  client.ask("cluster");
  client.sent(true);
  client.ask("endpoint", [...start.endpoints.keys()]);
  client.sent(true);
  client.ask("secret", [...start.secrets.keys()]);
  client.ask("listener");
  client.sent(true);
  client.ask("route", [...start.routes.keys()]);
  client.sent(true);
  assert.deepEqual(client.sent(), []);
}

/** The domains' clusters that the client was last told for route configuration `l`. */
export function hosts(client: Client): Record<string, string> {
  const resource = client.last.get("route")!.resources.find(({ name }) => name === "l") as ReturnType<typeof route>;
  return Object.fromEntries([...resource.virtualHosts.values()].map(({ name, refs }) => [name, refs.clusters!.join()]));
}

/** What a client says on a new stream that had taken over `kept`. */
export function returns(client: Client, { delta }: Scene, kept: EnvoySnapshot): void {
  const all = newClient(delta, cacheOf(kept), new FakeClock());
  const version = (type: XdsType, names: string[] = []) => {
    all.ask(type, names);
    all.sent();
    const out = all.last.get(type)!;
    return delta ? JSON.stringify(out.resources.map(({ name, version }) => [name, version])) : out.version;
  };
  client.ask("cluster", [], version("cluster"));
  client.ask("endpoint", [...kept.endpoints.keys()], version("endpoint", [...kept.endpoints.keys()]));
  client.ask("listener", [], version("listener"));
  client.ask("route", [...kept.routes.keys()], version("route", [...kept.routes.keys()]));
}

/** A cache in which the tests' role has this snapshot. */
export function cacheOf(snapshot: EnvoySnapshot): XdsCache {
  const cache = new XdsCache();
  cache.setSnapshot(ROLE, snapshot);
  return cache;
}
