import config from "../../deno.json" with { type: "json" };
import { builtFrom } from "./build_info.ts";
import type { Command } from "./command.ts";
import { outputFlag, outputOf } from "./output.ts";

/** Sluice's own version, from deno.json. */
export const VERSION: string = config.version;

/** The Envoy release that Sluice is tested against, and up to which its messages have fields. */
export const ENVOY_VERSION = "1.40.0";

/** Whose .proto files Envoy's messages are generated from; `protos/` adds what Envoy has beside. */
const PROTOS = config.imports["@grpc/grpc-js-xds"].replace("npm:", "");

export const command: Command = {
  name: "version",
  usage: "[FLAGS]",
  summary:
    "Prints the versions of Sluice, of the Deno that it runs on, of the Envoy API that it speaks and of the Envoy " +
    "that it is tested against.",
  most: 0,
  examples: ["sluice version", "sluice version -o json", "sluice version --licences"],
  flags: {
    ...outputFlag(["text", "json"]),
    licences: { type: "switch", doc: "the licences of all that is in the executable" },
  },
  async run(args, terminal) {
    const output = outputOf(args, ["text", "json"]);
    if (args.has("licences")) {
      const { licencesJson, licencesText } = await import("./licences.ts");
      terminal.out(output === "json" ? licencesJson() : licencesText());
    } else terminal.out(output === "json" ? JSON.stringify(versions(), undefined, 2) : versionText());
    return 0;
  },
};

/** As `sluice version -o json` prints it; scripts go by it. */
export interface Versions {
  readonly version: string;
  /** Null where Sluice runs from its sources, or was made of some without git. */
  readonly commit: string | null;
  readonly deno: string;
  readonly v8: string;
  readonly envoyApi: {
    readonly version: "v3";
    /** The npm package whose .proto files the messages are generated from. */
    readonly protos: string;
    /** The Envoy up to which fields were added to these. */
    readonly fieldsUpTo: string;
  };
  /** What Sluice is tested against. */
  readonly envoy: string;
}

function versions(): Versions {
  return {
    version: VERSION,
    commit: builtFrom() ?? null,
    deno: Deno.version.deno,
    v8: Deno.version.v8,
    envoyApi: { version: "v3", protos: PROTOS, fieldsUpTo: ENVOY_VERSION },
    envoy: ENVOY_VERSION,
  };
}

function versionText(): string {
  const { version, commit, deno, v8, envoyApi, envoy } = versions();
  return [
    `sluice ${version}`,
    `commit ${commit ?? "unknown"}`,
    `deno ${deno} (v8 ${v8})`,
    `envoy api ${envoyApi.version} (${envoyApi.protos}, with fields up to Envoy ${envoyApi.fieldsUpTo})`,
    `envoy ${envoy} (tested against)`,
  ].join("\n");
}
