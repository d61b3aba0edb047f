/** One definition of the kinds gives strict decoding, the CRDs and the editors' JSON schema. */
export type { CustomResourceDefinition } from "./crd.ts";
export { formatPath } from "./cursor.ts";
export type { Fault } from "./cursor.ts";
export type { ParseText } from "./core_kinds.ts";
export type { JsonSchemaFor } from "./json_schema.ts";
export type { OptionOwner, Registry } from "./registry.ts";
export type { JsonSchema } from "./scalar_schema.ts";
export { createSchema } from "./schema.ts";
export type { DecodedValue, Schema, SchemaSettings } from "./schema.ts";
