import { resolve } from "node:path";
import type { Kind, Spec } from "../api/mod.ts";
import type { LogLevel } from "../telemetry/mod.ts";

import { formatAddress, isLocal, parseAddress } from "../address/mod.ts";
import { type Arguments, type Flag, UsageError } from "./command.ts";
import { serviceHost, XDS_PORT } from "./manifests/names.ts";

/** A folder that resources are read from; with `kind`, every file in it is of that kind (Gloo's source of secrets). */
export interface Root {
  readonly path: string;
  readonly kind?: Kind;
  /** Named by Settings, so that other Settings may take it away again. */
  readonly fromSettings?: boolean;
}

/** TLS of the xDS server. Files may be replaced while it runs. */
export interface XdsTls {
  readonly cert: string;
  readonly key: string;
  readonly clientCa: string;
  /** JSON file: certificate name to the roles that its holder may have; `*` for any. */
  readonly roles: string;
}

/** The Kubernetes cluster that resources are read from. */
export interface ClusterConfig {
  /** `https://10.0.0.1:443`. */
  readonly server: string;
  /** The folder of a pod's credentials; without one, main has them from a kubeconfig. */
  readonly serviceAccount?: string;
  /** Who this replica is among others. */
  readonly identity: string;
}

/**
 * Everything that decides what the Worker may touch, resolved: a flag beats Settings, Settings beat defaults. Plain data,
 * as it goes from main to the Worker.
 */
export interface ServeConfig {
  readonly roots: readonly Root[];
  /** Where Settings are looked for. */
  readonly namespace: string;
  /** Where Gateways are read and Proxies are made: the namespace of a flag, or Settings' discoveryNamespace. */
  readonly writeNamespace: string;
  readonly xdsAddress: string;
  readonly adminAddress: string;
  readonly stateDir: string;
  /** Absolute; where files are kept for Envoys that live from files. */
  readonly staticFallback?: string;
  readonly logFormat: "text" | "json";
  readonly logLevel: LogLevel;
  /** The log is a service manager's journal: lines begin with their priority. */
  readonly journal?: boolean;
  readonly xdsTls?: XdsTls;
  /** Certificates of the cluster's own authority, in place of files. */
  readonly clusterCertificates?: boolean;
  /** `HOST:PORT` of another replica, or of the Service before all: asked for its state by one that starts without. */
  readonly peer?: string;
  /** Where the validation webhook listens. */
  readonly webhookAddress?: string;
  /** Its certificate; without one, the cluster's own authority gives one. */
  readonly webhookTls?: { readonly cert: string; readonly key: string };
  readonly insecureXds: boolean;
  readonly measureStalls: boolean;
  readonly cluster?: ClusterConfig;
  /** Set in Gloo's mode (`--dir`): Settings there say which folders are sources. */
  readonly settingsDir?: string;
  /** What Settings asked for and could not be had, as {@link restartKey}, and why: not to be tried again. */
  readonly refused?: { readonly key: string; readonly why: string };
  /** What flags fixed, so that Settings do not change it. */
  readonly fixed: readonly ("xdsAddress" | "adminAddress" | "namespace")[];
}

const LOG_LEVELS = ["debug", "info", "warn", "error"] as const satisfies readonly LogLevel[];

export const DEFAULT_NAMESPACE = "gloo-system";
/** Gloo reads the Settings of this name. */
export const DEFAULT_SETTINGS_NAME = "default";
export const DEFAULT_XDS_ADDRESS = "127.0.0.1:9977";
export const DEFAULT_ADMIN_ADDRESS = "127.0.0.1:9091";

/** The flags of `serve`. */
export const SERVE_FLAGS: Readonly<Record<string, Flag>> = {
  config: {
    type: "list",
    short: "c",
    value: "DIR",
    doc: "folder of Gloo YAML; repeatable, the first that names a resource keeps it",
  },
  dir: {
    type: "text",
    value: "DIR",
    doc: "Gloo's own layout: DIR/NAMESPACE/default.yaml is Settings, which name the other folders",
  },
  kubernetes: {
    type: "switch",
    doc: "read resources from Kubernetes: in a pod from its own cluster, elsewhere from that of the kubeconfig",
  },
  kubeconfig: {
    type: "text",
    value: "FILE",
    doc: "the kubeconfig; says --kubernetes too",
    default: "$KUBECONFIG or ~/.kube/config",
  },
  "kube-context": { type: "text", value: "NAME", doc: "a context of the kubeconfig", default: "its current one" },
  namespace: {
    type: "text",
    short: "n",
    doc: "namespace of Gateways, Proxies and Settings",
    default: "$POD_NAMESPACE or gloo-system",
  },
  "xds-address": {
    type: "text",
    value: "ADDRESS",
    doc: "where Envoys connect: HOST:PORT or unix:PATH",
    default: DEFAULT_XDS_ADDRESS,
  },
  "admin-address": {
    type: "text",
    value: "HOST:PORT",
    doc: "health, metrics, statuses",
    default: DEFAULT_ADMIN_ADDRESS,
  },
  "state-dir": {
    type: "text",
    value: "DIR",
    doc: "where statuses are written, and what is served is kept for the next start; one Sluice a folder",
    default: "$STATE_DIRECTORY or ~/.local/state/sluice",
  },
  "static-fallback": {
    type: "text",
    value: "DIR",
    doc: "folder in which the configuration is kept as files, for Envoys that must start while sluice is down",
  },
  "log-format": { type: "text", value: "FORM", doc: "text or json", default: "text" },
  "log-level": { type: "text", doc: "debug, info, warn or error", default: "info" },
  "xds-tls-cert": { type: "text", value: "FILE", doc: "certificate file of the xDS server" },
  "xds-tls-key": { type: "text", value: "FILE", doc: "its key file" },
  "xds-client-ca": { type: "text", value: "FILE", doc: "CA file; Envoys then need a certificate that it signed" },
  "xds-roles": { type: "text", value: "FILE", doc: "JSON file: certificate name to a list of roles" },
  "kube-certificates": {
    type: "switch",
    doc:
      "make and renew certificates of the xDS server, the webhook and Envoys, of an authority in the Secret sluice-ca",
  },
  peer: {
    type: "text",
    value: "HOST:PORT",
    doc: "the other replicas: a Sluice that starts without a state asks there, by mTLS, for what is held",
    default: "with --kube-certificates the Service sluice, else nobody",
  },
  "webhook-address": {
    type: "text",
    value: "HOST:PORT",
    doc: "where the validation webhook listens",
    default: "nowhere",
  },
  "webhook-tls-cert": {
    type: "text",
    value: "FILE",
    doc: "certificate file of the webhook, where --kube-certificates makes none",
  },
  "webhook-tls-key": { type: "text", value: "FILE", doc: "its key file" },
  "insecure-xds": { type: "switch", doc: "serve xDS to other machines without client certificates" },
  "measure-stalls": {
    type: "switch",
    doc: "metrics of how long the thread keeps streams waiting; costs a hundredth of a core",
  },
};

/** Resolves flags and, in Gloo's mode, what Settings say. */
export function resolveConfig(
  args: Arguments,
  env: (name: string) => string | undefined,
  settings?: Spec<"Settings">,
  cluster?: ClusterConfig,
): ServeConfig {
  const settingsDir = args.text("dir");
  const configs = args.list("config");
  const [word] = args.positionals;
  if (word !== undefined) throw new UsageError(`${word} needs a flag before it; did you mean --config ${word}?`);
  if (settingsDir === undefined && configs.length === 0 && !cluster) {
    throw new UsageError(
      "nothing to read: give --config DIR (Gloo YAML), --dir DIR (Gloo's own layout) or --kubernetes",
    );
  }
  const fixed = (["xdsAddress", "adminAddress", "namespace"] as const).filter((name) =>
    args.text(FLAG_OF[name]) !== undefined
  );
  const config: ServeConfig = {
    roots: configs.map((path) => ({ path })),
    namespace: namespaceFrom(args, env),
    writeNamespace: namespaceFrom(args, env),
    xdsAddress: withWholePath(args.text("xds-address") ?? DEFAULT_XDS_ADDRESS),
    adminAddress: args.text("admin-address") ?? DEFAULT_ADMIN_ADDRESS,
    stateDir: stateDirFrom(args, env),
    ...staticFallbackOf(args),
    logFormat: oneOf(args, "log-format", ["text", "json"] as const, "text"),
    logLevel: oneOf(args, "log-level", LOG_LEVELS, "info"),
    xdsTls: tlsOf(args),
    ...(args.has("kube-certificates") && { clusterCertificates: true }),
    ...peerOf(args, namespaceFrom(args, env)),
    ...webhookOf(args),
    insecureXds: args.has("insecure-xds"),
    measureStalls: args.has("measure-stalls"),
    ...(cluster && { cluster }),
    settingsDir,
    fixed,
  };
  return checked(settings ? withSettings(config, settings) : config);
}

/** The namespace that is Sluice's own: a flag, or what Kubernetes tells a pod, or Gloo's default. */
export function namespaceFrom(args: Arguments, env: (name: string) => string | undefined): string {
  return args.text("namespace") ?? env("POD_NAMESPACE") ?? DEFAULT_NAMESPACE;
}

const FLAG_OF = { xdsAddress: "xds-address", adminAddress: "admin-address", namespace: "namespace" } as const;

/** A flag beats Settings' discoveryNamespace, which beats the namespace that Settings are in. */
export function writeNamespaceOf(namespace: string, isFlag: boolean, settings: Spec<"Settings">): string {
  return isFlag ? namespace : settings.discoveryNamespace || namespace;
}

/** The configuration as these Settings want it, where no flag says otherwise. */
export function withSettings(config: ServeConfig, settings: Spec<"Settings">): ServeConfig {
  const address = settings.gloo?.xdsBindAddr;
  const xdsAddress = address && !config.fixed.includes("xdsAddress") ? withWholePath(address) : config.xdsAddress;
  const writeNamespace = writeNamespaceOf(config.namespace, config.fixed.includes("namespace"), settings);
  if (config.settingsDir === undefined) return { ...config, xdsAddress, writeNamespace };
  const own = config.roots.filter((root) => !root.fromSettings);
  return { ...config, xdsAddress, writeNamespace, roots: uniqueRoots([...own, ...directorySources(settings)]) };
}

/** The folders that Gloo's Settings name. */
export function directorySources(settings: Spec<"Settings">): Root[] {
  const roots: Root[] = [];
  const add = (path: string | undefined, kind?: Kind): void => {
    if (path) roots.push({ path, ...(kind ? { kind } : {}) });
  };
  add(settings.directoryConfigSource?.directory);
  add(settings.directorySecretSource?.directory);
  for (const source of settings.secretOptions?.sources ?? []) add(source.directory?.directory, "Secret");
  add(settings.directoryArtifactSource?.directory);
  return roots.map((root) => ({ ...root, fromSettings: true }));
}

function uniqueRoots(roots: readonly Root[]): Root[] {
  const seen = new Set<string>();
  return roots.filter(({ path, kind }) => {
    const key = `${path.replace(/\/+$/, "")}\0${kind ?? ""}`;
    return !seen.has(key) && seen.add(key);
  });
}

/** What of a configuration a running Worker does not change by itself: its socket, the folders it may read, its roles. */
export function restartKey({ xdsAddress, roots, writeNamespace }: ServeConfig): string {
  return JSON.stringify([xdsAddress, roots, writeNamespace]);
}

function checked(config: ServeConfig): ServeConfig {
  const fault = configFault(config);
  if (fault !== undefined) throw new UsageError(fault);
  return config;
}

/** What is wrong with a configuration, as a sentence for the user. */
export function configFault(config: ServeConfig): string | undefined {
  const named = { "--xds-address": config.xdsAddress, "--admin-address": config.adminAddress };
  for (const [flag, text] of Object.entries(named)) {
    if (!parseAddress(text)) return `${flag} ${text} is no address; it should be HOST:PORT or unix:PATH`;
  }
  if (config.adminAddress.startsWith("unix:")) return `--admin-address ${config.adminAddress}: it should be HOST:PORT`;
  const xds = parseAddress(config.xdsAddress)!;
  const clusterFault = faultOfCluster(config);
  if (clusterFault !== undefined) return clusterFault;
  if (isLocal(xds) || config.insecureXds || config.xdsTls || config.clusterCertificates) return undefined;
  return `xDS on ${
    formatAddress(xds)
  } would hand configuration and keys to anyone who connects: give --xds-tls-cert, ` +
    "--xds-tls-key, --xds-client-ca and --xds-roles, or --kube-certificates, or say --insecure-xds";
}

/** What is wrong with certificates and the webhook of a cluster. */
function faultOfCluster(config: ServeConfig): string | undefined {
  const { cluster, clusterCertificates, xdsTls, webhookAddress, webhookTls, peer } = config;
  const peerAddress = peer === undefined ? undefined : parseAddress(peer);
  if (peer !== undefined && (!peerAddress || "path" in peerAddress)) return `--peer ${peer}: it should be HOST:PORT`;
  if (peer !== undefined && !xdsTls && !clusterCertificates) {
    return "--peer hands private keys over: it needs --kube-certificates, or TLS for xDS";
  }
  if (clusterCertificates && !cluster) return "--kube-certificates are kept in a cluster: give --kubernetes too";
  if (clusterCertificates && xdsTls) return "--kube-certificates and --xds-tls-cert exclude each other";
  if (webhookAddress === undefined) {
    return webhookTls && "--webhook-tls-cert is for --webhook-address, which is missing";
  }
  const address = parseAddress(webhookAddress);
  if (!address || "path" in address) return `--webhook-address ${webhookAddress}: it should be HOST:PORT`;
  if (webhookTls || clusterCertificates) return undefined;
  return "the webhook needs a certificate: give --webhook-tls-cert and --webhook-tls-key, or --kube-certificates";
}

/** Deno grants a socket by its whole path only. */
function withWholePath(address: string): string {
  return address.startsWith("unix:") ? `unix:${resolve(address.slice("unix:".length))}` : address;
}

function staticFallbackOf(args: Arguments): Pick<ServeConfig, "staticFallback"> {
  const folder = args.text("static-fallback");
  return folder === undefined ? {} : { staticFallback: resolve(folder) };
}

function tlsOf(args: Arguments): XdsTls | undefined {
  const [cert, key] = [args.text("xds-tls-cert"), args.text("xds-tls-key")];
  const [clientCa, roles] = [args.text("xds-client-ca"), args.text("xds-roles")];
  if (!cert && !key && !clientCa && !roles) return undefined;
  if (!cert || !key || !clientCa || !roles) {
    throw new UsageError("TLS for xDS needs --xds-tls-cert, --xds-tls-key, --xds-client-ca and --xds-roles together");
  }
  return { cert, key, clientCa, roles };
}

function peerOf(args: Arguments, namespace: string): Pick<ServeConfig, "peer"> {
  const peer = args.text("peer") ??
    (args.has("kube-certificates") ? `${serviceHost(namespace)}:${XDS_PORT}` : undefined);
  return peer === undefined ? {} : { peer };
}

function webhookOf(args: Arguments): Pick<ServeConfig, "webhookAddress" | "webhookTls"> {
  const [address, cert, key] = [
    args.text("webhook-address"),
    args.text("webhook-tls-cert"),
    args.text("webhook-tls-key"),
  ];
  if ((cert === undefined) !== (key === undefined)) {
    throw new UsageError("TLS of the webhook needs --webhook-tls-cert and --webhook-tls-key together");
  }
  return {
    ...(address !== undefined && { webhookAddress: address }),
    ...(cert !== undefined && key !== undefined && { webhookTls: { cert, key } }),
  };
}

function oneOf<const T extends string>(args: Arguments, flag: string, allowed: readonly T[], otherwise: T): T {
  const value = args.text(flag) ?? otherwise;
  if (!(allowed as readonly string[]).includes(value)) {
    throw new UsageError(`--${flag} ${value}: it should be ${allowed.join(" or ")}`);
  }
  return value as T;
}

/** The state folder: a flag, or what systemd gives a service, or the user's own. */
export function stateDirFrom(args: Arguments, env: (name: string) => string | undefined): string {
  const home = env("XDG_STATE_HOME") ?? (env("HOME") ? `${env("HOME")}/.local/state` : undefined);
  return args.text("state-dir") ?? env("STATE_DIRECTORY") ?? (home ? `${home}/sluice` : "/var/lib/sluice");
}
