import { TYPE_URL } from "../envoy/mod.ts";
import type { ClientTypeInfo, NackInfo } from "./client_info.ts";
import type { SnapshotSource } from "./cache.ts";
import type { Nack, SentResponse } from "./exchange.ts";
import { HeldHosts } from "./held_hosts.ts";
import { Leftovers } from "./leftovers.ts";
import { EMPTY_ENVOY_SNAPSHOT, type EnvoySnapshot, type ResourceSet } from "./resource.ts";
import { INLINE, type RouteView } from "./route_view.ts";
import { readableSecrets } from "./secret_access.ts";
import { diffSets } from "./set_diff.ts";
import { layOver, NO_PASSAGE } from "./transition.ts";
import type { TypeState, Update } from "./type_state.ts";
import { unionOf } from "./union.ts";
import { WaitingClusters } from "./waiting_clusters.ts";
import { isAllOrNothing, resourcesOf, XDS_TYPES, type XdsType, xdsTypeOf } from "./xds_type.ts";

/** Time, handed in. */
export interface StreamClock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Milliseconds from some moment; goes on evenly even where somebody sets the machine's clock. */
  elapsed(): number;
  /** Calls back once; gives what calls it off. */
  setTimeout(callback: () => void, ms: number): () => void;
}

/** A type's state that takes requests of one variant. */
export interface ReceivingState<Request> extends TypeState {
  receive(request: Request): { accepted: readonly SentResponse[]; nack?: Nack };
}

/** What a stream needs. */
export interface XdsStreamOptions<Request> {
  readonly source: SnapshotSource;
  /** Makes the state of a type; undefined for a type that Sluice does not serve. */
  readonly newState: (type: XdsType | undefined) => ReceivingState<Request>;
  /** In which form this client is shown route configurations. Default: inline. */
  readonly routeView?: RouteView;
  readonly clock: StreamClock;
  readonly limits: XdsStreamLimits;
  /** What this client sees of its role's snapshot. Must give the same object for the same snapshot. Default: all of it. */
  readonly view?: (snapshot: EnvoySnapshot) => EnvoySnapshot;
  /** There may be something to take. */
  readonly onWork: () => void;
  readonly onNack: (nack: NackInfo) => void;
  /** These clusters were not ready in time; routes that name them go out all the same. */
  readonly onLate: (clusters: readonly string[]) => void;
}

/** The bounds of make-before-break. */
export interface XdsStreamLimits {
  /** How long routes wait for a new cluster that they name, in milliseconds. */
  readonly clusterWaitMs: number;
  /** How long removed clusters, endpoints and secrets stay after the last route that named them, in milliseconds. */
  readonly graceMs: number;
}

/** A response to send. */
export interface Outgoing extends Update {
  readonly typeUrl: string;
  readonly nonce: string;
}

/** More types than this in one stream are passed over. */
const MOST_TYPES = 32;

/**
 * One xDS stream: what the client is shown (a view that moves from one EnvoySnapshot to the next, make before break), in
 * which order it is told, and what it answered. It sends nothing itself: whoever owns the connection takes the next
 * response whenever one can be written, so that always the newest state is told and a slow client skips what is past.
 */
export class XdsStream<Request> {
  readonly #options: XdsStreamOptions<Request>;
  readonly #states = new Map<string, ReceivingState<Request>>();
  readonly #nacks = new Map<string, NackInfo>();
  readonly #waiting = new WaitingClusters();
  readonly #leftovers = new Leftovers();
  readonly #routeView: RouteView;
  readonly #hosts = new HeldHosts();
  readonly #stopWatching: () => void;
  /** What the configuration says; undefined until the role has any. */
  #target: EnvoySnapshot | undefined;
  /** What the client is shown; see {@link layOver}. */
  #shown: EnvoySnapshot | undefined;
  /** While the clusters of a client that came back with an unknown configuration settle: the end of that wait. */
  #gate: number | undefined;
  /** The client came back with a configuration that is still known here. */
  #resumed = false;
  #sequence = 0;
  /** When the earliest change was heard of that the client was not yet told of. */
  #since: number | undefined;
  #timer: { at: number; cancel: () => void } | undefined;

  constructor(options: XdsStreamOptions<Request>) {
    this.#options = options;
    this.#routeView = options.routeView ?? INLINE;
    for (const type of XDS_TYPES) this.#states.set(TYPE_URL[type], options.newState(type));
    this.#stopWatching = options.source.watch((snapshot, since) => this.#aim(snapshot, since));
    this.#target = this.#shown = this.#viewOf(options.source.current());
  }

  /** Takes in a request for a type. Never throws. */
  receive(typeUrl: string, request: Request): void {
    const state = this.#stateOf(typeUrl);
    if (state === undefined) return;
    const refused = state.exchange.refused.length;
    const { accepted, nack } = state.receive(request);
    if (nack !== undefined) this.#refused(typeUrl, nack);
    if (isAllOrNothing(typeUrl)) this.#sendAgain(state, refused, nack);
    if (typeUrl === TYPE_URL.cluster) this.#clustersAnswered(state, accepted);
    if (typeUrl === TYPE_URL.endpoint) this.#endpointsAnswered(accepted);
    if (typeUrl === TYPE_URL.route) this.#routesAsked();
    this.#settle();
    this.#options.onWork();
  }

  /** The next response; undefined when there is nothing to tell. What is given counts as sent. */
  take(): Outgoing | undefined {
    if (this.#shown === undefined) return undefined;
    for (const [typeUrl, state] of this.#states) {
      if (state.wanted === 0 || this.#gated(typeUrl, state)) continue;
      const update = typeUrl === TYPE_URL.virtualHost ? this.#takeHosts(state) : state.take(this.#resources(typeUrl));
      if (update !== undefined) return this.#sending(typeUrl, state, update);
    }
    this.#settle();
    return undefined;
  }

  /** Ends the stream: no timer, no watch is left. */
  close(): void {
    this.#stopWatching();
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  /**
   * To be called when there was nothing left to take and all is written: when the earliest change was heard of that the
   * client has now been told of. Undefined where there is none, or clusters that it brought are waited for.
   */
  told(): number | undefined {
    if (this.#waiting.size > 0) return undefined;
    const since = this.#since;
    this.#since = undefined;
    return since;
  }

  /** How the client stands with each type it asked for. */
  types(): Record<string, ClientTypeInfo> {
    const asked = [...this.#states].filter(([, state]) => state.begun || state.wanted !== 0);
    return Object.fromEntries(asked.map(([typeUrl, { exchange, wanted }]) => [
      xdsTypeOf(typeUrl) ?? typeUrl,
      {
        versionSent: exchange.versionSent,
        versionAcked: exchange.versionAcked,
        names: wanted,
        lastNack: this.#nacks.get(typeUrl),
      },
    ]));
  }

  /** Clusters that hold back the routes that name them. */
  waitingFor(): string[] {
    return [...this.#waiting.names];
  }

  #stateOf(typeUrl: string): ReceivingState<Request> | undefined {
    let state = this.#states.get(typeUrl);
    if (state === undefined && this.#states.size < MOST_TYPES) {
      this.#states.set(typeUrl, state = this.#options.newState(undefined));
    }
    return state;
  }

  #resources(typeUrl: string): ResourceSet {
    const type = xdsTypeOf(typeUrl);
    // A type that Sluice does not serve has no resources. In delta its names are answered as missing, so that the client
    // does not wait; in the state of the world an empty response would be a no-op, so there is none.
    if (type === undefined) return EMPTY_ENVOY_SNAPSHOT.endpoints;
    switch (type) {
      case "secret":
        return readableSecrets(this.#shown!);
      case "route":
        return this.#routeView.shown(this.#shown!.routes);
      case "virtualHost":
        return unionOf([...this.#wantedHosts().values()]);
      default:
        return resourcesOf(this.#shown!, type);
    }
  }

  /** The virtual hosts that this client should hold, by route configuration. */
  #wantedHosts(): ReadonlyMap<string, ResourceSet> {
    return this.#hosts.wanted(this.#shown!.routes, (name) => this.#takesApart(name));
  }

  /** Whether the client wants this route configuration and takes its virtual hosts apart. */
  #takesApart(name: string): boolean {
    return this.#routeView.isApart(name) && this.#states.get(TYPE_URL.route)!.covers(name);
  }

  #takeHosts(state: TypeState): Update | undefined {
    const wanted = this.#wantedHosts();
    const update = state.take(unionOf([...wanted.values()]));
    if (state.begun) this.#hosts.hold(wanted);
    return update;
  }

  /** The client may have dropped route configurations, and their virtual hosts with them. */
  #routesAsked(): void {
    if (this.#hosts.retain((name) => this.#takesApart(name))) this.#assumeHosts();
  }

  #assumeHosts(): void {
    this.#states.get(TYPE_URL.virtualHost)!.assume?.(this.#hosts.all);
  }

  /** A new snapshot of the role is the target from now on. */
  #aim(snapshot: EnvoySnapshot | undefined, since?: number): void {
    this.#since ??= since;
    const target = this.#viewOf(snapshot);
    if (target === undefined) return;
    this.#target = target;
    if (this.#shown === undefined) this.#shown = target;
    const clusters = this.#states.get(TYPE_URL.cluster)!;
    for (const { name } of diffSets(this.#shown.clusters, target.clusters).added) {
      if (clusters.covers(name)) this.#waiting.expect(name);
    }
    this.#waiting.retain((name) => target.clusters.has(name));
    this.#move();
    this.#options.onWork();
  }

  #viewOf(snapshot: EnvoySnapshot | undefined): EnvoySnapshot | undefined {
    return snapshot && (this.#options.view?.(snapshot) ?? snapshot);
  }

  /** Moves what is shown as far towards the target as may be now. */
  #move(): void {
    if (this.#shown === undefined || this.#target === undefined || this.#shown === this.#target) return;
    const leaving = this.#leftovers.over(this.#options.clock.elapsed());
    const passage = this.#waiting.size + leaving.size === 0 ? NO_PASSAGE : { waiting: this.#waiting.names, leaving };
    this.#shown = layOver(this.#shown, this.#target, passage);
    this.#leftovers.update(this.#shown, this.#target);
    this.#setTimer();
  }

  #clustersAnswered(state: ReceivingState<Request>, accepted: readonly SentResponse[]): void {
    if (!state.begun) this.#resume(state.cameWith);
    const last = accepted.at(-1);
    if (last === undefined) return;
    this.#gate = undefined;
    this.#waiting.accepted(last.sequence);
    this.#move();
  }

  #endpointsAnswered(accepted: readonly SentResponse[]): void {
    if (this.#waiting.size === 0 || this.#shown === undefined) return;
    for (const { sequence, changed } of accepted) {
      this.#waiting.endpointsAccepted(sequence, changed, this.#shown.clusters);
    }
    this.#move();
  }

  /** A client that comes back with an earlier configuration goes on from there, as if it had never been away. */
  #resume(clusterVersion: string): void {
    const earlier = clusterVersion === "" ? undefined : this.#viewOf(this.#options.source.earlier(clusterVersion));
    if (earlier === undefined || this.#begun() || this.#target === undefined) return;
    this.#resumed = true;
    this.#shown = earlier;
    this.#aim(this.#options.source.current());
  }

  #begun(): boolean {
    return [...this.#states.values()].some((state) => state.begun);
  }

  /**
   * A client that comes back with clusters of which nothing is known here gets the others' routes only when it has said that
   * its clusters are ready. A client that comes with nothing needs no gate: Envoy asks for listeners after its clusters, and a
   * listener waits for its routes.
   */
  #gated(typeUrl: string, state: TypeState): boolean {
    if (typeUrl === TYPE_URL.virtualHost) return !this.#states.get(TYPE_URL.route)!.begun;
    if (this.#gate === undefined || state.begun) return false;
    return typeUrl === TYPE_URL.listener || typeUrl === TYPE_URL.route;
  }

  #sending(typeUrl: string, state: TypeState, update: Update): Outgoing {
    const first = state.exchange.versionSent === undefined;
    const sequence = ++this.#sequence;
    const type = xdsTypeOf(typeUrl);
    state.exchange.sent({
      sequence,
      version: update.version,
      changed: update.changed,
      removed: update.removed,
      whole: update.whole,
    });
    if (type === "cluster") this.#clustersSent(sequence, update, first && state.cameWith !== "" && !this.#resumed);
    if (type === "listener") this.#owe(TYPE_URL.route, update.added.flatMap(({ refs }) => refs.routes ?? []));
    if (type === "route") this.#routesSent(update);
    return { ...update, typeUrl, nonce: String(sequence) };
  }

  #clustersSent(sequence: number, update: Update, toStranger: boolean): void {
    const until = this.#options.clock.elapsed() + this.#options.limits.clusterWaitMs;
    this.#waiting.sent(sequence, until, update.changed);
    if (toStranger) this.#gate = until;
    // Envoy warms a changed cluster until it gets endpoints anew, even if they are the same.
    this.#owe(TYPE_URL.endpoint, update.changed.flatMap(({ refs }) => refs.endpoints ?? []));
    this.#setTimer();
  }

  /** A route configuration that is sent is followed by all its virtual hosts, whatever the client holds of them. */
  #routesSent({ resources }: Update): void {
    const apart = resources.filter(({ name }) => this.#routeView.isApart(name));
    for (const { name } of apart) this.#hosts.expire(name);
    if (apart.length > 0) this.#assumeHosts();
  }

  #owe(typeUrl: string, names: readonly string[]): void {
    this.#states.get(typeUrl)!.owe(names);
  }

  #refused(typeUrl: string, { detail, response, guilty }: Nack): void {
    const info: NackInfo = {
      type: xdsTypeOf(typeUrl) ?? typeUrl,
      detail,
      at: this.#options.clock.now(),
      version: response.version,
      resources: guilty.map(({ name, origins }) => ({ name, origins })),
    };
    this.#nacks.set(typeUrl, info);
    this.#options.onNack(info);
  }

  /**
   * Where Envoy takes over a response as a whole or not at all, what was refused along with others comes again without
   * them: at once where Envoy named the others, and where it named none, once some of what it refused was mended.
   */
  #sendAgain(state: TypeState, refusedBefore: number, nack: Nack | undefined): void {
    if (nack === undefined) {
      const { refused } = state.exchange;
      if (refused.length < refusedBefore) state.owe(refused);
      return;
    }
    const guilty = new Set(nack.guilty.map(({ name }) => name));
    const names = [...nack.response.changed.map(({ name }) => name), ...nack.response.removed];
    const innocent = names.filter((name) => !guilty.has(name));
    if (innocent.length < names.length) state.owe(innocent);
  }

  /** Once the client has taken over all routes, what they no longer need begins its grace. */
  #settle(): void {
    if (this.#leftovers.size === 0 || this.#waiting.size > 0) return;
    for (const typeUrl of [TYPE_URL.listener, TYPE_URL.route, TYPE_URL.virtualHost]) {
      const state = this.#states.get(typeUrl)!;
      if (state.wanted === 0) continue;
      if (!state.exchange.settled || !state.told(this.#resources(typeUrl))) return;
    }
    this.#leftovers.beginGrace(this.#options.clock.elapsed() + this.#options.limits.graceMs);
    this.#setTimer();
  }

  #setTimer(): void {
    const ends = [this.#waiting.next, this.#leftovers.next, this.#gate].filter((end) => end !== undefined);
    const at = ends.length === 0 ? undefined : Math.min(...ends);
    if (at === this.#timer?.at) return;
    this.#timer?.cancel();
    const cancel = at === undefined
      ? undefined
      : this.#options.clock.setTimeout(() => this.#timeUp(), Math.max(0, at - this.#options.clock.elapsed()));
    this.#timer = at === undefined || cancel === undefined ? undefined : { at, cancel };
  }

  #timeUp(): void {
    this.#timer = undefined;
    const now = this.#options.clock.elapsed();
    if (this.#gate !== undefined && this.#gate <= now) this.#gate = undefined;
    const late = this.#waiting.expire(now);
    if (late.length > 0) this.#options.onLate(late);
    this.#move();
    this.#setTimer();
    this.#options.onWork();
  }
}
