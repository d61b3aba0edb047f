import { ALL_KINDS, type Kind } from "../api/mod.ts";
import { plugins } from "../plugins/mod.ts";
import { createSchema } from "../schema/mod.ts";
import { type Command, UsageError } from "./command.ts";

export const command: Command = {
  name: "schema",
  usage: "[KIND] [FLAGS]",
  summary: "Prints a JSON schema with which editors complete and check Gloo YAML. " +
    "Without a kind, one schema for any Kubernetes manifest of Gloo's.",
  examples: [
    "sluice schema --out .sluice-schema.json",
    "sluice schema VirtualService",
    "sluice schema VirtualService --bare     # for Gloo's directory layout",
    "sluice schema --crds | kubectl apply -f -",
  ],
  flags: {
    bare: { type: "switch", doc: "the bare message of Gloo's directory layout; needs a kind" },
    crds: { type: "switch", doc: "Kubernetes CustomResourceDefinitions instead, as a List" },
    out: { type: "text", doc: "file to write to" },
  },
  async run(args, terminal) {
    const [kind] = args.positionals;
    if (kind !== undefined && !(ALL_KINDS as readonly string[]).includes(kind)) {
      throw new UsageError(`there is no kind ${kind}; there are ${ALL_KINDS.join(", ")}`);
    }
    if (args.has("bare") && kind === undefined) {
      throw new UsageError("--bare needs a kind, as the bare form names none");
    }
    const text = JSON.stringify(schemaOf(kind as Kind | undefined, args.has("bare"), args.has("crds")), null, 2);
    if (args.text("out")) await Deno.writeTextFile(args.text("out")!, text + "\n");
    else terminal.out(text);
    return 0;
  },
};

function schemaOf(kind: Kind | undefined, bare: boolean, crds: boolean): unknown {
  const schema = createSchema(plugins);
  if (crds) return { apiVersion: "v1", kind: "List", items: schema.customResourceDefinitions() };
  if (kind === undefined) return schema.jsonSchema("manifests");
  return schema.jsonSchema(bare ? { bare: kind } : { manifest: kind });
}
