/** Addresses as flags and Settings write them. A room of its own, so that main needs no server to read its flags. */
/** Where a server listens: a TCP port, or a unix socket. */
export type Address = { readonly host: string; readonly port: number } | { readonly path: string };

/**
 * Reads `127.0.0.1:9977`, `[::1]:9977`, `localhost:9977`, `:9977` (all interfaces) or `unix:/run/sluice/xds.sock`.
 * Undefined for what is no address.
 *
 * ```ts
 * import assert from "node:assert/strict";
 * assert.deepEqual(parseAddress("[::1]:9977"), { host: "::1", port: 9977 });
 * assert.deepEqual(parseAddress("unix:/run/xds.sock"), { path: "/run/xds.sock" });
 * assert.equal(parseAddress("nowhere"), undefined);
 * ```
 */
export function parseAddress(text: string): Address | undefined {
  if (text.startsWith("unix:")) {
    const path = text.slice("unix:".length);
    return path === "" ? undefined : { path };
  }
  const match = /^(\[[0-9a-fA-F:.%]+\]|[^:[\]]*):(\d{1,5})$/.exec(text);
  if (!match || Number(match[2]) > 65535) return undefined;
  const host = match[1]!.replace(/^\[|\]$/g, "");
  return { host: host === "" ? "0.0.0.0" : host, port: Number(match[2]) };
}

/** True where only this machine can connect: a unix socket or a loopback address. */
export function isLocal(address: Address): boolean {
  return "path" in address || address.host === "localhost" || address.host === "::1" ||
    /^127(\.\d{1,3}){3}$/.test(address.host);
}

/** The text that {@link parseAddress} reads. */
export function formatAddress(address: Address): string {
  if ("path" in address) return `unix:${address.path}`;
  return address.host.includes(":") ? `[${address.host}]:${address.port}` : `${address.host}:${address.port}`;
}
