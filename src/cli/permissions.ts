import { resolve } from "node:path";
import { type Address, parseAddress } from "../address/mod.ts";
import type { ServeConfig } from "./config.ts";

/** One thing that the Worker is allowed, and what for. */
export interface Grant {
  readonly permission: "read" | "write" | "net" | "env" | "sys";
  readonly value: string;
  readonly reason: string;
}

/** Environment variables that @grpc/grpc-js reads while it is loaded. */
const GRPC_ENVIRONMENT = [
  "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH",
  "GRPC_EXPERIMENTAL_ENABLE_OUTLIER_DETECTION",
  "GRPC_NODE_DEBUG_SEND_ERROR_DETAILS",
  "GRPC_NODE_TRACE",
  "GRPC_NODE_USE_ALTERNATIVE_RESOLVER",
  "GRPC_NODE_VERBOSITY",
  "GRPC_SSL_CIPHER_SUITES",
  "GRPC_TRACE",
  "GRPC_VERBOSITY",
];

/**
 * Exactly what `serve` with this configuration needs. Nothing may be run, loaded over the network or called natively.
 * `realPath` tells where a link leads.
 */
export function grantsFor(config: ServeConfig, realPath: (path: string) => string): Grant[] {
  const grants: Grant[] = [];
  const read = (value: string, reason: string) => grants.push({ permission: "read", value, reason });
  const write = (value: string, reason: string) => grants.push({ permission: "write", value, reason });
  const folder = (path: string, reason: string, ...grant: (typeof read)[]): void => {
    for (const one of grant) one(path, reason);
    const real = realPath(path);
    if (real === path || real === resolve(path)) return;
    for (const one of grant) one(real, `${reason}, behind a link`);
  };
  for (const { path } of config.roots) folder(path, "configuration", read);
  if (config.settingsDir !== undefined) folder(config.settingsDir, "Settings", read);
  read(config.stateDir, "statuses, and what was served last");
  write(config.stateDir, "statuses, and what was served last");
  if (config.staticFallback !== undefined) {
    folder(config.staticFallback, "files for Envoys that live from files", read, write);
  }
  const { xdsTls } = config;
  for (const file of [xdsTls?.cert, xdsTls?.key, xdsTls?.clientCa, xdsTls?.roles]) {
    if (file !== undefined) read(file, "TLS of the xDS server");
  }
  if (config.cluster) {
    const { server, serviceAccount } = config.cluster;
    grants.push({ permission: "net", value: netOf(server), reason: "the Kubernetes API server" });
    // The kubelet turns a link in it when it replaces a token, so it is the folder that is granted.
    if (serviceAccount !== undefined) folder(serviceAccount, "credentials of the pod", read);
  }
  if (config.peer !== undefined) {
    grants.push({ permission: "net", value: config.peer, reason: "another replica, for its state" });
  }
  for (const file of [config.webhookTls?.cert, config.webhookTls?.key]) {
    if (file !== undefined) read(file, "TLS of the webhook");
  }
  if (config.webhookAddress !== undefined) listen(grants, config.webhookAddress, "webhook");
  listen(grants, config.xdsAddress, "xDS");
  listen(grants, config.adminAddress, "admin");
  for (const value of GRPC_ENVIRONMENT) grants.push({ permission: "env", value, reason: "read by @grpc/grpc-js" });
  return grants;
}

function netOf(server: string): string {
  const { hostname, port } = new URL(server);
  return `${hostname}:${port || "443"}`;
}

function listen(grants: Grant[], text: string, what: string): void {
  const address: Address | undefined = parseAddress(text);
  if (!address) return;
  if ("path" in address) {
    for (const permission of ["read", "write"] as const) {
      grants.push({ permission, value: address.path, reason: `${what} socket` });
    }
    grants.push({ permission: "net", value: `unix:${address.path}`, reason: `${what} listens` });
  } else {
    const host = address.host.includes(":") ? `[${address.host}]` : address.host;
    grants.push({ permission: "net", value: `${host}:${address.port}`, reason: `${what} listens` });
  }
}

/** The grants in the form that a Worker takes. */
export function workerPermissions(grants: readonly Grant[]): Deno.PermissionOptionsObject {
  const values = (permission: Grant["permission"]): string[] | false => {
    const list = [...new Set(grants.filter((one) => one.permission === permission).map((one) => one.value))];
    return list.length > 0 ? list : false;
  };
  return {
    read: values("read"),
    write: values("write"),
    net: values("net"),
    env: values("env"),
    sys: values("sys") as Deno.PermissionOptionsObject["sys"],
    run: false,
    ffi: false,
    import: false,
  };
}
