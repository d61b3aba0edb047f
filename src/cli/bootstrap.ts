import { join, resolve } from "node:path";
import { dumpYaml } from "../watchers/mod.ts";
import { bootstrapOf, DEFAULT_ENVOY_ADMIN, roleOf } from "./bootstrap_content.ts";
import { sdsFilesOf, tlsOf } from "./bootstrap_tls.ts";
import { type Command, UsageError } from "./command.ts";
import { readsFolders, SOURCE_FLAGS, sourceNeeds } from "./load.ts";
import { outputFlag, outputOf } from "./output.ts";
import { textOf } from "./output_text.ts";
import type { Grant } from "./permissions.ts";

export const command: Command = {
  name: "bootstrap",
  usage: "[DIR...] [FLAGS]",
  summary:
    "Prints the Envoy bootstrap to use with sluice serve. With --static-fallback, one for an Envoy that reads files " +
    "which sluice serve --static-fallback keeps current, and so starts while sluice is down. The files are made where there " +
    "are none: from the folders of Gloo YAML that are named, or else empty.",
  most: Infinity,
  examples: [
    "sluice bootstrap > envoy.yaml && envoy -c envoy.yaml",
    "sluice bootstrap --role gloo-system~edge --delta --xds-address unix:/run/sluice/xds.sock",
    "sluice bootstrap --xds-address sluice.gloo-system.svc:9977 --tls-dir /etc/sluice/tls --out-dir edge --sds-dir /etc/envoy",
    "sluice bootstrap /etc/sluice --static-fallback /var/lib/sluice/envoy > envoy.yaml && envoy -c envoy.yaml",
  ],
  flags: {
    role: {
      type: "text",
      value: "NAMESPACE~NAME",
      doc: "which Proxy this Envoy is",
      default: "gloo-system~gateway-proxy",
    },
    "node-id": {
      type: "text",
      value: "NAME",
      doc: "the name of this Envoy in Sluice's /clients page and log",
      default: "its role",
    },
    "xds-address": {
      type: "text",
      value: "ADDRESS",
      doc: "where sluice serves xDS: HOST:PORT or unix:PATH",
      default: "127.0.0.1:9977",
    },
    "admin-address": {
      type: "text",
      value: "HOST:PORT",
      doc: "where Envoy's own admin page listens",
      default: DEFAULT_ENVOY_ADMIN,
    },
    delta: { type: "switch", doc: "incremental xDS instead of state of the world" },
    "static-fallback": {
      type: "text",
      value: "DIR",
      doc: "folder of files that Envoy reads in place of asking sluice",
    },
    "tls-dir": {
      type: "text",
      value: "DIR",
      doc: "folder that Envoy follows for tls.crt, tls.key and ca.crt, as a Secret is mounted",
    },
    "out-dir": {
      type: "text",
      value: "DIR",
      doc: "folder to write envoy.yaml into, and with --tls-dir two more files; nothing is printed",
    },
    "sds-dir": { type: "text", value: "DIR", doc: "where Envoy finds these two files", default: "--out-dir" },
    "tls-cert": { type: "text", value: "FILE", doc: "client certificate file, where sluice wants one" },
    "tls-key": { type: "text", value: "FILE", doc: "its key file" },
    "tls-ca": { type: "text", value: "FILE", doc: "CA file to check sluice's certificate with" },
    ...outputFlag(["yaml", "json"], "Envoy reads both"),
    ...SOURCE_FLAGS,
  },
  needs(args, terminal) {
    const grants: Grant[] = [];
    const [fallback, out] = [args.text("static-fallback"), args.text("out-dir")];
    if (fallback !== undefined) {
      for (const permission of ["read", "write"] as const) {
        grants.push({ permission, value: resolve(fallback), reason: "--static-fallback" });
      }
    }
    if (out !== undefined) grants.push({ permission: "write", value: out, reason: "--out-dir" });
    return [...grants, ...(readsFolders(args) ? sourceNeeds(args, terminal) : [])];
  },
  async run(args, terminal) {
    const folder = args.text("static-fallback");
    const form = outputOf(args, ["yaml", "json"]);
    const options = {
      role: roleOf(args.text("role") ?? "gloo-system~gateway-proxy"),
      nodeId: args.text("node-id"),
      adminAddress: args.text("admin-address") ?? DEFAULT_ENVOY_ADMIN,
    };
    if (folder !== undefined) {
      if (args.text("out-dir") !== undefined) {
        throw new UsageError("--out-dir and --static-fallback do not go together");
      }
      return await (await import("./lay_down.ts")).layDown(
        command,
        { ...options, folder: resolve(folder), form },
        args,
        terminal,
      );
    }
    if (readsFolders(args)) {
      throw new UsageError("a folder of YAML is read with --static-fallback only");
    }
    const xdsAddress = args.text("xds-address") ?? "127.0.0.1:9977";
    const tls = tlsOf(args);
    const bootstrap = bootstrapOf({ ...options, xdsAddress, delta: args.has("delta"), tls });
    const out = args.text("out-dir");
    if (out === undefined) terminal.out(textOf(bootstrap, form).trimEnd());
    else if (form === "json") throw new UsageError("--output json is for what is printed; --out-dir writes YAML");
    else {
      await write(out, {
        "envoy.yaml": bootstrap,
        ...(tls !== undefined && "folder" in tls ? sdsFilesOf(tls, xdsAddress) : {}),
      });
    }
    return 0;
  },
};

async function write(folder: string, files: Readonly<Record<string, object>>): Promise<void> {
  await Deno.mkdir(folder, { recursive: true });
  for (const [name, content] of Object.entries(files)) {
    await Deno.writeTextFile(join(folder, name), dumpYaml(content));
  }
}
