import type { World } from "./world.ts";

/** A rule of RBAC. */
interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

const EVERYTHING: Rule = { apiGroups: ["*"], resources: ["*"], verbs: ["*"] };

/** Gives a ServiceAccount of this name in gloo-system these rights in the whole cluster, instead of those it had. */
export async function allow(world: World, name: string, rules: readonly Rule[] = [EVERYTHING]): Promise<void> {
  const apiGroup = "rbac.authorization.k8s.io";
  const object = (kind: string) => ({ apiVersion: `${apiGroup}/v1`, kind, metadata: { name } });
  await world.apply({ ...object("ClusterRole"), rules });
  await world.apply({
    ...object("ClusterRoleBinding"),
    roleRef: { apiGroup, kind: "ClusterRole", name },
    subjects: [{ kind: "ServiceAccount", namespace: "gloo-system", name }],
  });
}

/** Makes a ServiceAccount in gloo-system; the path of its kubeconfig. */
export async function kubeconfigOf(
  world: World,
  folder: string,
  name: string,
  rules: readonly Rule[] = [EVERYTHING],
): Promise<string> {
  await world.apply({ apiVersion: "v1", kind: "ServiceAccount", metadata: { name } });
  await allow(world, name, rules);
  const path = `/api/v1/namespaces/gloo-system/serviceaccounts/${name}/token`;
  const request = { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", spec: {} };
  const { status: { token } } = await world.server.request<{ status: { token: string } }>("POST", path, request);
  const { url, ca } = world.server.ready;
  const file = `${folder}/${name}.kubeconfig`;
  const kubeconfig = {
    ...{ apiVersion: "v1", kind: "Config", "current-context": "it" },
    clusters: [{ name: "it", cluster: { server: url, "certificate-authority": ca } }],
    users: [{ name: "it", user: { token } }],
    contexts: [{ name: "it", context: { cluster: "it", user: "it" } }],
  };
  await Deno.writeTextFile(file, JSON.stringify(kubeconfig));
  return file;
}
