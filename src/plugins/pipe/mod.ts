import { definePlugin } from "../contract.ts";
import { Faults } from "../faults.ts";
import { upstreamOptions } from "./options.ts";

/** Room for a path in Linux' `sockaddr_un`, less the zero that ends it; Envoy refuses longer ones. */
const LONGEST_PATH = 107;

/**
 * Upstreams of type `pipe`: a back end on a unix domain socket. Errors: no path, or one longer than 107 bytes.
 * Gloo: the plugin `pipe`.
 */
export const plugin = definePlugin({
  name: "pipe",
  options: { upstream: upstreamOptions },
  upstream({ options }) {
    if (options.pipe === undefined) return undefined;
    const faults = new Faults();
    const path = options.pipe.path ?? "";
    const length = new TextEncoder().encode(path).length;
    if (length === 0) {
      faults.error("SLUICE-1455", "pipe.path", "the path of a unix domain socket is wanted");
    } else if (length > LONGEST_PATH) {
      const message = `the path has ${length} bytes; a unix domain socket has at most ${LONGEST_PATH}`;
      faults.error("SLUICE-1455", "pipe.path", message);
    }
    const { grpc: _, ...functions } = (options.pipe.serviceSpec ?? {}) as Record<string, unknown>;
    if (Object.keys(functions).length > 0) {
      faults.warning("SLUICE-1401", "pipe.serviceSpec", "functions of a serviceSpec are not served");
    }
    return faults.result({ endpoints: { discovery: "addresses" as const, list: [{ address: { pipe: path } }] } });
  },
});
