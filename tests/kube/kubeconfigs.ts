/** Kubeconfigs of the test's own accounts. */
import type { Front } from "./front.ts";
import type { KubeServer } from "./kube_server.ts";

/** A kubeconfig with this user (`{ token }`, `{ exec }`), through a front where there is one, written as JSON, which is YAML. Gives its path. */
export async function writeKubeconfig(
  path: string,
  server: KubeServer,
  user: object,
  front?: Front,
): Promise<string> {
  const cluster = front
    ? { server: front.url, "certificate-authority-data": btoa(front.authority) }
    : { server: server.ready.url, "certificate-authority": server.ready.ca };
  const config = {
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "test", cluster }],
    users: [{ name: "test", user }],
    contexts: [{ name: "test", context: { cluster: "test", user: "test" } }],
    "current-context": "test",
  };
  await Deno.writeTextFile(path, JSON.stringify(config));
  return path;
}

/** A token of a ServiceAccount. It is valid for an hour, and no longer than the object that it is bound to is there. */
export async function accountToken(
  server: KubeServer,
  namespace: string,
  name: string,
  boundTo?: { readonly kind: "Secret"; readonly name: string },
): Promise<string> {
  const { status } = await server.request<{ status: { token: string } }>(
    "POST",
    `/api/v1/namespaces/${namespace}/serviceaccounts/${name}/token`,
    {
      apiVersion: "authentication.k8s.io/v1",
      kind: "TokenRequest",
      spec: boundTo ? { boundObjectRef: { apiVersion: "v1", ...boundTo } } : {},
    },
  );
  return status.token;
}
