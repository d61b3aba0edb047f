import config from "../../deno.json" with { type: "json" };
import type { Command } from "./command.ts";

/** Sluice's own version, from deno.json. */
export const VERSION: string = config.version;

/** The Envoy release that Sluice is tested against. */
export const ENVOY_VERSION = "1.40.0";

export const command: Command = {
  name: "version",
  usage: "",
  summary: "Prints the versions of Sluice, of Deno and of the Envoy that it is tested against.",
  most: 0,
  examples: ["sluice version"],
  flags: {},
  run(_args, terminal) {
    terminal.out(`sluice ${VERSION}\ndeno ${Deno.version.deno}\nenvoy ${ENVOY_VERSION} (tested against)`);
    return Promise.resolve(0);
  },
};
