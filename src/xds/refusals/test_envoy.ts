/** Plays an Envoy that refuses what bears a mark, in both forms of xDS and with VHDS. */
import { decode, encode, TYPE_URL } from "../../envoy/mod.ts";
import { FakeClock } from "../../telemetry/fake_clock.ts";
import { XdsCache } from "../cache.ts";
import { DeltaState } from "../delta_state.ts";
import { domainsOf } from "../domains.ts";
import type { EnvoySnapshot, XdsResource } from "../resource.ts";
import { INLINE, vhdsExcept } from "../route_view.ts";
import { SotwState } from "../sotw_state.ts";
import { resource } from "../test_snapshot.ts";
import { LIMITS, ROLE } from "../test_stream.ts";
import { XdsStream } from "../xds_stream.ts";
import type { Outgoing } from "../xds_stream_options.ts";
import { implicitWildcard, isAllOrNothing, isWholeSet, type XdsType, xdsTypeOf } from "../xds_type.ts";
import type { RefusedHold } from "./stream_refusals.ts";

/** What the played Envoys refuse, wherever it stands. */
export const BAD = "refuse-me";

export type Form = "sotw" | "delta" | "vhds";
export const FORMS: readonly Form[] = ["sotw", "delta", "vhds"];

const latin1 = new TextDecoder("latin1");

/** Gives what the client says against a resource, undefined where it takes it. */
export type Refuses = (type: XdsType, resource: XdsResource) => string | undefined;

export const marked: Refuses = (_type, { bytes }) => latin1.decode(bytes).includes(BAD) ? "it is marked" : undefined;

/** How a played Envoy is started. */
export interface EnvoyOptions {
  readonly form: Form;
  readonly cache: XdsCache;
  readonly refuses?: Refuses;
  /** Whether its words name what it refuses; else they name nothing. Default: as Envoy, for clusters and the like alone. */
  readonly names?: boolean;
  readonly remembered?: readonly RefusedHold[];
  readonly suspected?: (key: string) => boolean;
  readonly clock?: FakeClock;
}

export class PlayedEnvoy {
  readonly clock: FakeClock;
  readonly stream: Pick<XdsStream<unknown>, "close" | "holds" | "waitingFor">;
  holds: readonly RefusedHold[];
  responses = 0;
  nacks = 0;
  bytes = 0;
  /** What it has of each type, by name. */
  readonly has = new Map<XdsType, Map<string, XdsResource>>();
  readonly #options: EnvoyOptions;
  readonly #take: () => Outgoing | undefined;
  readonly #say: (type: XdsType, names: readonly string[], nonce: string, error?: string, version?: string) => void;
  readonly #asked = new Map<XdsType, string[]>();

  constructor(options: EnvoyOptions) {
    this.#options = options;
    this.clock = options.clock ?? new FakeClock(1_000);
    this.holds = options.remembered ?? [];
    const common = {
      source: options.cache.source(ROLE),
      clock: this.clock,
      limits: LIMITS,
      routeView: options.form === "vhds" ? vhdsExcept([]) : INLINE,
      onWork: () => {},
      onNack: () => void this.nacks++,
      onLate: () => {},
      refusals: {
        remembered: options.remembered,
        suspected: options.suspected,
        onHolds: (holds: readonly RefusedHold[]) => void (this.holds = holds),
      },
    };
    if (options.form === "sotw") {
      const stream = new XdsStream({ ...common, newState: (type) => new SotwState(isWholeSet(type), true) });
      this.stream = stream;
      this.#take = () => stream.take();
      this.#say = (type, names, nonce, error, version = "") =>
        stream.receive(TYPE_URL[type], { version, names, nonce, ...(error === undefined ? {} : { error }) });
    } else {
      const stream = new XdsStream({ ...common, newState: (type) => new DeltaState(implicitWildcard(type)) });
      this.stream = stream;
      this.#take = () => stream.take();
      this.#say = (type, names, nonce, error, version) => {
        const before = nonce === "" ? [] : this.#asked.get(type) ?? [];
        const initialVersions = new Map(version === undefined ? [] : JSON.parse(version));
        stream.receive(TYPE_URL[type], {
          subscribe: names.filter((name) => !before.includes(name)),
          unsubscribe: before.filter((name) => !names.includes(name)),
          initialVersions: initialVersions as ReadonlyMap<string, string>,
          nonce,
          ...(error === undefined ? {} : { error }),
        });
      };
    }
  }

  /** Asks for what Envoy asks for, and answers until there is no more. `version`: what it kept of each type. */
  run(version?: string): void {
    this.#cameWith ??= version;
    if (!this.#asked.has("cluster")) this.#ask("cluster", [], version);
    for (let busy = true, rounds = 0; busy; rounds++) {
      if (rounds > 5_000) throw new Error("the stream never comes to rest");
      busy = false;
      for (let out = this.#take(); out !== undefined; out = this.#take()) {
        busy = true;
        if (++rounds > 5_000) throw new Error(`the stream never comes to rest: ${out.typeUrl}`);
        if (this.silent) this.#backlog.push(out);
        else this.#answer(out);
      }
      busy = this.#askWhatIsNamed() || busy;
    }
  }

  /** The texts of all prefixes that a virtual host has, with their clusters; undefined where it is not there. */
  routes(host: string): string[] | undefined {
    const found = this.hosts().get(host);
    return found && routesOf(found.bytes);
  }

  hosts(): ReadonlyMap<string, XdsResource> {
    if (this.#options.form === "vhds") return this.has.get("virtualHost") ?? new Map();
    const routes = [...this.has.get("route")?.values() ?? []];
    return new Map(routes.flatMap((route) => [...(route as unknown as RouteHosts).virtualHosts]));
  }

  #ask(type: XdsType, names: string[], version?: string): void {
    this.#say(type, names, "", undefined, version);
    this.#asked.set(type, names);
  }

  #askWhatIsNamed(): boolean {
    const of = (type: XdsType) => [...this.has.get(type)?.values() ?? []];
    const wanted: [XdsType, string[]][] = [
      ["endpoint", of("cluster").flatMap(({ refs }) => refs.endpoints ?? [])],
      ["secret", [...of("cluster"), ...of("listener")].flatMap(({ refs }) => refs.secrets ?? [])],
      ["listener", []],
      ["route", of("listener").flatMap(({ refs }) => refs.routes ?? [])],
      ...(this.#options.form === "vhds" ? [["virtualHost", []] as [XdsType, string[]]] : []),
    ];
    let asked = false;
    for (const [type, names] of wanted) {
      const before = this.#asked.get(type);
      const optional = type === "listener" || type === "virtualHost";
      if (before === undefined ? names.length === 0 && !optional : same(before, names)) continue;
      asked = true;
      const nonce = this.#nonces.get(type) ?? "";
      this.#say(type, names, nonce, undefined, this.#asked.has(type) ? undefined : this.#cameWith);
      this.#asked.set(type, names);
    }
    return asked;
  }

  readonly #nonces = new Map<XdsType, string>();
  /** Responses that are not answered yet. */
  readonly #backlog: Outgoing[] = [];
  /** Takes responses and answers none, until {@link answerAll}. */
  silent = false;
  #cameWith: string | undefined;

  /** Types of the responses that were not answered. */
  get unanswered(): XdsType[] {
    return this.#backlog.map(({ typeUrl }) => xdsTypeOf(typeUrl)!);
  }

  /** Answers what was left unanswered, in order, and goes on. */
  answerAll(): void {
    this.silent = false;
    for (const out of this.#backlog.splice(0)) this.#answer(out);
    this.run();
  }

  #answer(out: Outgoing): void {
    const type = xdsTypeOf(out.typeUrl)!;
    this.responses++;
    for (const { bytes } of out.resources) this.bytes += bytes.length;
    this.#nonces.set(type, out.nonce);
    const refuses = this.#options.refuses ?? marked;
    const faults = out.resources.flatMap((one) => {
      const fault = refuses(type, one);
      return fault === undefined ? [] : [{ name: one.name, fault }];
    });
    if (isAllOrNothing(out.typeUrl)) faults.push(...this.#sharedDomains(type, out));
    const all = faults.length > 0 && isAllOrNothing(out.typeUrl);
    if (!all) this.#takeOver(type, out, new Set(faults.map(({ name }) => name)));
    const names = this.#options.names ?? !isAllOrNothing(out.typeUrl);
    const error = faults.map(({ name, fault }) => names ? `${name}: ${fault}` : fault).join(", ");
    this.#say(type, this.#asked.get(type) ?? [], out.nonce, faults.length > 0 ? error : undefined);
  }

  /** Envoy takes no two virtual hosts of one domain in a route configuration. */
  #sharedDomains(type: XdsType, out: Outgoing): { name: string; fault: string }[] {
    const before = type === "virtualHost" ? this.has.get(type) ?? new Map<string, XdsResource>() : new Map();
    const after = new Map([...before, ...out.resources.map((one) => [one.name, one] as const)]);
    for (const name of out.removed) after.delete(name);
    const hosts = type === "virtualHost"
      ? [...after.values()]
      : out.resources.flatMap((one) => [...(one as unknown as RouteHosts).virtualHosts?.values() ?? []]);
    const taken = new Map<string, string>();
    for (const { name, bytes } of hosts) {
      for (const domain of domainsOf(bytes)) {
        const key = `${name.split("/")[0]} ${domain}`;
        if (taken.has(key)) return [{ name, fault: `Only unique values for domains are permitted: ${domain}` }];
        taken.set(key, name);
      }
    }
    return [];
  }

  #takeOver(type: XdsType, out: Outgoing, refused: ReadonlySet<string>): void {
    const had = this.has.get(type) ?? new Map<string, XdsResource>();
    const has = out.whole ? new Map<string, XdsResource>() : new Map(had);
    for (const one of out.resources) {
      if (!refused.has(one.name)) has.set(one.name, one);
      else if (had.has(one.name)) has.set(one.name, had.get(one.name)!);
    }
    for (const name of out.removed) has.delete(name);
    this.has.set(type, has);
    if (this.#options.form !== "vhds" || type !== "route") return;
    const hosts = this.has.get("virtualHost") ?? new Map();
    const again = new Set(out.resources.map(({ name }) => `${name}/`));
    const kept = [...hosts].filter(([name]) => !again.values().some((prefix) => name.startsWith(prefix)));
    this.has.set("virtualHost", new Map(kept));
  }
}

interface RouteHosts {
  readonly virtualHosts: ReadonlyMap<string, XdsResource>;
}

function same(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((name) => b.includes(name));
}

/** The routes of a virtual host: `prefix>cluster`, or `prefix=status`. */
export function routesOf(host: Uint8Array): string[] {
  const { routes = [] } = decode("envoy.config.route.v3.VirtualHost", host);
  return routes.map(({ match, route, directResponse }) =>
    `${match?.prefix}${route ? `>${route.cluster}` : `=${directResponse?.status}`}`
  );
}

const GUARD = { guard: { typeUrl: "type.googleapis.com/google.protobuf.Empty", value: new Uint8Array() } };

/** A virtual host with these routes, each `prefix>cluster`, with `!` behind it a guarded one, and domains (by default its own name). */
export function hostOf(name: string, routes: readonly string[], domains?: readonly string[], frame = ""): XdsResource {
  const clusters = [...new Set(routes.map((route) => route.split(">")[1]!.replace("!", "")))];
  const bytes = encode("envoy.config.route.v3.VirtualHost", {
    name,
    domains: [...domains ?? [name.slice(name.indexOf("/") + 1)]],
    routes: routes.map((text) => {
      const [prefix, cluster] = text.split(">") as [string, string];
      const typedPerFilterConfig = cluster.endsWith("!") ? GUARD : {};
      return { match: { prefix }, route: { cluster: cluster.replace("!", "") }, typedPerFilterConfig };
    }),
    ...(frame === "" ? {} : { requestHeadersToRemove: [frame] }),
  });
  return { ...resource("route", name, bytes, { clusters }), typeUrl: TYPE_URL.virtualHost };
}

/** A cache with a snapshot for the played Envoys. */
export function cacheWith(snapshot: EnvoySnapshot): XdsCache {
  const cache = new XdsCache();
  cache.setSnapshot(ROLE, snapshot);
  return cache;
}
