/** One variable of the environment that Sluice reads. */
export interface EnvironmentVariable {
  readonly name: string;
  /** Whose it is: of the process that reads the command line, or of the Worker that serves. */
  readonly reader: "main" | "worker";
  readonly reason: string;
}

const main = (name: string, reason: string): EnvironmentVariable => ({ name, reader: "main", reason });
const worker = (name: string, reason: string): EnvironmentVariable => ({ name, reader: "worker", reason });

/**
 * Every variable of the environment that Sluice reads. Whatever a library asks for beside them reads as not set
 * (`outer_permissions.ts`), or where Sluice was started with all of the environment, is of no consequence.
 */
export const ENVIRONMENT: readonly EnvironmentVariable[] = [
  main("POD_NAMESPACE", "the namespace, where --namespace names none; Kubernetes tells a pod its own"),
  main("STATE_DIRECTORY", "the state folder, where --state-dir names none; systemd sets it"),
  main("XDG_STATE_HOME", "where the state folder is, if neither of these names one: $XDG_STATE_HOME/sluice"),
  main("HOME", "the state folder $HOME/.local/state/sluice, and the kubeconfig $HOME/.kube/config"),
  main("KUBECONFIG", "the kubeconfig, where --kubeconfig names none; one file"),
  main("KUBERNETES_SERVICE_HOST", "the API server of the cluster that a pod is in"),
  main("KUBERNETES_SERVICE_PORT", "its port; default 443"),
  main("POD_NAME", "the name of this replica among others"),
  main("HOSTNAME", "the same, where POD_NAME is not set"),
  main("NO_COLOR", "where it is set to anything, nothing is coloured"),
  main("TERM", "where it is dumb, nothing is coloured"),
  main("SLUICE_DEBUG", "where it is set to anything, a bug is told with its stack"),
  main("TMPDIR", "where validate --envoy makes a folder that is gone afterwards; default /tmp"),
  main("NOTIFY_SOCKET", "where a service manager is told how Sluice fares; systemd sets it"),
  main("WATCHDOG_USEC", "how often it wants a sign of life, in microseconds"),
  main("WATCHDOG_PID", "from which process"),
  main("JOURNAL_STREAM", "whether standard error is its journal, in which lines begin with their priority"),
  worker("GRPC_DEFAULT_SSL_ROOTS_FILE_PATH", "read by @grpc/grpc-js; of no use to a server"),
  worker("GRPC_EXPERIMENTAL_ENABLE_OUTLIER_DETECTION", "read by @grpc/grpc-js; of no use to a server"),
  worker("GRPC_NODE_DEBUG_SEND_ERROR_DETAILS", "read by @grpc/grpc-js: errors go to clients with their details"),
  worker("GRPC_NODE_TRACE", "read by @grpc/grpc-js: the same as GRPC_TRACE"),
  worker("GRPC_NODE_USE_ALTERNATIVE_RESOLVER", "read by @grpc/grpc-js: how names are looked up"),
  worker("GRPC_NODE_VERBOSITY", "read by @grpc/grpc-js: the same as GRPC_VERBOSITY"),
  worker("GRPC_SSL_CIPHER_SUITES", "read by @grpc/grpc-js: ciphers of the xDS server"),
  worker("GRPC_TRACE", "read by @grpc/grpc-js: what it is to log"),
  worker("GRPC_VERBOSITY", "read by @grpc/grpc-js: DEBUG, INFO, ERROR or NONE"),
];

/** What a variable is for. */
export function reasonOf(name: string): string {
  return ENVIRONMENT.find((one) => one.name === name)?.reason ?? "";
}
