/**
 * `deno task compare:crds FILE...`: what of the objects under other CRDs would be lost or refused under ours. The files
 * are YAML: those of Gloo's chart (install/helm/gloo/crds/*.yaml), or `kubectl get crds -o yaml`. Exit code 1 where
 * there is anything.
 *
 * Permissions: --allow-read
 */
import { plugins } from "../src/plugins/mod.ts";
import { createSchema, type JsonSchema } from "../src/schema/mod.ts";
import { parseYaml, splitDocuments } from "../src/watchers/mod.ts";

interface Crd {
  readonly kind: string;
  readonly items?: readonly Crd[];
  readonly metadata: { readonly name: string };
  readonly spec: {
    readonly versions: readonly {
      readonly name: string;
      readonly schema?: { readonly openAPIV3Schema: JsonSchema };
    }[];
  };
}

interface Part extends JsonSchema {
  readonly properties?: Readonly<Record<string, Part>>;
  readonly items?: Part;
  readonly additionalProperties?: Part | boolean;
}

/** Fields of one schema that another drops, and those whose type is another there; each with its path. */
export function differences(theirs: Part, ours: Part, path = ""): string[] {
  if (keepsUnknown(ours)) return [];
  const found: string[] = [];
  if (keepsUnknown(theirs)) found.push(`${path}: keeps what is unknown; here only known fields are kept`);
  const [here, there] = [typeOf(ours), typeOf(theirs)];
  if (here !== there) return [...found, `${path}: ${there}; here ${here}`];
  for (const [name, field] of Object.entries(theirs.properties ?? {})) {
    const own = ours.properties?.[name];
    if (own) found.push(...differences(field, own, `${path}.${name}`));
    else found.push(`${path}.${name}: not known here`);
  }
  if (theirs.items && ours.items) found.push(...differences(theirs.items, ours.items, `${path}[]`));
  const [value, own] = [theirs.additionalProperties, ours.additionalProperties];
  if (typeof value === "object") {
    if (typeof own === "object") found.push(...differences(value, own, `${path}.*`));
    else found.push(`${path}: a mapping of any keys; here of known ones`);
  }
  return found;
}

const keepsUnknown = (schema: Part): boolean => schema["x-kubernetes-preserve-unknown-fields"] === true;

const typeOf = (schema: Part): unknown =>
  schema["x-kubernetes-int-or-string"] === true ? "number or text" : schema.type ?? "anything";

/** The differences of a file's CRDs from ours, by name; CRDs of other kinds are passed over. */
function differencesOf(text: string): string[] {
  const own = new Map(createSchema(plugins).customResourceDefinitions().map((crd) => [nameOf(crd as never), crd]));
  return crdsIn(text).flatMap((crd) => {
    const ours = own.get(nameOf(crd)) as Crd | undefined;
    return crd.spec.versions.flatMap(({ name, schema }) => {
      const same = ours?.spec.versions.find((version) => version.name === name)?.schema;
      if (!ours || !schema) return [];
      if (!same) return [`${nameOf(crd)}: version ${name} is not served here`];
      return differences(schema.openAPIV3Schema, same.openAPIV3Schema).map((line) => `${nameOf(crd)} ${line}`);
    });
  });
}

const nameOf = ({ metadata }: Crd): string => metadata.name;

function crdsIn(text: string): Crd[] {
  return splitDocuments(text).flatMap((document) => {
    const result = parseYaml(document.text);
    if ("fault" in result) throw new Error(`line ${result.fault.line}: ${result.fault.message}`);
    const value = result.value as Crd | null;
    return (value?.items ?? [value]).filter((one) => one?.kind === "CustomResourceDefinition") as Crd[];
  });
}

if (import.meta.main) {
  const found = Deno.args.flatMap((file) => differencesOf(Deno.readTextFileSync(file)));
  for (const line of found) console.log(line);
  if (found.length > 0) Deno.exit(1);
}
