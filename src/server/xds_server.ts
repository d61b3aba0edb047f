import {
  type sendUnaryData,
  Server,
  ServerCredentials,
  type ServerDuplexStream,
  type ServerUnaryCall,
  type ServiceDefinition,
  setLogger,
  type UntypedServiceImplementation,
} from "@grpc/grpc-js";
import { formatAddress, isLocal, parseAddress } from "../address/mod.ts";
import {
  type DeltaDiscoveryRequest,
  type DeltaDiscoveryResponse,
  type DiscoveryRequest,
  type DiscoveryResponse,
  grpcService,
  xdsMethods,
  type XdsService,
} from "../envoy/mod.ts";
import {
  type ClientInfo,
  type DeltaRequest,
  DeltaState,
  implicitWildcard,
  isWholeSet,
  RefusalBook,
  type RouteView,
  type SnapshotType,
  type SotwRequest,
  SotwState,
  vhdsExcept,
  XDS_TYPES,
  type XdsStreamLimits,
  xdsTypeOf,
} from "../xds/mod.ts";
import { ClientStream, type Variant } from "./client_stream.ts";
import { answerFetch } from "./fetch.ts";
import { guardConnections } from "./guard_connections.ts";
import { destroyLate } from "./late_destroy.ts";
import { serveReplicaState } from "./replica_state.ts";
import { ResponseBodies } from "./response_bodies.ts";
import { ResumedSessions } from "./resumed_sessions.ts";
import { freeSocket, guardSocket } from "./unix_socket.ts";
import type { ServerContext, XdsCounters } from "./server_context.ts";
import { type CertificateProvider, credentialsFrom, type FollowingCredentials } from "./tls_credentials.ts";
import { watchTlsFiles } from "./tls_files.ts";
import { WriteTurns } from "./write_turns.ts";
import { deltaRequest, deltaResponse, packed, packedWithName, sotwRequest, sotwResponse } from "./xds_messages.ts";
import type { ServerMetrics, XdsServerOptions } from "./xds_server_options.ts";

/** A running xDS server. */
export interface XdsServer {
  /** As bound, in the form of XdsServerOptions.address. */
  readonly address: string;
  /** Every stream, oldest first. */
  clients(): ClientInfo[];
  /** Ends all streams, then the connections; what is left after `graceMs` is cut off. */
  close(graceMs: number): Promise<void>;
}

const SERVICES: readonly (readonly [XdsService, "ads" | SnapshotType])[] = [
  ["envoy.service.discovery.v3.AggregatedDiscoveryService", "ads"],
  ["envoy.service.listener.v3.ListenerDiscoveryService", "listener"],
  ["envoy.service.cluster.v3.ClusterDiscoveryService", "cluster"],
  ["envoy.service.route.v3.RouteDiscoveryService", "route"],
  ["envoy.service.endpoint.v3.EndpointDiscoveryService", "endpoint"],
  ["envoy.service.secret.v3.SecretDiscoveryService", "secret"],
];

/** Keepalive finds dead connections in 50 s; a request is at most 32 MiB (names and versions of some 100,000 resources). */
const CHANNEL_OPTIONS = {
  "grpc.keepalive_time_ms": 30_000,
  "grpc.keepalive_timeout_ms": 20_000,
  "grpc.max_concurrent_streams": 256,
  "grpc.max_receive_message_length": 32 * 1024 * 1024,
};

/**
 * Bytes that may be on their way to all clients together, and how long one that does not read may keep its share. As many
 * may be queued for connections, the same for each, so that one Envoy's response is off at once and a thousand need little.
 */
const MOST_BYTES = 8 * 1024 * 1024;
const PATIENCE_MS = 2_000;

/** How long routes wait for new clusters, and removed clusters for routes. */
export const DEFAULT_LIMITS: XdsStreamLimits = { clusterWaitMs: 2_000, graceMs: 5_000 };

type FetchCall = ServerUnaryCall<DiscoveryRequest, DiscoveryResponse>;
type SotwCall = ServerDuplexStream<DiscoveryRequest, DiscoveryResponse>;
type DeltaCall = ServerDuplexStream<DeltaDiscoveryRequest, DeltaDiscoveryResponse>;

const SOTW: Variant<DiscoveryRequest, SotwRequest, DiscoveryResponse> = {
  name: "sotw",
  newState: ({ isEnvoy }) => (type) => new SotwState(isWholeSet(type), isEnvoy),
  request: sotwRequest,
  pack: packed,
  response: sotwResponse,
};

const DELTA: Variant<DeltaDiscoveryRequest, DeltaRequest, DeltaDiscoveryResponse> = {
  name: "delta",
  newState: () => (type) => new DeltaState(implicitWildcard(type)),
  request: deltaRequest,
  pack: packedWithName,
  response: deltaResponse,
};

/**
 * Serves xDS: ADS and the services of single types, state of the world and delta, streams and Fetch. Throws where the
 * address is no address or cannot be bound, where the certificate files are no good, and where an address that other
 * machines can reach would be served without client certificates although the user did not say `insecure`.
 */
export async function startXdsServer(options: XdsServerOptions): Promise<XdsServer> {
  const address = parseAddress(options.address);
  if (address === undefined) throw new Error(`xDS address ${options.address}: it should be HOST:PORT or unix:PATH`);
  checkSafety(options, isLocal(address));
  // Errors reach us as errors too, and its lines would bypass the log's format. Its traces are for who asks for them.
  setLogger({ error: () => {}, info: console.error, debug: console.error });
  const streams = new Set<{ info(): ClientInfo | undefined; stop(): void }>();
  const counters = countersOf(options.metrics);
  const context: ServerContext = {
    cache: options.cache,
    clock: options.clock,
    logger: options.logger,
    limits: options.limits ?? DEFAULT_LIMITS,
    counters,
    bodies: {
      sotw: new ResponseBodies(SOTW.pack, counters.encoded),
      delta: new ResponseBodies(DELTA.pack, counters.encoded),
    },
    turns: new WriteTurns(MOST_BYTES, PATIENCE_MS, options.clock),
    mostQueued: () => MOST_BYTES / streams.size,
    clients: options.tls === undefined ? undefined : options.clients,
    view: options.view,
    hide: options.hide ?? ((text) => text),
    refusals: options.refusals ?? new RefusalBook(),
    routeView: routeViewOf(options.inlineRouteConfigurations ?? (() => [])),
    closed: (stream) => {
      streams.delete(stream as ClientStream<DiscoveryRequest, unknown, unknown>);
      counters.streams(streams.size);
    },
  };
  const opened = (stream: { info(): ClientInfo | undefined; stop(): void }) => {
    streams.add(stream);
    counters.streams(streams.size);
  };
  const server = new Server(CHANNEL_OPTIONS);
  for (const [service, type] of SERVICES) addXdsService(server, service, type, context, opened);
  if (options.tls && options.replicaState) serveReplicaState(server, options.replicaState, context);
  const tls = await credentialsOf(options);
  const resumed = tls && new ResumedSessions(tls.source, options.clock.now);
  const failed = (error: unknown) => options.logger.error("a stream could not be opened", { error: String(error) });
  guardConnections(server, failed, (session) => resumed?.refuses(session) ?? false);
  if ("path" in address) await freeSocket(address.path, options.isOwnSocket ?? false);
  const port = await bind(server, formatAddress(address), tls?.credentials).catch((error) => {
    tls?.stop();
    throw error;
  });
  destroyLate(server);
  resumed?.guard(server);
  if ("path" in address) await guardSocket(address.path, options.isOwnSocket ?? false);
  return {
    address: formatAddress("path" in address ? address : { host: address.host, port }),
    clients: () => [...streams].flatMap((stream) => stream.info() ?? []),
    close: async (graceMs) => {
      tls?.stop();
      for (const stream of [...streams]) stream.stop();
      await shutDown(server, graceMs, options);
    },
  };
}

async function credentialsOf(
  options: XdsServerOptions,
): Promise<FollowingCredentials & { readonly source: CertificateProvider } | undefined> {
  const { tls, clock, logger, tlsRefreshMs = 5_000 } = options;
  if (tls === undefined) return undefined;
  if ("current" in tls) return { ...credentialsFrom(tls), source: tls };
  const source = await watchTlsFiles(tls, tlsRefreshMs, clock, logger);
  const { credentials, stop } = credentialsFrom(source);
  return {
    credentials,
    source,
    stop: () => {
      source.stop();
      stop();
    },
  };
}

/** One view for all streams that begin while the names stay the same. */
function routeViewOf(inline: () => readonly string[]): () => RouteView {
  let names = inline();
  let view = vhdsExcept(names);
  return () => {
    const now = inline();
    if (now !== names && now.join("\n") !== names.join("\n")) view = vhdsExcept(now);
    names = now;
    return view;
  };
}

function checkSafety({ address, tls, clients, insecure }: XdsServerOptions, local: boolean): void {
  if (tls !== undefined && clients === undefined) {
    throw new Error("xDS with TLS needs a map from certificate names to the roles that they may read");
  }
  if (!local && tls === undefined && !insecure) {
    throw new Error(
      `xDS address ${address} can be reached from other machines, and configuration holds private keys: ` +
        "set up TLS with client certificates, or use a loopback address or a unix socket, or say that insecure is meant",
    );
  }
}

function addXdsService(
  server: Server,
  service: XdsService,
  type: "ads" | SnapshotType,
  context: ServerContext,
  opened: (stream: { info(): ClientInfo | undefined; stop(): void }) => void,
): void {
  const { stream, delta, fetch } = xdsMethods(service);
  const handlers: UntypedServiceImplementation = {};
  if (stream !== undefined) {
    handlers[stream.originalName] = (call: SotwCall) => opened(new ClientStream(call, SOTW, type, context));
  }
  if (delta !== undefined) {
    handlers[delta.originalName] = (call: DeltaCall) => opened(new ClientStream(call, DELTA, type, context));
  }
  if (fetch !== undefined && type !== "ads") {
    handlers[fetch.originalName] = (call: FetchCall, callback: sendUnaryData<DiscoveryResponse>) =>
      answerFetch(call, callback, type, context);
  }
  server.addService(grpcService(service) as ServiceDefinition, handlers);
}

function bind(server: Server, address: string, credentials = ServerCredentials.createInsecure()): Promise<number> {
  return new Promise((resolve, reject) => {
    server.bindAsync(address, credentials, (error, port) => error === null ? resolve(port) : reject(error));
  });
}

function shutDown(server: Server, graceMs: number, { clock }: XdsServerOptions): Promise<void> {
  return new Promise((resolve) => {
    const cancel = clock.setTimeout(() => {
      server.forceShutdown();
      resolve();
    }, graceMs);
    server.tryShutdown(() => {
      cancel();
      resolve();
    });
  });
}

function countersOf(metrics: ServerMetrics): XdsCounters {
  const sent = metrics.counter("sluice_xds_responses_total", "xDS responses sent", ["type"]);
  const bytes = metrics.counter("sluice_xds_sent_bytes_total", "bytes of resources in xDS responses", ["type"]);
  const encoded = metrics.counter(
    "sluice_xds_encoded_bytes_total",
    "bytes of resources that were encoded for xDS responses; clients that are sent the same share them",
  );
  const refused = metrics.counter("sluice_xds_nacks_total", "xDS responses that a client refused", ["type", "role"]);
  const streams = metrics.gauge("sluice_xds_streams", "xDS streams that are open");
  const told = metrics.histogram(
    "sluice_change_to_write_seconds",
    "From when a change of the configuration was heard of until a client's share of it was written",
    [0.003, 0.005, 0.007, 0.01, 0.015, 0.02, 0.03, 0.04, 0.05, 0.075, 0.1, 0.2, 0.5, 1, 2.5, 10],
  );
  return {
    told: (ms) => told.observe(ms / 1000),
    sent: (typeUrl, count) => {
      const type = xdsTypeOf(typeUrl) ?? "other";
      sent.add(1, { type });
      bytes.add(count, { type });
    },
    encoded: (count) => encoded.add(count),
    // A client may ask for any type there is, and each label value is kept for good.
    refused: (type, role) => refused.add(1, { type: XDS_TYPES.some((known) => known === type) ? type : "other", role }),
    streams: (count) => streams.set(count),
  };
}
