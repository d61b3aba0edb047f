import { ALL_KINDS, type Kind, KINDS, PROXY_MAKERS } from "../../api/mod.ts";

/** How a kind is found in Kubernetes. */
export interface WatchedKind {
  readonly kind: Kind;
  readonly apiVersion: string;
  /** What Kubernetes calls it: a Gloo Secret is read from a Secret of the core group. */
  readonly objectKind: string;
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly clusterScoped: boolean;
  /** Selectors of what is worth being sent. */
  readonly query: Readonly<Record<string, string>>;
  readonly metadataOnly: boolean;
  /** Where it is not there, or may not be read, all else goes on. */
  readonly optional: boolean;
  /** Nothing is missing then, and nothing is told. */
  readonly unmissed: boolean;
}

/** Secrets of others, which may be large and many; none of them can be anything to Envoy (src/schema/core_kinds.ts). */
export const SECRETS_OF_OTHERS: readonly string[] = [
  "bootstrap.kubernetes.io/token",
  "helm.sh/release.v1",
  "kubernetes.io/dockercfg",
  "kubernetes.io/dockerconfigjson",
  "kubernetes.io/service-account-token",
  "kubernetes.io/ssh-auth",
];

const CORE = { group: "", version: "v1" } as const;

/** Where a kind of Gloo's that has no CRD is read from. Endpoints are in memory only, and nothing uses Artifacts yet. */
const READ_FROM: { readonly [K in Kind]?: Partial<WatchedKind> } = {
  Secret: {
    ...CORE,
    objectKind: "Secret",
    query: { fieldSelector: SECRETS_OF_OTHERS.map((type) => `type!=${type}`).join(",") },
  },
  // Those that Gloo keeps for itself are made here anew; they are large.
  Proxy: { query: { labelSelector: `created_by notin (${PROXY_MAKERS.join(",")})` } },
  // Without them selectors of Upstreams find nothing, and endpoints are in no subset.
  Pod: { metadataOnly: true, optional: true },
  AuthConfig: { optional: true, unmissed: true },
  GraphQLApi: { optional: true, unmissed: true },
  RateLimitConfig: { optional: true, unmissed: true },
  // It has no namespace, and who reads some namespaces only may not read it. Ingresses name our class without one as well.
  IngressClass: { optional: true, unmissed: true },
};

const NOT_READ: ReadonlySet<Kind> = new Set<Kind>(["Artifact", "Endpoint"]);

/** How the kind is found; undefined for those that are not read from Kubernetes. */
export function watchedKind(kind: Kind): WatchedKind | undefined {
  if (NOT_READ.has(kind)) return undefined;
  const { group, version, plural, clusterScoped = false } = KINDS[kind];
  const found = {
    kind,
    objectKind: kind,
    ...{ group, version, plural, clusterScoped },
    query: {},
    metadataOnly: false,
    optional: false,
    unmissed: false,
    ...READ_FROM[kind],
  };
  return { ...found, apiVersion: found.group === "" ? found.version : `${found.group}/${found.version}` };
}

/** All kinds that are read from Kubernetes. */
export const WATCHED_KINDS: readonly Kind[] = ALL_KINDS.filter((kind) => !NOT_READ.has(kind));

/** The path of all objects of a kind, or of those in one namespace. */
export function objectsPath({ group, version, plural }: WatchedKind, namespace?: string): string {
  const root = group === "" ? `/api/${version}` : `/apis/${group}/${version}`;
  return namespace ? `${root}/namespaces/${namespace}/${plural}` : `${root}/${plural}`;
}
