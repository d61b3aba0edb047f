import type { EnumShape, ScalarShape } from "./shapes.ts";

/** A JSON schema, or a part of one, as plain data. */
export type JsonSchema = Readonly<Record<string, unknown>>;

const INTEGER_RANGES = {
  int32: { minimum: -2147483648, maximum: 2147483647 },
  uint32: { minimum: 0, maximum: 4294967295 },
} as const;

/** What a duration may look like; src/schema/duration.ts reads more exactly. */
const DURATION =
  "^([+-]?([0-9]+\\.?[0-9]*|\\.[0-9]+)(ns|us|µs|μs|ms|s|m|h))(([0-9]+\\.?[0-9]*|\\.[0-9]+)(ns|us|µs|μs|ms|s|m|h))*$|^0$";
const WHOLE_NUMBER = "^-?[0-9]+$";
const BOOLEAN_WORDS = ["yes", "no", "on", "off", "Yes", "No", "On", "Off", "YES", "NO", "ON", "OFF", "y", "n"];

/** The schema of a scalar for editors (draft-07): it takes every form that decoding takes, the usual one first. */
export function editorScalar(shape: ScalarShape | EnumShape): JsonSchema {
  const { minimum, maximum } = shape as { readonly minimum?: number; readonly maximum?: number };
  const own = { ...(minimum === undefined ? {} : { minimum }), ...(maximum === undefined ? {} : { maximum }) };
  switch (shape.type) {
    case "bool":
      return { anyOf: [{ type: "boolean" }, { enum: BOOLEAN_WORDS }] };
    case "string":
    case "bytes":
    case "timestamp":
      return { type: "string" };
    case "duration":
      return { type: "string", pattern: DURATION };
    case "int32":
    case "uint32":
      return { type: ["integer", "string"], pattern: WHOLE_NUMBER, ...INTEGER_RANGES[shape.type], ...own };
    case "int64":
    case "uint64":
      return { type: ["integer", "string"], pattern: WHOLE_NUMBER, ...own };
    case "float":
    case "double":
      return { type: ["number", "string"], ...own };
    case "enum":
      return { enum: [...Object.keys(shape.values), ...new Set(Object.values(shape.values))] };
  }
}

/** The same, short enough to be read in an answer of the API server. */
const SHORT_DURATION = "^(0|[-+]?([0-9.]+(ns|us|µs|μs|ms|s|m|h))+)$";

/** The structural schema of a scalar for a CRD: one type each, as Kubernetes wants. What it lets through, decoding may refuse. */
export function structuralScalar(shape: ScalarShape | EnumShape): JsonSchema {
  const { minimum, maximum } = shape as { readonly minimum?: number; readonly maximum?: number };
  const own = { ...(minimum === undefined ? {} : { minimum }), ...(maximum === undefined ? {} : { maximum }) };
  switch (shape.type) {
    case "bool":
      return { type: "boolean" };
    case "string":
    case "bytes":
    case "timestamp":
      return { type: "string" };
    case "duration":
      return { type: "string", pattern: SHORT_DURATION };
    case "int32":
    case "uint32":
      return { type: "integer", format: "int64", ...INTEGER_RANGES[shape.type], ...own };
    case "int64":
    case "uint64":
      return { "x-kubernetes-int-or-string": true, pattern: WHOLE_NUMBER, ...own };
    case "float":
    case "double":
      return { type: "number", ...own };
    case "enum":
      return {
        "x-kubernetes-int-or-string": true,
        enum: [...Object.keys(shape.values), ...new Set(Object.values(shape.values))],
      };
  }
}
