/** A cluster with Gloo's CRDs in it, as a test wants it: objects in, statuses out. */
import { apiVersionOf, type Kind, KINDS } from "../../src/api/mod.ts";
import { plugins } from "../../src/plugins/mod.ts";
import { createSchema } from "../../src/schema/mod.ts";
import { KubeServer } from "./kube_server.ts";

/** An object, as users write it. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly [field: string]: unknown };
  readonly [field: string]: unknown;
}

/** As the API server gives it back. */
export interface Stored extends Manifest {
  readonly metadata: Manifest["metadata"] & {
    readonly uid: string;
    readonly resourceVersion: string;
    readonly generation?: number;
  };
  readonly status?: {
    readonly statuses?: Readonly<
      Record<string, { readonly state: string | number; readonly reason?: string; readonly reportedBy: string }>
    >;
  };
}

/** Kinds beside those of Sluice, by their plural; `true` for those without a namespace. */
const OTHERS: Readonly<Record<string, readonly [plural: string, clusterScoped: boolean]>> = {
  "v1 Namespace": ["namespaces", true],
  "v1 Secret": ["secrets", false],
  "v1 ConfigMap": ["configmaps", false],
  "v1 ServiceAccount": ["serviceaccounts", false],
  "apiextensions.k8s.io/v1 CustomResourceDefinition": ["customresourcedefinitions", true],
  "rbac.authorization.k8s.io/v1 ClusterRole": ["clusterroles", true],
  "rbac.authorization.k8s.io/v1 ClusterRoleBinding": ["clusterrolebindings", true],
  "rbac.authorization.k8s.io/v1 Role": ["roles", false],
  "rbac.authorization.k8s.io/v1 RoleBinding": ["rolebindings", false],
  "admissionregistration.k8s.io/v1 ValidatingWebhookConfiguration": ["validatingwebhookconfigurations", true],
  "coordination.k8s.io/v1 Lease": ["leases", false],
  "apps/v1 Deployment": ["deployments", false],
  "policy/v1 PodDisruptionBudget": ["poddisruptionbudgets", false],
};

/** The path of an object. */
export function pathOf({ apiVersion, kind, metadata: { name, namespace } }: Manifest): string {
  const known = Object.hasOwn(KINDS, kind) && apiVersion === apiVersionOf(kind as Kind)
    ? KINDS[kind as Kind]
    : undefined;
  const [plural, clusterScoped] = known
    ? [known.plural, known.clusterScoped ?? false]
    : OTHERS[`${apiVersion} ${kind}`] ?? [];
  if (plural === undefined) throw new Error(`the test does not know the plural of ${apiVersion} ${kind}`);
  const root = apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  return clusterScoped
    ? `${root}/${plural}/${name}`
    : `${root}/namespaces/${namespace ?? "gloo-system"}/${plural}/${name}`;
}

/** A running cluster. */
export class World {
  private constructor(readonly server: KubeServer) {}

  /** Starts a cluster with the CRDs and the namespaces. */
  static async start(namespaces: readonly string[] = ["gloo-system"], ...args: readonly string[]): Promise<World> {
    const world = new World(await KubeServer.start(...args));
    try {
      const definitions = createSchema(plugins).customResourceDefinitions() as unknown as readonly Manifest[];
      await Promise.all(definitions.map((crd) => world.apply(crd)));
      for (const name of namespaces) await world.apply({ apiVersion: "v1", kind: "Namespace", metadata: { name } });
      await Promise.all(definitions.map((crd) => world.#established(crd)));
      return world;
    } catch (error) {
      await world.stop();
      throw error;
    }
  }

  /** Creates or changes the object as a user does with `kubectl apply --server-side`. */
  async apply(object: Manifest): Promise<Stored> {
    const namespace = object.metadata.namespace ?? "gloo-system";
    const path = pathOf(object);
    const placed = path.includes("/namespaces/") && object.kind !== "Namespace"
      ? { ...object, metadata: { ...object.metadata, namespace } }
      : object;
    return await this.server.apply<Stored>(path, placed);
  }

  async get(object: Manifest): Promise<Stored> {
    return await this.server.request<Stored>("GET", pathOf(object));
  }

  async delete(object: Manifest): Promise<void> {
    await this.server.request("DELETE", pathOf(object));
  }

  async stop(): Promise<void> {
    this.server.closeClient();
    await this.server.stop();
  }

  /** Waits until objects of the kind can be made. */
  async #established(crd: Manifest): Promise<void> {
    const { group, versions: [{ name }], names: { plural } } = crd.spec as {
      group: string;
      versions: [{ name: string }];
      names: { plural: string };
    };
    for (let tries = 0; tries < 200; tries++) {
      const response = await this.server.raw("GET", `/apis/${group}/${name}/${plural}`);
      await response.body?.cancel();
      if (response.ok) return;
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
    throw new Error(`the CRD ${plural}.${group} is not served`);
  }
}

/** A Gateway on a port of loopback. */
export const gateway = (port: number, name = "gateway"): Manifest => ({
  apiVersion: "gateway.solo.io/v1",
  kind: "Gateway",
  metadata: { name },
  spec: { bindAddress: "127.0.0.1", bindPort: port, httpGateway: {} },
});

/** A VirtualService with one route that answers by itself. */
export const answering = (name: string, body: string, domain = "*", namespace = "gloo-system"): Manifest => ({
  apiVersion: "gateway.solo.io/v1",
  kind: "VirtualService",
  metadata: { name, namespace },
  spec: {
    virtualHost: {
      domains: [domain],
      routes: [{ matchers: [{ prefix: "/" }], directResponseAction: { status: 200, body } }],
    },
  },
});
