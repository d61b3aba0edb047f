import { plugins } from "../plugins/mod.ts";
import { createSchema } from "../schema/mod.ts";
import type { Command } from "./command.ts";
import { manifestFiles, yamlOf } from "./manifests/manifest_files.ts";
import { outputFlag, outputOf } from "./output.ts";
import { textOf } from "./output_text.ts";
import { MANIFEST_FLAGS, manifestOptions } from "./manifests/options.ts";

export const command: Command = {
  name: "manifests",
  usage: "[FLAGS]",
  summary: "Prints what runs Sluice and its Envoys in Kubernetes, with the least rights that this takes. " +
    "deploy/kubernetes/ holds the same for the defaults, as a base for kustomize.",
  most: 0,
  examples: [
    "sluice manifests --crds | kubectl apply --server-side -f -",
    "sluice manifests --watch-namespaces shop,blog --envoy-service LoadBalancer",
    "sluice manifests --certificates cert-manager --proxies gateway-proxy,internal",
  ],
  flags: {
    ...MANIFEST_FLAGS,
    ...outputFlag(["yaml", "json"], "json is one List"),
    crds: { type: "switch", doc: "the CustomResourceDefinitions of Gloo's kinds first" },
  },
  run(args, terminal) {
    const objects = [...manifestFiles(manifestOptions(args)).values()].flat();
    const crds = args.has("crds") ? createSchema(plugins).customResourceDefinitions() : [];
    const all = [...crds, ...objects];
    const text = outputOf(args, ["yaml", "json"]) === "yaml"
      ? yamlOf(all)
      : textOf({ apiVersion: "v1", kind: "List", items: all }, "json");
    terminal.out(text.trimEnd());
    return Promise.resolve(0);
  },
};
