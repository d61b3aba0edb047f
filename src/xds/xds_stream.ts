import { TYPE_URL } from "../envoy/mod.ts";
import { AcceptedForms } from "./accepted_forms.ts";
import { type ClientTypeInfo, type HoldInfo, holdInfo, type NackInfo, nackInfo, typeInfo } from "./client_info.ts";
import type { Nack, SentResponse } from "./exchange.ts";
import { HeldHosts } from "./held_hosts.ts";
import { Leftovers } from "./leftovers.ts";
import { StreamRefusals } from "./refusals/mod.ts";
import { EMPTY_ENVOY_SNAPSHOT, type EnvoySnapshot, type ResourceSet } from "./resource.ts";
import { INLINE, type RouteView } from "./route_view.ts";
import { readableSecrets } from "./secret_access.ts";
import { diffSets } from "./set_diff.ts";
import { layOver, NO_PASSAGE } from "./transition.ts";
import type { ReceivingState, TypeState, Update } from "./type_state.ts";
import { WaitingClusters } from "./waiting_clusters.ts";
import type { Outgoing, XdsStreamOptions } from "./xds_stream_options.ts";
import { resourcesOf, XDS_TYPES, type XdsType, xdsTypeOf } from "./xds_type.ts";

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
  readonly #hosts: HeldHosts;
  readonly #refusals: StreamRefusals;
  readonly #accepted: AcceptedForms;
  readonly #stopWatching: () => void;
  /** The role's snapshot that the client is brought to; undefined until the role has any. */
  #aimed: EnvoySnapshot | undefined;
  /** What the client should be shown of it. */
  #target: EnvoySnapshot | undefined;
  /** What the client is shown; see {@link layOver}. */
  #shown: EnvoySnapshot | undefined;
  /** While the clusters of a client that came back with an unknown configuration settle: the end of that wait. */
  #gate: number | undefined;
  /** The client came back with a configuration that is still known here. */
  #resumed = false;
  /** Type URLs that were asked for. */
  readonly #greeted = new Set<string>();
  #sequence = 0;
  /** When the earliest change was heard of that the client was not yet told of. */
  #since: number | undefined;
  #timer: { at: number; cancel: () => void } | undefined;

  constructor(options: XdsStreamOptions<Request>) {
    this.#options = options;
    this.#routeView = options.routeView ?? INLINE;
    this.#accepted = new AcceptedForms(this.#routeView);
    this.#refusals = new StreamRefusals({ onHolds: () => {}, ...options.refusals, clock: options.clock });
    for (const type of XDS_TYPES) this.#states.set(TYPE_URL[type], options.newState(type));
    const [routes, hosts] = [this.#states.get(TYPE_URL.route)!, this.#states.get(TYPE_URL.virtualHost)!];
    this.#hosts = new HeldHosts(this.#routeView, (name) => routes.covers(name), hosts);
    this.#stopWatching = options.source.watch((snapshot, since) => this.#aim(snapshot, since));
    this.#aimed = options.source.current();
    this.#target = this.#shown = this.#viewOf(this.#aimed);
  }

  /** Takes in a request for a type. Never throws. */
  receive(typeUrl: string, request: Request): void {
    const state = this.#stateOf(typeUrl);
    if (state === undefined) return;
    const { accepted, nack } = state.receive(request);
    if (!this.#greeted.has(typeUrl)) this.#greet(typeUrl, state.cameWith);
    this.#acceptedAll(typeUrl, accepted);
    if (nack !== undefined) this.#refused(typeUrl, state, nack);
    if (state.wanted === 0 && this.#refusals.drop(typeUrl)) this.#aimAgain();
    if (typeUrl === TYPE_URL.cluster) this.#clustersAnswered(state, accepted);
    if (typeUrl === TYPE_URL.endpoint) this.#endpointsAnswered(accepted);
    if (typeUrl === TYPE_URL.secret) this.#secretsAnswered();
    if (typeUrl === TYPE_URL.route) this.#hosts.routesAsked();
    this.#settle();
    this.#options.onWork();
  }

  /** The next response; undefined when there is nothing to tell. What is given counts as sent. */
  take(): Outgoing | undefined {
    if (this.#shown === undefined) return undefined;
    for (;;) {
      for (const [typeUrl, state] of this.#states) {
        if (state.wanted === 0 || this.#gated(typeUrl, state)) continue;
        const update = this.#takeOf(typeUrl, state);
        if (update !== undefined) return this.#sending(typeUrl, state, update);
      }
      if (!this.#tried()) break;
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
    return Object.fromEntries(
      asked.map(([typeUrl, state]) => [xdsTypeOf(typeUrl) ?? typeUrl, typeInfo(state, this.#nacks.get(typeUrl))]),
    );
  }

  /** What the client refuses and is shown something else for. */
  holds(): HoldInfo[] {
    return this.#refusals.holds.map(holdInfo);
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

  #takeOf(typeUrl: string, state: TypeState): Update | undefined {
    if (typeUrl === TYPE_URL.virtualHost) return this.#hosts.take(this.#shown!.routes);
    return state.take(this.#resources(typeUrl), this.#heldBack(typeUrl));
  }

  /** Where nothing had to be sent for a try, that try is over. Gives whether there is something else to show now. */
  #tried(): boolean {
    if (!this.#refusals.searching || this.#waiting.size > 0) return false;
    const over = [...this.#states.keys()].filter((typeUrl) => this.#refusals.nothingToSend(typeUrl));
    if (over.length > 0) this.#aimAgain();
    return over.length > 0;
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
        return this.#hosts.wanted(this.#shown!.routes);
      default:
        return resourcesOf(this.#shown!, type);
    }
  }

  /** What there is of a type of which some may be held back, until clusters are ready or while something is searched for. */
  #heldBack(typeUrl: string): ResourceSet | undefined {
    const type = xdsTypeOf(typeUrl);
    return type === "listener" || type === "route" ? resourcesOf(this.#aimed!, type) : undefined;
  }

  /** A new snapshot of the role is the target from now on. */
  #aim(snapshot: EnvoySnapshot | undefined, since?: number): void {
    this.#since ??= since;
    // While something is searched for, what the client says must mean that alone.
    if (snapshot === undefined || this.#refusals.searching) return;
    this.#aimed = snapshot;
    this.#aimAgain();
  }

  /** The client should be shown something else of what it is brought to. */
  #aimAgain(): void {
    if (!this.#refusals.searching) this.#aimed = this.#options.source.current() ?? this.#aimed;
    const target = this.#viewOf(this.#aimed);
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
    const { clusters } = this.#accepted;
    return snapshot && this.#refusals.view(this.#options.view?.(snapshot) ?? snapshot, this.#shown, clusters);
  }

  /** Moves what is shown as far towards the target as may be now. */
  #move(): void {
    if (this.#shown === undefined || this.#target === undefined || this.#shown === this.#target) return;
    const leaving = this.#leftovers.over(this.#options.clock.elapsed());
    const waiting = this.#absentClusters();
    const passage = waiting.size + leaving.size === 0 ? NO_PASSAGE : { waiting, leaving };
    this.#shown = layOver(this.#shown, this.#target, passage);
    this.#leftovers.update(this.#shown, this.#target);
    this.#setTimer();
  }

  /** Clusters that routes must not be given over to: not ready yet, or refused and never accepted before. */
  #absentClusters(): ReadonlySet<string> {
    const refused = this.#refusals.absentClusters;
    return refused.length === 0 ? this.#waiting.names : new Set([...this.#waiting.names, ...refused]);
  }

  #clustersAnswered(state: ReceivingState<Request>, accepted: readonly SentResponse[]): void {
    if (!state.begun) this.#resume(state.cameWith);
    const last = accepted.at(-1);
    if (last === undefined) return;
    this.#gate = undefined;
    this.#waiting.accepted(last.sequence, this.#lacksSecret);
    this.#move();
  }

  readonly #lacksSecret = (name: string): boolean =>
    this.#accepted.lacksSecret(this.#shown?.clusters.get(name), this.#shown?.secrets ?? EMPTY_ENVOY_SNAPSHOT.secrets);

  #secretsAnswered(): void {
    if (this.#waiting.size === 0) return;
    this.#waiting.secretsAccepted(this.#lacksSecret);
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
    const found = clusterVersion === "" ? undefined : this.#options.source.earlier(clusterVersion);
    const earlier = this.#viewOf(found?.snapshot);
    if (found === undefined || earlier === undefined || this.#begun() || this.#target === undefined) return;
    this.#shown = earlier;
    // One that lacks clusters is told of routes when it has said that it has them, as a stranger is.
    this.#resumed = !found.behind;
    if (!found.behind) this.#accepted.assume(earlier);
    this.#aimAgain();
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
      shown: this.#shown!,
      aimed: this.#aimed!,
    });
    this.#refusals.sent(typeUrl, sequence, update.resources);
    if (type === "cluster") this.#clustersSent(sequence, update, first && state.cameWith !== "" && !this.#resumed);
    if (type === "listener") this.#owe(TYPE_URL.route, update.added.flatMap(({ refs }) => refs.routes ?? []));
    if (type === "route") this.#hosts.routesSent(update.resources);
    if (type === "virtualHost") this.#hosts.sent(sequence);
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

  #owe(typeUrl: string, names: readonly string[]): void {
    this.#states.get(typeUrl)!.owe(names);
  }

  /** Who comes with nothing of a type may not be as he was when he refused something: with him it is tried anew. */
  #greet(typeUrl: string, cameWith: string): void {
    this.#greeted.add(typeUrl);
    const type = xdsTypeOf(typeUrl);
    if (cameWith === "" && type !== undefined && this.#refusals.forget(type)) this.#aimAgain();
  }

  #acceptedAll(typeUrl: string, accepted: readonly SentResponse[]): void {
    const last = this.#accepted.accept(typeUrl, accepted);
    if (last === undefined) return;
    if (typeUrl === TYPE_URL.virtualHost) this.#hosts.accept(last.sequence);
    if (this.#refusals.accepted(typeUrl, last.sequence)) this.#aimAgain();
  }

  #refused(typeUrl: string, state: TypeState, nack: Nack): void {
    const type = xdsTypeOf(typeUrl);
    const info = nackInfo(type ?? typeUrl, nack, this.#options.clock.now());
    this.#nacks.set(typeUrl, info);
    this.#options.onNack(info);
    if (type === undefined || !this.#accepted.isSound(typeUrl, nack.response)) return;
    if (!this.#refusals.refused(typeUrl, nack, () => this.#accepted.around(type, nack))) return;
    this.#accepted.soundFrom(typeUrl, this.#sequence + 1);
    this.#takeBack(type, state);
    this.#aimAgain();
    this.#setTimer();
  }

  /** The client has what it had before it refused. */
  #takeBack(type: XdsType, state: TypeState): void {
    this.#shown = this.#accepted.over(this.#shown!, type);
    if (type === "virtualHost") this.#hosts.refuse();
    else state.assume(this.#resources(TYPE_URL[type]));
  }

  /** Once the client has taken over all routes, what they no longer need begins its grace. */
  #settle(): void {
    if (this.#leftovers.size === 0 || this.#absentClusters().size > 0 || this.#refusals.searching) return;
    for (const typeUrl of [TYPE_URL.listener, TYPE_URL.route, TYPE_URL.virtualHost]) {
      const state = this.#states.get(typeUrl)!;
      if (state.wanted === 0) continue;
      if (!state.exchange.settled || !state.told(this.#resources(typeUrl))) return;
    }
    this.#leftovers.beginGrace(this.#options.clock.elapsed() + this.#options.limits.graceMs);
    this.#setTimer();
  }

  #setTimer(): void {
    const ends = [this.#waiting.next, this.#leftovers.next, this.#refusals.next, this.#gate].filter((end) =>
      end !== undefined
    );
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
    if (this.#refusals.expire(now)) this.#aimAgain();
    this.#move();
    this.#setTimer();
    this.#options.onWork();
  }
}
