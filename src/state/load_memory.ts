import type { Served } from "../holds/mod.ts";
import type { Memory } from "../syncer/mod.ts";
import type { ClusterPiece, ListenerPiece, RouteConfigurationPiece, VirtualHostPiece } from "../translator/mod.ts";
import {
  type EnvoySnapshot,
  type ResourceSet,
  type RouteResource,
  routeResource,
  type XdsResource,
} from "../xds/mod.ts";
import { frameForm, type ServedFrame } from "./piece_records.ts";
import { ReadValue } from "./record.ts";
import { FORMS, SEPARATOR } from "./sections.ts";

/** What was served when the state was written. */
export interface LoadedMemory {
  /** By `namespace/name` of the proxy. */
  readonly snapshots: ReadonlyMap<string, EnvoySnapshot>;
  /** What the next sync goes by, with these very snapshots. Reading it takes longer than the snapshots; yields often. */
  memory(): Generator<void, Memory>;
}

type Values = Map<string, ReadValue>;

/** The values of one proxy, by name; of virtual hosts by route configuration and name. */
class ProxyValues {
  readonly l: Values = new Map();
  readonly c: Values = new Map();
  readonly e: Values = new Map();
  readonly s: Values = new Map();
  readonly r: Values = new Map();
  readonly h = new Map<string, Values>();
  own: ReadValue | undefined;

  add([letter, name = "", host = ""]: readonly string[], value: ReadValue): void {
    if (letter === "p") this.own = value;
    else if (letter === "h") mapIn(this.h, name, () => new Map()).set(host, value);
    else if (isPlain(letter)) this[letter].set(name, value);
  }
}

const isPlain = (letter: string | undefined): letter is "l" | "c" | "e" | "s" | "r" =>
  letter !== undefined && letter.length === 1 && "lcesr".includes(letter);

/** Reads what is needed to serve. Keys of other sorts are passed over. Throws where a record is not what it should be. */
export function loadMemory(records: ReadonlyMap<string, Uint8Array>): LoadedMemory {
  const proxies = new Map<string, ProxyValues>();
  const claims = new Map<string, Map<string, string>>();
  for (const [key, value] of records) {
    const [letter, owner = "", ...names] = key.split(SEPARATOR);
    if (letter === "k") {
      mapIn(claims, owner, () => new Map()).set(names.join(SEPARATOR), String(new ReadValue(value).first));
    } else if (letter === "p" || letter === "h" || isPlain(letter)) {
      mapIn(proxies, owner, () => new ProxyValues()).add([letter, ...names], new ReadValue(value));
    }
  }
  const snapshots = new Map([...proxies].map(([proxy, values]) => [proxy, snapshotOf(values)]));
  return {
    snapshots,
    *memory() {
      const served = new Map<string, Served>();
      for (const [proxy, values] of proxies) served.set(proxy, yield* servedOf(values, snapshots.get(proxy)!));
      return { claims, served };
    },
  };
}

function snapshotOf(values: ProxyValues): EnvoySnapshot {
  const routes = new Map<string, RouteResource>();
  for (const [name, value] of values.r) {
    const served: ServedFrame | undefined = frameForm.resource(name, value);
    const virtualHosts = setOf(values.h.get(name) ?? new Map(), FORMS.h.resource);
    if (served) routes.set(name, routeResource({ name, ...served, virtualHosts }));
  }
  return {
    listeners: setOf(values.l, FORMS.l.resource),
    clusters: setOf(values.c, FORMS.c.resource),
    endpoints: setOf(values.e, FORMS.e.resource),
    secrets: setOf(values.s, FORMS.s.resource),
    routes,
  };
}

function setOf(values: Values, make: (name: string, value: ReadValue) => XdsResource | undefined): ResourceSet {
  const set = new Map<string, XdsResource>();
  for (const [name, value] of values) {
    const resource = make(name, value);
    if (resource) set.set(name, resource);
  }
  return set;
}

function* servedOf(values: ProxyValues, snapshot: EnvoySnapshot): Generator<void, Served> {
  const own = values.own?.second as { readonly since?: Served["since"] } | undefined;
  const routes: RouteConfigurationPiece[] = [];
  for (const [name, value] of values.r) {
    const configuration = yield* configurationOf(name, value, values.h.get(name));
    if (configuration) routes.push(configuration);
  }
  return {
    snapshot,
    since: own?.since ?? {},
    pieces: {
      listeners: yield* piecesOf<ListenerPiece>(values.l, FORMS.l.piece),
      clusters: yield* piecesOf<ClusterPiece>(values.c, FORMS.c.piece),
      endpoints: yield* piecesOf(values.e, FORMS.e.piece),
      secrets: yield* piecesOf(values.s, FORMS.s.piece),
      routes,
    },
  };
}

function* configurationOf(
  name: string,
  value: ReadValue,
  hosts: Values = new Map(),
): Generator<void, RouteConfigurationPiece | undefined> {
  const frame = frameForm.piece(name, value);
  if (!frame) return undefined;
  const virtualHosts = yield* piecesOf<VirtualHostPiece>(hosts, FORMS.h.piece);
  return { ...frame, virtualHosts, faultyHosts: virtualHosts.filter(({ faulty }) => faulty) };
}

function* piecesOf<P>(
  values: Values,
  make: (name: string, value: ReadValue) => P | undefined,
): Generator<void, P[]> {
  const pieces: P[] = [];
  for (const [name, value] of values) {
    const piece = make(name, value);
    if (piece) pieces.push(piece);
    yield;
  }
  return pieces;
}

function mapIn<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  let found = map.get(key);
  if (found === undefined) map.set(key, found = make());
  return found;
}
