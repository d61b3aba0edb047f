import { envoySecret } from "../../certificates/mod.ts";
import { ENVOY_VERSION, VERSION } from "../version.ts";
import { type Arguments, type Flag, UsageError } from "../command.ts";
import { DEFAULT_NAMESPACE } from "../config.ts";

const CERTIFICATES = ["own", "cert-manager", "none"] as const;
const FAILURE_POLICIES = ["Ignore", "Fail"] as const;
const SERVICE_TYPES = ["ClusterIP", "NodePort", "LoadBalancer"] as const;
const SIDECAR_SOURCES = ["files", "kubernetes"] as const;
const PARTS = ["namespace", "settings", "webhook", "envoy", "ingress", "pods"] as const;

/** What can be left away. `ingress` and `pods` are rights; Settings say the first of them too. */
export type Part = (typeof PARTS)[number];

/** Everything that decides what is printed. */
export interface ManifestOptions {
  /** Sluice's own namespace: its Gateways, its Lease, its Secrets, the first half of every role. */
  readonly namespace: string;
  readonly image: string;
  readonly replicas: number;
  /** Namespaces to read beside its own. None means the whole cluster. */
  readonly watchNamespaces: readonly string[];
  /** Labels of namespaces to read; a namespace with all labels of one entry is read. */
  readonly watchNamespaceSelectors: readonly Readonly<Record<string, string>>[];
  /** With `watchNamespaces`: have what has no namespace too, the webhook's configuration and IngressClasses. */
  readonly clusterRights: boolean;
  /**
   * Sluice in the pod of each Envoy, over a socket, and what it reads: a ConfigMap of Gloo YAML or the cluster. Undefined
   * where Sluice has pods of its own. Certificates are then `none`: nobody else reaches the socket.
   */
  readonly sidecar?: (typeof SIDECAR_SOURCES)[number];
  readonly certificates: (typeof CERTIFICATES)[number];
  readonly failurePolicy: (typeof FAILURE_POLICIES)[number];
  /** Names of the proxies that Envoys are run for. */
  readonly proxies: readonly string[];
  readonly envoyImage: string;
  readonly envoyReplicas: number;
  readonly envoyService: (typeof SERVICE_TYPES)[number];
  readonly delta: boolean;
  readonly ingressClass: boolean;
  readonly discoveryObjects: boolean;
  /** Whether the definitions in the cluster are Gloo's, which have no status subresource. */
  readonly glooDefinitions: boolean;
  readonly without: readonly Part[];
}

export const DEFAULT_OPTIONS: ManifestOptions = {
  namespace: DEFAULT_NAMESPACE,
  image: `sluice:${VERSION}`,
  replicas: 2,
  watchNamespaces: [],
  watchNamespaceSelectors: [],
  clusterRights: false,
  certificates: "own",
  failurePolicy: "Ignore",
  proxies: ["gateway-proxy"],
  envoyImage: `envoyproxy/envoy:v${ENVOY_VERSION}`,
  envoyReplicas: 2,
  envoyService: "ClusterIP",
  delta: false,
  ingressClass: false,
  discoveryObjects: false,
  glooDefinitions: false,
  without: [],
};

/** The flags of `manifests` that say what to print. */
export const MANIFEST_FLAGS: Readonly<Record<string, Flag>> = {
  namespace: { type: "text", short: "n", doc: "namespace of Sluice and of its Gateways", default: DEFAULT_NAMESPACE },
  image: { type: "text", doc: "container image of Sluice", default: DEFAULT_OPTIONS.image },
  replicas: { type: "text", doc: "how many Sluices; all serve, one of them writes", default: "2" },
  sidecar: {
    type: "text",
    doc: "Sluice in the pod of each Envoy, and what it reads: files (a ConfigMap) or kubernetes",
    default: "Sluice in pods of its own",
  },
  "watch-namespaces": {
    type: "text",
    doc: "read these namespaces (a,b) and its own, with Roles in each and no right in the whole cluster",
  },
  "watch-namespace-selector": {
    type: "list",
    doc: "read namespaces with these labels (KEY=VALUE,KEY=VALUE); repeatable, one match is enough",
  },
  "cluster-rights": {
    type: "switch",
    doc: "with --watch-namespaces: what has no namespace all the same, the webhook and IngressClasses",
  },
  certificates: {
    type: "text",
    doc: "own (Sluice is its authority), cert-manager, or none (plain xDS to who asks, and no webhook)",
    default: "own",
  },
  "failure-policy": {
    type: "text",
    doc: "Ignore or Fail: what becomes of writes of Gloo's kinds while no Sluice answers",
    default: "Ignore",
  },
  proxies: { type: "text", doc: "names of the proxies to run Envoys for (a,b)", default: "gateway-proxy" },
  "envoy-image": { type: "text", doc: "container image of Envoy", default: DEFAULT_OPTIONS.envoyImage },
  "envoy-replicas": { type: "text", doc: "how many Envoys a proxy", default: "2" },
  "envoy-service": { type: "text", doc: "ClusterIP, NodePort or LoadBalancer", default: "ClusterIP" },
  delta: { type: "switch", doc: "Envoys ask by incremental xDS instead of state of the world" },
  "ingress-class": { type: "switch", doc: "an IngressClass sluice too" },
  "discovery-objects": { type: "switch", doc: "the right to write Upstreams that are discovered" },
  "gloo-definitions": {
    type: "switch",
    doc:
      "the right to patch Gloo's kinds as a whole: where their definitions are Gloo's, a status is a part of the object",
  },
  without: { type: "list", doc: `leave away ${PARTS.slice(0, -1).join(", ")} or ${PARTS.at(-1)}; repeatable` },
};

/** Reads the flags. Throws {@link UsageError} where one cannot be meant. */
export function manifestOptions(args: Arguments): ManifestOptions {
  const given = { ...DEFAULT_OPTIONS };
  const sidecar = args.text("sidecar");
  if (sidecar !== undefined) checkSidecar(oneOf("sidecar", sidecar, SIDECAR_SOURCES), args);
  const options: ManifestOptions = {
    ...given,
    namespace: nameOf("namespace", args.text("namespace") ?? given.namespace),
    image: args.text("image") ?? given.image,
    replicas: count(args, "replicas", given.replicas),
    watchNamespaces: words(args.text("watch-namespaces")).map((name) => nameOf("watch-namespaces", name)),
    watchNamespaceSelectors: args.list("watch-namespace-selector").map(selectorOf),
    clusterRights: args.has("cluster-rights"),
    ...(sidecar === undefined ? {} : { sidecar: oneOf("sidecar", sidecar, SIDECAR_SOURCES) }),
    certificates: sidecar === undefined
      ? oneOf("certificates", args.text("certificates") ?? given.certificates, CERTIFICATES)
      : "none",
    failurePolicy: oneOf("failure-policy", args.text("failure-policy") ?? given.failurePolicy, FAILURE_POLICIES),
    proxies: proxiesOf(args),
    envoyImage: args.text("envoy-image") ?? given.envoyImage,
    envoyReplicas: count(args, "envoy-replicas", given.envoyReplicas),
    envoyService: oneOf("envoy-service", args.text("envoy-service") ?? given.envoyService, SERVICE_TYPES),
    delta: args.has("delta"),
    ingressClass: args.has("ingress-class"),
    discoveryObjects: args.has("discovery-objects"),
    glooDefinitions: args.has("gloo-definitions"),
    without: args.list("without").flatMap(words).map((word) => oneOf("without", word, PARTS)),
  };
  const fault = faultOf(options);
  if (fault !== undefined) throw new UsageError(fault);
  return options;
}

/** Flags that say nothing about a Sluice beside its Envoy. Throws {@link UsageError} where there is one. */
function checkSidecar(source: (typeof SIDECAR_SOURCES)[number], args: Arguments): void {
  const given = (name: string) => args.text(name) !== undefined || args.list(name).length > 0 || args.has(name);
  for (const name of ["certificates", "failure-policy", "replicas"]) {
    if (given(name)) throw new UsageError(`--${name} is for a Sluice in pods of its own; leave it away with --sidecar`);
  }
  if (source === "kubernetes") return;
  const ofCluster = ["watch-namespaces", "watch-namespace-selector", "cluster-rights", "ingress-class"];
  for (const name of [...ofCluster, "discovery-objects", "gloo-definitions"]) {
    if (given(name)) throw new UsageError(`--${name} is for a Sluice that reads the cluster: --sidecar kubernetes`);
  }
}

function faultOf(options: ManifestOptions): string | undefined {
  const named = options.watchNamespaces.length > 0;
  if (named && options.watchNamespaceSelectors.length > 0) {
    return "--watch-namespaces and --watch-namespace-selector exclude each other: which namespaces have a label is " +
      "known in the cluster only, so reading by label needs rights in all of it";
  }
  if (options.clusterRights && !named) {
    return "--cluster-rights goes with --watch-namespaces; without that, Sluice has them anyway";
  }
  if (options.ingressClass && named && !options.clusterRights) {
    return "--ingress-class is an object of the whole cluster: with --watch-namespaces it needs --cluster-rights";
  }
  return undefined;
}

/** Whether Sluice has rights in single namespaces only. */
export function isNamespaced({ watchNamespaces, clusterRights }: ManifestOptions): boolean {
  return watchNamespaces.length > 0 && !clusterRights;
}

/** Whether a webhook is set up: it needs a certificate, and a configuration that has no namespace. */
export function hasWebhook(options: ManifestOptions): boolean {
  return options.certificates !== "none" && !options.without.includes("webhook") && !isNamespaced(options);
}

function proxiesOf(args: Arguments): readonly string[] {
  const proxies = args.text("proxies") === undefined ? DEFAULT_OPTIONS.proxies : words(args.text("proxies"));
  if (proxies.length === 0) throw new UsageError("--proxies names none; --without envoy leaves Envoys away");
  for (const proxy of proxies) {
    nameOf("proxies", proxy);
    if (envoySecret(proxy).length > 63) {
      throw new UsageError(
        `--proxies ${proxy}: ${envoySecret(proxy)} is longer than the 63 characters of a Service's name`,
      );
    }
  }
  return [...new Set(proxies)];
}

/** RFC 1123 label, as Kubernetes wants of namespaces and, in the end, of Services. */
function nameOf(flag: string, text: string): string {
  if (/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(text)) return text;
  throw new UsageError(`--${flag} ${text}: a name is lower case letters, digits and -, at most 63 of them`);
}

function selectorOf(text: string): Record<string, string> {
  const pairs = words(text).map((pair) => pair.split("="));
  if (pairs.length === 0 || pairs.some((pair) => pair.length !== 2 || pair[0] === "")) {
    throw new UsageError(`--watch-namespace-selector ${text}: it should be KEY=VALUE, as gateway=yes`);
  }
  return Object.fromEntries(pairs);
}

function count(args: Arguments, flag: string, otherwise: number): number {
  const text = args.text(flag);
  if (text === undefined) return otherwise;
  if (!/^[1-9][0-9]{0,3}$/.test(text)) throw new UsageError(`--${flag} ${text}: it should be a number from 1`);
  return Number(text);
}

function oneOf<const T extends string>(flag: string, value: string, allowed: readonly T[]): T {
  if ((allowed as readonly string[]).includes(value)) return value as T;
  throw new UsageError(`--${flag} ${value}: it should be ${allowed.join(" or ")}`);
}

function words(text: string | undefined): string[] {
  return (text ?? "").split(",").map((word) => word.trim()).filter((word) => word !== "");
}
