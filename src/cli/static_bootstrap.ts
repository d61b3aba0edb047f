import { toJson } from "../envoy/mod.ts";
import type { JsonObject, JsonValue } from "../envoy/mod.ts";
import type { EnvoySnapshot } from "../xds/mod.ts";

/** A static bootstrap, and the key material that belongs in files of mode 0600 beside it, by file name. */
export interface StaticBootstrap {
  readonly bootstrap: JsonObject;
  readonly keyFiles: ReadonlyMap<string, Uint8Array>;
}

interface StaticOptions {
  /** Where Envoy's admin interface listens; port 0 takes a free one. */
  readonly adminAddress?: string;
  readonly adminPort?: number;
  /** Folder that the key files will be in, as Envoy is to open it. */
  readonly keyFolder: string;
}

/**
 * An EnvoySnapshot as a bootstrap that needs no control plane: route configurations and certificates inline, endpoints in
 * their clusters. Private keys are moved to files.
 */
export function staticBootstrap(snapshot: EnvoySnapshot, options: StaticOptions): StaticBootstrap {
  const inliner = new Inliner(snapshot, options.keyFolder);
  const listeners = [...snapshot.listeners.values()].map((listener) =>
    inliner.inline(toJson("envoy.config.listener.v3.Listener", listener.bytes))
  );
  const clusters = [...snapshot.clusters.values()].map((cluster) =>
    inliner.cluster(inliner.inline(toJson("envoy.config.cluster.v3.Cluster", cluster.bytes)) as JsonObject)
  );
  const bootstrap = {
    admin: {
      address: {
        socketAddress: { address: options.adminAddress ?? "127.0.0.1", portValue: options.adminPort ?? 0 },
      },
    },
    staticResources: { listeners, clusters },
  };
  return { bootstrap, keyFiles: inliner.keyFiles };
}

class Inliner {
  readonly keyFiles = new Map<string, Uint8Array>();
  readonly #snapshot: EnvoySnapshot;
  readonly #keyFolder: string;

  constructor(snapshot: EnvoySnapshot, keyFolder: string) {
    this.#snapshot = snapshot;
    this.#keyFolder = keyFolder;
  }

  /** The same JSON with every reference to RDS and SDS replaced by what it refers to. */
  inline(value: JsonValue): JsonValue {
    if (Array.isArray(value)) return value.map((item) => this.inline(item));
    if (typeof value !== "object" || value === null) return value;
    const out: Record<string, JsonValue> = {};
    for (const [key, field] of Object.entries(value as JsonObject)) {
      if (field === undefined) continue;
      if (key === "rds") out.routeConfig = this.#routeConfiguration(field as JsonObject);
      else if (key === "tlsCertificateSdsSecretConfigs" && this.#areOurs(field)) {
        out.tlsCertificates = (field as JsonObject[]).map((ref) => this.#secret(ref, "tlsCertificate"));
      } else if (key === "validationContextSdsSecretConfig" && this.#areOurs([field])) {
        out[this.#validationField(value as JsonObject)] = this.#secret(field as JsonObject, "validationContext");
      } else if (key === "combinedValidationContext") {
        out.validationContext = this.#combined(field as JsonObject);
      } else out[key] = this.inline(field);
    }
    return out;
  }

  cluster(cluster: JsonObject): JsonObject {
    if (cluster.type !== "EDS") return cluster;
    const { edsClusterConfig, type: _, ...rest } = cluster;
    const serviceName = (edsClusterConfig as JsonObject | undefined)?.serviceName ?? cluster.name;
    const endpoints = this.#snapshot.endpoints.get(String(serviceName));
    const assignment = endpoints && toJson("envoy.config.endpoint.v3.ClusterLoadAssignment", endpoints.bytes);
    const loadAssignment = { ...assignment as JsonObject | undefined, clusterName: String(cluster.name) };
    return { ...rest, type: "STATIC", loadAssignment } as JsonObject;
  }

  /** Only secrets that come over ADS are in the EnvoySnapshot; others are served by somebody else. */
  #areOurs(refs: JsonValue): boolean {
    return (refs as JsonObject[]).every((ref) => this.#snapshot.secrets.has(String(ref.name)));
  }

  #validationField(holder: JsonObject): string {
    return "defaultValidationContext" in holder ? "sdsValidationContext" : "validationContext";
  }

  #combined(combined: JsonObject): JsonValue {
    const own = this.inline(combined.defaultValidationContext ?? {}) as JsonObject;
    const ref = combined.validationContextSdsSecretConfig as JsonObject;
    if (!this.#areOurs([ref])) return { ...own };
    return { ...this.#secret(ref, "validationContext") as JsonObject, ...own };
  }

  #routeConfiguration(rds: JsonObject): JsonValue {
    const route = this.#snapshot.routes.get(String(rds.routeConfigName));
    return route
      ? this.inline(toJson("envoy.config.route.v3.RouteConfiguration", route.bytes))
      : { name: String(rds.routeConfigName) };
  }

  #secret(ref: JsonObject, part: "tlsCertificate" | "validationContext"): JsonValue {
    const name = String(ref.name);
    const secret = this.#snapshot.secrets.get(name)!;
    const json = toJson("envoy.extensions.transport_sockets.tls.v3.Secret", secret.bytes) as JsonObject;
    const value = json[part] as JsonObject | undefined;
    const key = value?.privateKey as JsonObject | undefined;
    if (!value || !key) return value ?? {};
    return { ...value, privateKey: this.#keyFile(name, key) };
  }

  #keyFile(secretName: string, key: JsonObject): JsonValue {
    if (key.filename) return key;
    const file = `${secretName.replaceAll(/[^A-Za-z0-9._-]/g, "_")}.key`;
    const bytes = typeof key.inlineBytes === "string"
      ? Uint8Array.from(atob(key.inlineBytes), (c) => c.charCodeAt(0))
      : new TextEncoder().encode(String(key.inlineString ?? ""));
    this.keyFiles.set(file, bytes);
    return { filename: `${this.#keyFolder}/${file}` };
  }
}
