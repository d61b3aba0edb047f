/**
 * The plugin contract. A plugin is pure: frozen input and `lookup` in, fragments of Envoy messages and reports out. It
 * names the option fields it owns; every hook sees those fields typed. Hooks carry Gloo's names.
 *
 * The translator calls each hook that a plugin has with every object of that sort, merges the fragments (messages field
 * by field, lists one after the other in the order of the registry, maps by key) and reports two plugins that set one
 * field. A hook that throws is a bug: it is caught, reported with its ref, and the rest is still translated.
 */
import type {
  HoleName,
  Infer,
  Lookup,
  Origin,
  ProxyRoute,
  ProxyTcpHost,
  ProxyVirtualHost,
  Ref,
  Resource,
  RouteAction,
  Shape,
  Spec,
  WeightedDestination,
} from "../api/mod.ts";
import type { Message } from "../envoy/mod.ts";
import type { Code, Severity } from "../report/mod.ts";

/** Fields that a plugin contributes, by the message that they are contributed to. */
export type OptionShapes = { readonly [H in HoleName]?: Readonly<Record<string, Shape>> };

/** The plugin's own fields of one hole, decoded; `{}` where it has none. */
export type Own<O extends OptionShapes, H extends HoleName> = O[H] extends Readonly<Record<string, Shape>>
  ? { readonly [K in keyof O[H]]?: Infer<O[H][K]> }
  : Readonly<Record<never, never>>;

/** A fault found by a plugin. `path` starts at the options object at hand: `cors.allowOriginRegex[0]`. */
export interface PluginReport {
  readonly severity: Severity;
  readonly code: Code;
  readonly path: string;
  readonly message: string;
}

/** What a hook gives back. Nothing at all is `undefined`. */
export interface HookResult<F> {
  readonly fragment?: F;
  /**
   * An error rejects the smallest piece around the hook (route, virtual host, filter chain, listener, cluster): that
   * piece is held or replaced, and `fragment` is then not used.
   */
  readonly reports?: readonly PluginReport[];
}
export type Hook<I, F> = (input: I) => HookResult<F> | undefined;

/** What every hook gets. */
export interface HookInput<O extends OptionShapes> {
  /** The plugin's own fields of `Settings.spec.gloo`. */
  readonly settings: Own<O, "glooSettings">;
  /** All of Settings, for what is shared by plugins. */
  readonly allSettings: Spec<"Settings">;
  readonly lookup: Lookup;
  /** Whose YAML the object at hand is; refs without a namespace are resolved in `owner.namespace`. */
  readonly owner: Origin;
}

export interface UpstreamInput<O extends OptionShapes> extends HookInput<O> {
  readonly options: Own<O, "upstream">;
  readonly upstream: Resource<"Upstream">;
  readonly clusterName: string;
}

/** Address of one endpoint of an Upstream, before it is known whether it goes into the cluster or over EDS. */
export interface UpstreamEndpoint {
  readonly address: { readonly host: string; readonly port: number } | { readonly pipe: string };
  /** Other addresses of the same endpoint, such as its IPv6 one; Envoy tries them where `address` does not answer. */
  readonly additionalAddresses?: readonly { readonly host: string; readonly port: number }[];
  readonly hostname?: string;
  readonly weight?: number;
  /** Where it runs. Endpoints of one place are a locality of Envoy, which weighs as much as they do together. */
  readonly locality?: { readonly zone?: string; readonly subZone?: string };
  /** `metadata.filter_metadata`, plain JSON by filter name. */
  readonly metadata?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly healthCheckHostname?: string;
  /**
   * TLS server name for this endpoint alone. Where the cluster speaks TLS, the translator gives each server name a
   * transport socket match that differs from the cluster's TLS context in its `sni` only.
   */
  readonly sni?: string;
}

/** An endpoint that comes and goes by itself: it must leave its cluster alone, and so has no server name of its own. */
export type DiscoveredEndpoint = Omit<UpstreamEndpoint, "sni">;

/** The parts of a cluster that plugins build. */
export interface UpstreamFragment {
  readonly cluster?: Message<"envoy.config.cluster.v3.Cluster">;
  /** Becomes the typed extension protocol options, so that several plugins can fill it. */
  readonly httpProtocolOptions?: Message<"envoy.extensions.upstreams.http.v3.HttpProtocolOptions">;
  /**
   * The endpoints, from the plugin that owns the Upstream's type. `discovery` says how Envoy learns them: `addresses`
   * become EDS (or STATIC, by setting), `names` STRICT_DNS; `discovered` is EDS always, with the addresses that the hook
   * `endpointDiscovery` finds; `cluster` leaves discovery to the `cluster` fragment.
   */
  readonly endpoints?: {
    readonly discovery: "addresses" | "names" | "discovered" | "cluster";
    readonly list: readonly UpstreamEndpoint[];
  };
  /** TLS without an sslConfig: what to send to a back end that expects TLS (static: useTls, port 443). */
  readonly implicitTls?: { readonly sni?: string };
  /** The cluster's transport socket, and that of each match, is wrapped so that connections begin with this header. */
  readonly proxyProtocol?: "V1" | "V2";
}

export interface EndpointsInput<O extends OptionShapes> extends HookInput<O> {
  readonly options: Own<O, "upstream">;
  readonly upstream: Resource<"Upstream">;
  readonly clusterName: string;
}

export interface ListenerInput<O extends OptionShapes> extends HookInput<O> {
  readonly options: Own<O, "listener">;
  readonly listener: ListenerProjection;
}

/** What hooks below a listener may know of it. */
export interface ListenerProjection {
  readonly name: string;
  readonly bindAddress: string;
  readonly bindPort: number;
  /** True where any of its filter chains terminates TLS or matches by SNI. */
  readonly usesTls: boolean;
  readonly proxy: Ref;
}

/** The http part of a listener or of one matched listener. */
export interface HttpListenerInput<O extends OptionShapes> extends HookInput<O> {
  readonly options: Own<O, "httpListener">;
  readonly listenerOptions: Own<O, "listener">;
  readonly listener: ListenerProjection;
}

/** The tcp part of a listener or of one matched listener, with one of its hosts. */
export interface TcpHostInput<O extends OptionShapes> extends HookInput<O> {
  readonly options: Own<O, "tcpListener">;
  readonly listenerOptions: Own<O, "listener">;
  readonly listener: ListenerProjection;
  readonly host: ProxyTcpHost;
}

export interface FilterChainInput<O extends OptionShapes> extends HookInput<O> {
  readonly listenerOptions: Own<O, "listener">;
  readonly listener: ListenerProjection;
}

/** Gloo's stages of HTTP filters, in the order of the chain. The router comes after all of them. */
export const FILTER_STAGES = [
  "Fault",
  "Cors",
  "Waf",
  "AuthN",
  "AuthZ",
  "RateLimit",
  "Accepted",
  "OutAuth",
  "Route",
] as const;
export type FilterStage = (typeof FILTER_STAGES)[number];

/** Where a filter stands. Ties are ordered by weight (lower first, default 0), then by filter name. */
export interface FilterPlace {
  readonly stage: FilterStage;
  readonly side: "before" | "during" | "after";
  readonly weight?: number;
}

/** An Any that is encoded already, as `any(name, message)` of src/envoy makes it. */
export type EncodedAny = Message<"google.protobuf.Any">;

/**
 * An HTTP filter of a connection manager. Whether it is there hangs on the Gateway's http options and Settings alone,
 * never on a virtual host or route, as a changed filter list drains connections.
 */
export interface StagedHttpFilter {
  readonly name: string;
  readonly place: FilterPlace;
  readonly config: EncodedAny;
  /** True where the filter costs while idle: a route's typed_per_filter_config switches it on. */
  readonly disabled?: boolean;
}

export interface StagedNetworkFilter {
  readonly name: string;
  /** Lower first; all of them stand before the terminal filter. */
  readonly weight: number;
  readonly config: EncodedAny;
}

export interface RouteConfigurationInput<O extends OptionShapes> extends HookInput<O> {
  readonly options: Own<O, "routeConfiguration">;
  readonly listener: ListenerProjection;
}

export interface VirtualHostInput<O extends OptionShapes> extends HookInput<O> {
  readonly options: Own<O, "virtualHost">;
  readonly virtualHost: ProxyVirtualHost;
  readonly listener: ListenerProjection;
}

export interface RouteInput<O extends OptionShapes> extends HookInput<O> {
  readonly options: Own<O, "route">;
  readonly route: ProxyRoute;
  readonly virtualHostOptions: Own<O, "virtualHost">;
  readonly listener: ListenerProjection;
}

export interface RouteActionInput<O extends OptionShapes> extends RouteInput<O> {
  readonly action: RouteAction;
}

export interface WeightedDestinationInput<O extends OptionShapes> extends HookInput<O> {
  readonly options: Own<O, "weightedDestination">;
  readonly destination: WeightedDestination;
  readonly listener: ListenerProjection;
}

/** Clusters and listeners that a plugin needs beside those of the configuration; names start `solo_io_generated_`. */
export interface GeneratedResources {
  readonly clusters?: readonly Message<"envoy.config.cluster.v3.Cluster">[];
  readonly listeners?: readonly Message<"envoy.config.listener.v3.Listener">[];
}

/** Every hook of the contract; see the head of this file for how results are merged. */
export interface Hooks<O extends OptionShapes> {
  readonly upstream?: Hook<UpstreamInput<O>, UpstreamFragment>;
  readonly endpoints?: Hook<EndpointsInput<O>, Message<"envoy.config.endpoint.v3.ClusterLoadAssignment">>;
  /**
   * Endpoints that come and go by themselves. What this hook looks up is asked again without the cluster being made again,
   * so the hook `upstream` must not look at it.
   */
  readonly endpointDiscovery?: Hook<EndpointsInput<O>, { readonly list: readonly DiscoveredEndpoint[] }>;
  readonly listener?: Hook<ListenerInput<O>, Message<"envoy.config.listener.v3.Listener">>;
  readonly httpConnectionManager?: Hook<
    HttpListenerInput<O>,
    Message<"envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager">
  >;
  readonly httpFilters?: Hook<HttpListenerInput<O>, readonly StagedHttpFilter[]>;
  readonly upstreamHttpFilters?: Hook<HttpListenerInput<O>, readonly StagedHttpFilter[]>;
  readonly networkFilters?: Hook<HttpListenerInput<O>, readonly StagedNetworkFilter[]>;
  readonly tcpFilterChain?: Hook<
    TcpHostInput<O>,
    {
      readonly filters?: readonly StagedNetworkFilter[];
      readonly tcpProxy?: Message<"envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy">;
    }
  >;
  readonly filterChainMutator?: Hook<FilterChainInput<O>, Message<"envoy.config.listener.v3.FilterChain">>;
  readonly routeConfiguration?: Hook<RouteConfigurationInput<O>, Message<"envoy.config.route.v3.RouteConfiguration">>;
  readonly virtualHost?: Hook<VirtualHostInput<O>, Message<"envoy.config.route.v3.VirtualHost">>;
  readonly route?: Hook<RouteInput<O>, Message<"envoy.config.route.v3.Route">>;
  /** Only for routes with a routeAction; the fragment is merged into `Route.route`. */
  readonly routeAction?: Hook<RouteActionInput<O>, Message<"envoy.config.route.v3.RouteAction">>;
  readonly weightedDestination?: Hook<
    WeightedDestinationInput<O>,
    Message<"envoy.config.route.v3.WeightedCluster.ClusterWeight">
  >;
  readonly generatedResources?: Hook<HttpListenerInput<O>, GeneratedResources>;
}

/** A translator plugin. */
export interface Plugin<O extends OptionShapes = OptionShapes> extends Hooks<O> {
  /** Name of its folder. */
  readonly name: string;
  readonly options: O;
}

/** A plugin whose option types are forgotten, as the registry keeps it. */
// deno-lint-ignore no-explicit-any
export type AnyPlugin = Plugin<any>;

/** Defines a plugin; infers the types of its hooks' options from the shapes that it contributes. */
export function definePlugin<const O extends OptionShapes>(plugin: Plugin<O>): Plugin<O> {
  return plugin;
}
