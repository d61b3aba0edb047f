/** What the conformance suite has set, by node, and the EnvoySnapshots that follow from it. */
import { encode, TYPE_URL } from "../../src/envoy/mod.ts";
import { EMPTY_ENVOY_SNAPSHOT, type RouteResource, type SnapshotType, type XdsResource } from "../../src/xds/mod.ts";
import type { XdsCache } from "../../src/xds/mod.ts";
import { cluster, host, resource, route } from "../../src/xds/test_snapshot.ts";

/** The types that the suite knows. */
export type SuiteType = Exclude<SnapshotType, "secret">;

/** How a resource of a name looks after so many changes. */
const MAKERS: { readonly [T in SuiteType]: (name: string, changes: number) => XdsResource } = {
  cluster: (name, changes) => cluster(name, { connectTimeout: { seconds: 1 + changes } }),
  endpoint: (name, changes) => {
    const message = { clusterName: name, policy: { endpointStaleAfter: { seconds: 5 + changes } } };
    return resource("endpoint", name, encode("envoy.config.endpoint.v3.ClusterLoadAssignment", message));
  },
  listener: (name, changes) => {
    const message = { name, tcpBacklogSize: { value: 5 + changes } };
    return resource("listener", name, encode("envoy.config.listener.v3.Listener", message));
  },
  route: (name, changes) => route(name, host(`${name}/host`, name, [`changed-${changes}.test`])),
};

interface NodeState {
  /** The name that the suite gave to what it set last. */
  version: string;
  /** How often each resource was changed, by name. */
  readonly changes: { readonly [T in SuiteType]: Map<string, number> };
}

/** Keeps the resources of each node and sets them as the snapshot of the role that is called like the node. */
export class SuiteState {
  readonly #cache: XdsCache;
  readonly #nodes = new Map<string, NodeState>();

  constructor(cache: XdsCache) {
    this.#cache = cache;
  }

  /** The name that the suite gave to what it set last for this node. */
  version(node: string): string {
    return this.#nodes.get(node)?.version ?? "";
  }

  /** Sets these resources and no others. */
  set(node: string, version: string, resources: readonly { type: SuiteType; name: string }[]): void {
    const changes = { cluster: new Map(), endpoint: new Map(), listener: new Map(), route: new Map() };
    for (const { type, name } of resources) changes[type].set(name, 0);
    this.#nodes.set(node, { version, changes });
    this.#publish(node);
  }

  /** Adds a resource, or changes it where it is there. */
  change(node: string, version: string, type: SuiteType, name: string): void {
    const state = this.#state(node, version);
    const before = state.changes[type].get(name);
    state.changes[type].set(name, before === undefined ? 0 : before + 1);
    this.#publish(node);
  }

  remove(node: string, version: string, type: SuiteType, name: string): void {
    this.#state(node, version).changes[type].delete(name);
    this.#publish(node);
  }

  clear(node: string): void {
    this.#nodes.delete(node);
    this.#cache.clear(node);
  }

  #state(node: string, version: string): NodeState {
    const state = this.#nodes.get(node);
    if (state === undefined) throw new Error(`nothing was set for node ${node}`);
    state.version = version;
    return state;
  }

  #publish(node: string): void {
    const { changes } = this.#nodes.get(node)!;
    const made = (type: SuiteType) => new Map([...changes[type]].map(([name, n]) => [name, MAKERS[type](name, n)]));
    this.#cache.setSnapshot(node, {
      ...EMPTY_ENVOY_SNAPSHOT,
      clusters: made("cluster"),
      endpoints: made("endpoint"),
      listeners: made("listener"),
      routes: made("route") as Map<string, RouteResource>,
    });
  }
}

/** The type of this URL. Throws where the suite has none such. */
export function suiteType(typeUrl: string): SuiteType {
  const type = (Object.keys(MAKERS) as SuiteType[]).find((each) => TYPE_URL[each] === typeUrl);
  if (type === undefined) throw new Error(`the suite has no resources of type ${typeUrl}`);
  return type;
}
