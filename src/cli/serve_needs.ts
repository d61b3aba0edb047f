import type { Arguments } from "./command.ts";
import { kubeconfigPath } from "./cluster.ts";
import type { ServeConfig } from "./config.ts";
import { decidedPath } from "./decided.ts";
import { environment, type Grant, grantsFor } from "./permissions.ts";

/** What the process beside the Worker needs for itself, and what it needs as a Worker may have no more than it has. */
export function serveNeeds(
  args: Arguments,
  config: ServeConfig,
  program: string | undefined,
  env: (name: string) => string | undefined,
): Grant[] {
  const read = (value: string, reason: string): Grant => ({ permission: "read", value, reason });
  const { roots, settingsDir, stateDir, staticFallback, cluster } = config;
  const made = [stateDir, ...(staticFallback === undefined ? [] : [staticFallback])];
  const own = [
    ...(settingsDir === undefined ? [] : [read(settingsDir, "where Settings say that folders and xDS are")]),
    ...roots.map(({ path }) => read(path, "whether it is there, and where it leads if it is a link")),
    read(decidedPath(stateDir), "what Settings said when Sluice ran last"),
    ...(cluster && cluster.serviceAccount === undefined
      ? [read(kubeconfigPath(args, env), "the cluster and its credentials, and the files that it names")]
      : []),
    ...made.map((value): Grant => ({ permission: "write", value, reason: "is made where it is missing" })),
    ...environment(namesRead(args, config)),
    ...notices(env("NOTIFY_SOCKET")),
    ...(program === undefined
      ? []
      : [{ permission: "run" as const, value: program, reason: "the kubeconfig has credentials from it" }]),
  ];
  const forWorker = grantsFor(config, (path) => path).filter(({ permission }) => ["net", "env"].includes(permission));
  return [...own, ...forWorker.map((grant) => ({ ...grant, reason: `for the Worker: ${grant.reason}` }))];
}

const SERVICE_MANAGER = ["NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"];

/** What it takes to tell a service manager. */
function notices(socket: string | undefined): Grant[] {
  if (!socket) return [];
  const reason = "a service manager is told how Sluice fares";
  const net: Grant = { permission: "net", value: `unix:${socket}`, reason };
  return socket.startsWith("@") ? [net] : [net, { permission: "write", value: socket, reason }];
}

/** Variables of the environment that say something that no flag says. */
function namesRead(args: Arguments, { cluster }: ServeConfig): string[] {
  return [
    ...(args.text("namespace") === undefined ? ["POD_NAMESPACE"] : []),
    ...(args.text("state-dir") === undefined ? ["STATE_DIRECTORY", "XDG_STATE_HOME"] : []),
    ...(args.text("state-dir") === undefined || cluster ? ["HOME"] : []),
    ...SERVICE_MANAGER,
    ...(cluster ? ["KUBECONFIG", "KUBERNETES_SERVICE_HOST", "KUBERNETES_SERVICE_PORT", "POD_NAME", "HOSTNAME"] : []),
  ];
}
