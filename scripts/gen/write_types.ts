import protobuf from "protobufjs";
import { fullName, jsonName, type Selection } from "./select.ts";

/** Messages that the codec takes and gives as plain JSON values. */
const JSON_TYPES: Readonly<Record<string, string>> = {
  "google.protobuf.Struct": "JsonObject",
  "google.protobuf.Value": "JsonValue",
  "google.protobuf.ListValue": "readonly JsonValue[]",
};

const SCALAR_TYPES: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    ["double", "float", "int32", "uint32", "sint32", "fixed32", "sfixed32"].map((name) => [name, "number"]),
  ),
  ...Object.fromEntries(
    ["int64", "uint64", "sint64", "fixed64", "sfixed64"].map((name) => [name, "number | string"]),
  ),
  bool: "boolean",
  string: "string",
  bytes: "Uint8Array",
};

const HEADER = `// deno-lint-ignore-file

/** A value of JSON: what google.protobuf.Value holds. */
export type JsonValue = null | boolean | number | string | readonly JsonValue[] | JsonObject;

/** An object of JSON: what google.protobuf.Struct holds. */
export interface JsonObject {
  [name: string]: JsonValue;
}
`;

/** The TypeScript types of the selection: one interface a message, one union of names an enum, and \`Messages\`. */
export function writeTypes(selection: Selection): string {
  const owners = new Map<string, string>();
  for (const name of [...selection.messages.keys(), ...selection.enums.keys()]) {
    const taken = owners.get(typeName(name));
    if (taken) throw new Error(`${name} and ${taken} both become ${typeName(name)}`);
    owners.set(typeName(name), name);
  }
  const messages = [...selection.messages].filter(([name]) => !JSON_TYPES[name]);
  const index = [...selection.messages.keys()].map((name) => `  "${name}": ${JSON_TYPES[name] ?? typeName(name)};`);
  return [
    HEADER,
    `/** Every message by its full name. */\nexport interface Messages {\n${index.join("\n")}\n}\n`,
    ...messages.map(([name, type]) => message(name, type)),
    ...[...selection.enums].map(([name, type]) => enumeration(name, type)),
  ].join("\n");
}

function typeName(name: string): string {
  return name.split(".").map((part) => part.split("_").map(capital).join("")).join("");
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function message(name: string, type: protobuf.Type): string {
  const fields = type.fieldsArray.map((field) =>
    `${field.options?.deprecated ? "  /** @deprecated by Envoy */\n" : ""}  ${jsonName(field.name)}?: ${
      fieldType(field)
    };`
  );
  return `/** ${name} */\nexport interface ${typeName(name)} {\n${fields.join("\n")}${fields.length ? "\n" : ""}}\n`;
}

function fieldType(field: protobuf.Field): string {
  const name = field.resolvedType && fullName(field.resolvedType);
  const one = name ? JSON_TYPES[name] ?? typeName(name) : SCALAR_TYPES[field.type]!;
  if (field instanceof protobuf.MapField) return `{ [key: string]: ${one} }`;
  return field.repeated ? `readonly ${one.includes(" ") ? `(${one})` : one}[]` : one;
}

function enumeration(name: string, type: protobuf.Enum): string {
  return `/** ${name} */\nexport type ${typeName(name)} = ${
    Object.keys(type.values).map((one) => `"${one}"`).join(" | ")
  };\n`;
}
