import { resolve } from "node:path";
import { type Address, parseAddress } from "../address/mod.ts";
import type { ServeConfig } from "./config.ts";
import { ENVIRONMENT, reasonOf } from "./environment.ts";

/** Every kind of permission that Deno knows. */
export const PERMISSIONS = ["read", "write", "net", "env", "run", "sys", "ffi", "import"] as const;
export type Permission = (typeof PERMISSIONS)[number];

/** One thing that is allowed, and what for. */
export interface Grant {
  readonly permission: Exclude<Permission, "ffi" | "import">;
  readonly value: string;
  readonly reason: string;
}

/** Variables of the environment. */
export function environment(names: readonly string[]): Grant[] {
  return names.map((value) => ({ permission: "env", value, reason: reasonOf(value) }));
}

/**
 * Exactly what the Worker of `serve` with this configuration needs. Nothing may be run, loaded over the network or called
 * natively. `realPath` tells where a link leads: the folders that are watched are opened by the path without links. Anywhere
 * else a grant of a path is enough, as Deno follows links from there, and so files of TLS may be links that are turned.
 */
export function grantsFor(config: ServeConfig, realPath: (path: string) => string): Grant[] {
  const grants: Grant[] = [];
  const read = (value: string, reason: string) => grants.push({ permission: "read", value, reason });
  const write = (value: string, reason: string) => grants.push({ permission: "write", value, reason });
  const watched = (path: string, reason: string): void => {
    read(path, reason);
    const real = realPath(path);
    if (real !== path && real !== resolve(path)) read(real, `${reason}, behind a link`);
  };
  for (const { path } of config.roots) watched(path, "configuration");
  if (config.settingsDir !== undefined) watched(config.settingsDir, "Settings");
  read(config.stateDir, "statuses, and what was served last");
  write(config.stateDir, "statuses, and what was served last");
  if (config.staticFallback !== undefined) {
    for (const grant of [read, write]) grant(config.staticFallback, "files for Envoys that live from files");
  }
  const { xdsTls } = config;
  for (const file of [xdsTls?.cert, xdsTls?.key, xdsTls?.clientCa, xdsTls?.roles]) {
    if (file !== undefined) read(file, "TLS of the xDS server");
  }
  if (config.cluster) {
    const { server, serviceAccount } = config.cluster;
    grants.push({ permission: "net", value: netOf(server), reason: "the Kubernetes API server" });
    // The kubelet turns a link in it when it replaces a token, so it is the folder that is granted.
    if (serviceAccount !== undefined) read(serviceAccount, "credentials of the pod");
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
  return [...grants, ...environment(ENVIRONMENT.filter(({ reader }) => reader === "worker").map(({ name }) => name))];
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
