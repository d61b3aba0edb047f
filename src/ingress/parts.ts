import type { ProxyRoute, ProxySslConfig, ResourceId } from "../api/mod.ts";
import type { Claimant, sourceOf } from "../gateway/mod.ts";
import type { Report } from "../report/mod.ts";
import type { PathMatch } from "./paths.ts";

/** One path of an Ingress on one host, or its default backend there. */
export interface HostRoute {
  readonly match: PathMatch;
  /** What no two Ingresses may both have on a host: the match in a word. */
  readonly wish: string;
  /** Its place in the Ingress' spec. */
  readonly path: string;
  readonly route: ProxyRoute;
  /** What stands in its place on the listener without TLS; nothing where the host is not known there. */
  readonly plainRoute: ProxyRoute | undefined;
}

/** What one Ingress asks for on one host. */
export interface HostPart {
  readonly id: ResourceId;
  readonly claimant: Claimant;
  /** In lower case, or `*`. */
  readonly host: string;
  /** The rule in which the host stands first. */
  readonly source: ReturnType<typeof sourceOf>;
  /** At least one; each wish once. */
  readonly routes: readonly HostRoute[];
}

/** One TLS part of an Ingress. */
export interface TlsPart {
  readonly id: ResourceId;
  readonly claimant: Claimant;
  /** Its place in the Ingress' spec. */
  readonly path: string;
  /** Server names in lower case, at least one, each once in its Ingress; `*` for every name. */
  readonly names: readonly string[];
  /** Names the Secret. */
  readonly certificate: string;
  /** Without server names. */
  readonly ssl: ProxySslConfig;
}

/** An Ingress by itself: nothing here depends on another one. */
export interface TranslatedIngress {
  readonly isOurs: boolean;
  readonly hosts: readonly HostPart[];
  readonly tls: readonly TlsPart[];
  readonly reports: readonly Report[];
}
