import { GLOO_KINDS, type Kind, KINDS } from "../api/mod.ts";
import { plugins } from "../plugins/mod.ts";
import { createSchema, type CustomResourceDefinition, type JsonSchema, type Schema } from "../schema/mod.ts";
import { type Command, UsageError } from "./command.ts";
import { crdsYaml } from "./crds_yaml.ts";
import { outputFlag, outputOf } from "./output.ts";
import { textOf } from "./output_text.ts";

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
    "sluice schema --crds -o yaml | kubectl apply --server-side -f -",
  ],
  flags: {
    bare: { type: "switch", doc: "the bare message of Gloo's directory layout; needs a kind" },
    crds: { type: "switch", doc: "Kubernetes CustomResourceDefinitions instead, of all kinds or of one, as a List" },
    out: { type: "text", value: "FILE", doc: "file to write to" },
    ...outputFlag(["json", "yaml"], "CRDs as yaml are a document each"),
  },
  needs(args) {
    const out = args.text("out");
    return out ? [{ permission: "write", value: out, reason: "--out" }] : [];
  },
  async run(args, terminal) {
    const [word] = args.positionals;
    const kind = word === undefined ? undefined : kindOf(word);
    if (args.has("bare") && args.has("crds")) throw new UsageError("--bare and --crds exclude each other");
    if (args.has("bare") && kind === undefined) {
      throw new UsageError("--bare needs a kind, as the bare form names none");
    }
    const form = outputOf(args, ["json", "yaml"]);
    const schema = createSchema(plugins);
    const text = args.has("crds")
      ? crdsText(crdsOf(schema, kind), form)
      : textOf(jsonSchemaOf(schema, kind, args.has("bare")), form);
    if (args.text("out")) await Deno.writeTextFile(args.text("out")!, text);
    else terminal.out(text.trimEnd());
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

/** CRDs as YAML documents, or as one JSON object, which has to be a List. */
function crdsText(crds: readonly CustomResourceDefinition[], form: "json" | "yaml"): string {
  return form === "yaml" ? crdsYaml(crds) : textOf({ apiVersion: "v1", kind: "List", items: crds }, form);
}

function crdsOf(schema: Schema, kind: Kind | undefined): readonly CustomResourceDefinition[] {
  const all = schema.customResourceDefinitions();
  if (kind === undefined) return all;
  return all.filter(({ metadata }) => (metadata as { name: string }).name.split(".")[0] === KINDS[kind].plural);
}

function jsonSchemaOf(schema: Schema, kind: Kind | undefined, bare: boolean): JsonSchema {
  if (kind === undefined) return schema.jsonSchema("manifests");
  return schema.jsonSchema(bare ? { bare: kind } : { manifest: kind });
}
