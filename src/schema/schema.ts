import type { Infer, Shape } from "../api/mod.ts";
import { createCompiler } from "./compile.ts";
import type { ParseText } from "./core_kinds.ts";
import { Cursor } from "./cursor.ts";
import type { Fault } from "./cursor.ts";
import { customResourceDefinitions } from "./crd.ts";
import type { CustomResourceDefinition } from "./crd.ts";
import { createDecode } from "./decode.ts";
import type { DecodeResource } from "../report/mod.ts";
import { jsonSchema } from "./json_schema.ts";
import type { JsonSchemaFor } from "./json_schema.ts";
import { createRegistry } from "./registry.ts";
import type { OptionOwner, Registry } from "./registry.ts";
import type { JsonSchema } from "./scalar_schema.ts";

/** All that is made from the one definition of the kinds and the options of the plugins. */
export interface Schema {
  readonly decode: DecodeResource;
  /** Decodes a bare value of a shape. `value` is undefined where there are faults, and where the value counts as absent. */
  decodeValue<S extends Shape>(shape: S, value: unknown): DecodedValue<Infer<S>>;
  /** The JSON schema by which an editor completes and checks a sort of document. */
  jsonSchema(what: JsonSchemaFor): JsonSchema;
  /** The CRDs of all kinds that have one, in the order of their names. */
  customResourceDefinitions(): readonly CustomResourceDefinition[];
  readonly registry: Registry;
}

export interface DecodedValue<T> {
  readonly value?: T;
  readonly faults: readonly Fault[];
}

export interface SchemaSettings {
  /** Reads the YAML in Secrets of solo-kit's own form (annotation `resource_kind`); default: JSON only. */
  readonly parseText?: ParseText;
}

/** The schema of all kinds with the options of these plugins. Throws where two of them own one field. */
export function createSchema(plugins: readonly OptionOwner[], settings: SchemaSettings = {}): Schema {
  const registry = createRegistry(plugins);
  const compiler = createCompiler(registry);
  const lenient = createCompiler(registry, { lenient: true });
  return {
    decode: createDecode(registry, { strict: compiler, lenient }, settings.parseText ?? JSON.parse),
    decodeValue<S extends Shape>(shape: S, value: unknown): DecodedValue<Infer<S>> {
      if (value === null || value === undefined) return { faults: [] };
      const at = new Cursor();
      const decoded = compiler.compile(shape)(value, at) as Infer<S>;
      return at.faults.length > 0 ? { faults: at.faults } : { value: decoded, faults: [] };
    },
    jsonSchema: (what) => jsonSchema(registry, what),
    customResourceDefinitions: () => customResourceDefinitions(registry),
    registry,
  };
}
