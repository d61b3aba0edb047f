import type { JsonSchema } from "../scalar_schema.ts";

/**
 * Checks a value against a schema, for tests: the keywords of draft-07 and OpenAPI v3 that src/schema writes, and no
 * others (an unknown keyword throws, so that a test cannot pass by looking away). Gives the paths of what does not fit.
 */
export function violations(schema: JsonSchema, value: unknown): string[] {
  return new Validator(schema).check(schema, value, "");
}

const ANNOTATIONS = [
  "default",
  "$schema",
  "definitions",
  "description",
  "deprecated",
  "deprecationMessage",
  "format",
  "then",
];

class Validator {
  constructor(readonly root: JsonSchema) {}

  check(schema: JsonSchema, value: unknown, path: string): string[] {
    return Object.entries(schema).flatMap(([keyword, rule]) => this.#keyword(keyword, rule, schema, value, path));
  }

  #fits(schema: unknown, value: unknown): boolean {
    return this.check(schema as JsonSchema, value, "").length === 0;
  }

  #keyword(keyword: string, rule: unknown, schema: JsonSchema, value: unknown, path: string): string[] {
    const fail = (holds: boolean): string[] => holds ? [] : [`${path} ${keyword}`];
    const schemas = rule as readonly JsonSchema[];
    switch (keyword) {
      case "$ref": {
        const definitions = this.root.definitions as Readonly<Record<string, JsonSchema>>;
        return this.check(definitions[(rule as string).replace("#/definitions/", "")]!, value, path);
      }
      case "type":
        return fail([rule].flat().some((type) => isOfType(value, type as string)));
      case "x-kubernetes-int-or-string":
        return fail(Number.isInteger(value) || typeof value === "string");
      case "x-kubernetes-preserve-unknown-fields":
        return [];
      case "enum":
        return fail((rule as readonly unknown[]).includes(value));
      case "const":
        return fail(rule === value);
      case "pattern":
        return fail(typeof value !== "string" || new RegExp(rule as string, "u").test(value));
      case "x-kubernetes-validations":
        return (rule as readonly { readonly rule: string }[]).flatMap(({ rule }) => fail(holdsFor(rule, value)));
      case "maxItems":
        return fail(!Array.isArray(value) || value.length <= (rule as number));
      case "maxLength":
        return fail(typeof value !== "string" || value.length <= (rule as number));
      case "minimum":
        return fail(typeof value !== "number" || value >= (rule as number));
      case "maximum":
        return fail(typeof value !== "number" || value <= (rule as number));
      case "required":
        return fail(!isObject(value) || (rule as readonly string[]).every((name) => Object.hasOwn(value, name)));
      case "allOf":
        return schemas.flatMap((each) => this.check(each, value, path));
      case "anyOf":
        return fail(schemas.some((each) => this.#fits(each, value)));
      case "oneOf":
        return fail(schemas.filter((each) => this.#fits(each, value)).length === 1);
      case "not":
        return fail(!this.#fits(rule, value));
      case "if":
        return this.#fits(rule, value) ? this.check(schema.then as JsonSchema, value, path) : [];
      case "items":
        return Array.isArray(value)
          ? value.flatMap((item, i) => this.check(rule as JsonSchema, item, `${path}[${i}]`))
          : [];
      case "properties":
      case "patternProperties":
      case "additionalProperties":
        return keyword === firstOf(schema) && isObject(value) ? this.#fields(schema, value, path) : [];
      default:
        if (ANNOTATIONS.includes(keyword)) return [];
        throw new Error(`the test does not know the keyword ${keyword}`);
    }
  }

  #fields(schema: JsonSchema, value: Readonly<Record<string, unknown>>, path: string): string[] {
    const { properties = {}, patternProperties = {}, additionalProperties = true } = schema as {
      readonly properties?: Readonly<Record<string, JsonSchema>>;
      readonly patternProperties?: Readonly<Record<string, JsonSchema>>;
      readonly additionalProperties?: JsonSchema | boolean;
    };
    return Object.entries(value).flatMap(([name, field]) => {
      const here = path === "" ? name : `${path}.${name}`;
      if (Object.hasOwn(properties, name)) return this.check(properties[name]!, field, here);
      const pattern = Object.keys(patternProperties).find((pattern) => new RegExp(pattern).test(name));
      if (pattern) return this.check(patternProperties[pattern]!, field, here);
      if (typeof additionalProperties === "object") return this.check(additionalProperties, field, here);
      return additionalProperties ? [] : [`${here} additionalProperties`];
    });
  }
}

/** Whether a CEL rule holds that is made of `has(self.name)` and operators that JavaScript has as well; others throw. */
function holdsFor(rule: string, value: unknown): boolean {
  const script = rule.replace(/has\(self\.(\w+)\)/g, (_, name) => `${isObject(value) && Object.hasOwn(value, name)}`);
  if (!/^(true|false|[!&|?: ()])+$/.test(script)) throw new Error(`the test does not know the rule ${rule}`);
  return new Function(`return ${script}`)() as boolean;
}

/** The three keywords on fields are checked together, at the first of them. */
function firstOf(schema: JsonSchema): string | undefined {
  return Object.keys(schema).find((key) => ["properties", "patternProperties", "additionalProperties"].includes(key));
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function isOfType(value: unknown, type: string): boolean {
  switch (type) {
    case "integer":
      return Number.isInteger(value);
    case "array":
      return Array.isArray(value);
    case "object":
      return isObject(value);
    case "string":
      return typeof value === "string";
    case "number":
      return typeof value === "number";
    case "boolean":
      return typeof value === "boolean";
    default:
      throw new Error(`the test does not know the type ${type}`);
  }
}
