import { GLOO_KINDS, type Kind, KINDS } from "../api/mod.ts";
import { plugins } from "../plugins/mod.ts";
import { createSchema } from "../schema/mod.ts";
import { type Command, UsageError } from "./command.ts";

export const command: Command = {
  name: "schema",
  usage: "[KIND] [FLAGS]",
  summary: "Prints a JSON schema with which editors complete and check Gloo YAML. " +
    "Without a kind, one schema for any Kubernetes manifest of Gloo's.",
  most: 1,
  examples: [
    "sluice schema --out .sluice-schema.json",
    "sluice schema VirtualService",
    "sluice schema VirtualService --bare     # for Gloo's directory layout",
    "sluice schema --crds | kubectl apply -f -",
  ],
  flags: {
    bare: { type: "switch", doc: "the bare message of Gloo's directory layout; needs a kind" },
    crds: { type: "switch", doc: "Kubernetes CustomResourceDefinitions instead, of all kinds or of one, as a List" },
    out: { type: "text", doc: "file to write to" },
  },
  async run(args, terminal) {
    const [word] = args.positionals;
    const kind = word === undefined ? undefined : kindOf(word);
    if (args.has("bare") && args.has("crds")) throw new UsageError("--bare and --crds exclude each other");
    if (args.has("bare") && kind === undefined) {
      throw new UsageError("--bare needs a kind, as the bare form names none");
    }
    const text = JSON.stringify(schemaOf(kind, args.has("bare"), args.has("crds")), null, 2);
    if (args.text("out")) await Deno.writeTextFile(args.text("out")!, text + "\n");
    else terminal.out(text);
    return 0;
  },
};

/** A kind as kubectl's users write it too: `virtualservice`, `virtualservices`. */
function kindOf(word: string): Kind {
  const lower = word.toLowerCase();
  const kind = GLOO_KINDS.find((one) => one.toLowerCase() === lower || KINDS[one].plural === lower);
  if (!kind) throw new UsageError(`there is no kind ${word}; there are ${GLOO_KINDS.join(", ")}`);
  return kind;
}

function schemaOf(kind: Kind | undefined, bare: boolean, crds: boolean): unknown {
  const schema = createSchema(plugins);
  if (crds) {
    const all = schema.customResourceDefinitions();
    const items = kind === undefined
      ? all
      : all.filter(({ metadata }) => (metadata as { name: string }).name.split(".")[0] === KINDS[kind].plural);
    return { apiVersion: "v1", kind: "List", items };
  }
  if (kind === undefined) return schema.jsonSchema("manifests");
  return schema.jsonSchema(bare ? { bare: kind } : { manifest: kind });
}
