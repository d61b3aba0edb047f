import { SERVICE_ACCOUNT_FOLDER } from "../kubernetes/mod.ts";
import { type Arguments, UsageError } from "./command.ts";
import type { ClusterConfig } from "./config.ts";
import type { Kubeconfig } from "./kubeconfig.ts";

/** What `main` is asked for credentials. */
export type ClusterCredentials = Pick<Kubeconfig, "current" | "renew" | "program" | "path">;

/** A cluster, and where `main` has credentials for it where the Worker has none of its own. */
export interface Cluster {
  readonly cluster?: ClusterConfig;
  readonly credentials?: ClusterCredentials;
}

/** The cluster that the command line asks for, if any. Throws a {@link UsageError} where it cannot be told which. */
export async function clusterOf(
  args: Arguments,
  env: (name: string) => string | undefined,
): Promise<Cluster> {
  const path = args.text("kubeconfig");
  if (!args.has("kubernetes") && path === undefined && args.text("kube-context") === undefined) return {};
  const identity = `${env("POD_NAME") ?? env("HOSTNAME") ?? "sluice"}_${crypto.randomUUID().slice(0, 8)}`;
  const host = env("KUBERNETES_SERVICE_HOST");
  if (path === undefined && args.text("kube-context") === undefined && host) {
    const address = host.includes(":") ? `[${host}]` : host;
    const server = `https://${address}:${env("KUBERNETES_SERVICE_PORT") ?? "443"}`;
    return { cluster: { server, serviceAccount: SERVICE_ACCOUNT_FOLDER, identity } };
  }
  const { Kubeconfig } = await import("./kubeconfig.ts");
  const kubeconfig = Kubeconfig.read(kubeconfigPath(args, env), args.text("kube-context"));
  return { cluster: { server: kubeconfig.server, identity }, credentials: kubeconfig };
}

/** The kubeconfig that the command line means. */
export function kubeconfigPath(args: Arguments, env: (name: string) => string | undefined): string {
  const path = args.text("kubeconfig") ?? env("KUBECONFIG") ?? (env("HOME") && `${env("HOME")}/.kube/config`);
  if (!path) throw new UsageError("--kubernetes outside of a pod needs --kubeconfig FILE");
  return path;
}
