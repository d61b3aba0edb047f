import { lookup } from "node:dns/promises";
import { formatAddress, parseAddress } from "../address/mod.ts";
import type { ServeConfig } from "./config.ts";

/**
 * The configuration with the address of its peer in the place of a name. The Worker may connect to what it is told alone, and a
 * name leads elsewhere. One that leads nowhere stays, and the Worker tells that it cannot be found.
 */
export async function withPeerAddress(config: ServeConfig): Promise<ServeConfig> {
  const peer = config.peer === undefined ? undefined : parseAddress(config.peer);
  if (!peer || "path" in peer) return config;
  try {
    const { address } = await lookup(peer.host);
    return { ...config, peer: formatAddress({ host: address, port: peer.port }) };
  } catch {
    return config;
  }
}
