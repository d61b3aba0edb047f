import type { EnvoySnapshot, RefusalBook, StreamClock, XdsCache, XdsStreamLimits } from "../xds/mod.ts";
import type { ClientRoles } from "./access.ts";
import type { CertificateProvider } from "./tls_credentials.ts";
import type { StateSource } from "./replica_state.ts";
import type { TlsFiles } from "./tls_files.ts";

/** Time, handed in. */
export type ServerClock = StreamClock;

/** Where the server tells what happens. */
export interface ServerLogger {
  info(text: string, fields?: Readonly<Record<string, unknown>>): void;
  warn(text: string, fields?: Readonly<Record<string, unknown>>): void;
  error(text: string, fields?: Readonly<Record<string, unknown>>): void;
}

/** Makes metrics; a name is made once. */
export interface ServerMetrics {
  counter(
    name: string,
    help: string,
    labelNames?: readonly string[],
  ): { add(by?: number, labels?: Readonly<Record<string, string>>): void };
  gauge(name: string, help: string): { set(value: number): void };
  histogram(name: string, help: string, buckets: readonly number[]): { observe(value: number): void };
}

/** How to serve xDS. */
export interface XdsServerOptions {
  /** `127.0.0.1:9977`, `[::1]:9977`, `0.0.0.0:9977` or `unix:/path`; port 0 takes a free one. */
  readonly address: string;
  /**
   * Nobody else has a server on this unix socket, so whatever listens there is a relic: Deno lets a program that it runs
   * inherit the socket, and an Envoy that outlives its Sluice then seems to listen on it. Default false.
   */
  readonly isOwnSocket?: boolean;
  readonly cache: XdsCache;
  readonly clock: ServerClock;
  readonly logger: ServerLogger;
  readonly metrics: ServerMetrics;
  /**
   * Mutual TLS, from files or from memory; either is followed. Needed on an address that others than this machine can reach,
   * unless `insecure`.
   */
  readonly tls?: TlsFiles | CertificateProvider;
  /** Which certificate may read which roles. Needed with `tls`. */
  readonly clients?: ClientRoles;
  /** The user's word that anybody who can reach the address may read everything, private keys too. Default false. */
  readonly insecure?: boolean;
  /** Read at each use, so it may change. Default: 2,000 ms for new clusters, 5,000 ms of grace for removed ones. */
  readonly limits?: XdsStreamLimits;
  /**
   * Names of route configurations whose virtual hosts are sent to no Envoy one by one (VHDS), but within them; `*` names all.
   * Read when a stream begins, which then keeps to it. Default: none. See {@link RouteView}.
   */
  readonly inlineRouteConfigurations?: () => readonly string[];
  /** Where it is kept what clients refuse. Default: with the server. */
  readonly refusals?: RefusalBook;
  /** Given to other replicas that start without a state; needs `tls`. Default: nothing is given. */
  readonly replicaState?: StateSource;
  /** Hides secrets in what clients say, before it is logged. Default: nothing is hidden. */
  readonly hide?: (text: string) => string;
  /** How often the certificate files are looked at. Default 5,000 ms. */
  readonly tlsRefreshMs?: number;
  /** What clients see of their role's snapshot; see XdsStreamOptions. */
  readonly view?: (snapshot: EnvoySnapshot) => EnvoySnapshot;
}
