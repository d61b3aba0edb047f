import protobuf from "protobufjs";
import { fullName, jsonName, type Selection } from "./select.ts";

type Json = { [name: string]: unknown };

/**
 * The selection as protobufjs JSON (`protobuf.Root.fromJSON` reads it): proto3 throughout, fields under their ProtoJSON
 * names (with the .proto file's name where it differs, for reading JSON that has it), types by absolute name,
 * options only where they change the bytes.
 */
export function writeDescriptor(selection: Selection): string {
  const root: Json = { nested: {} };
  for (const [name, type] of selection.messages) Object.assign(place(root, name), message(type));
  for (const [name, type] of selection.enums) place(root, name).values = type.values;
  for (const [name, type] of selection.services) place(root, name).methods = methods(type);
  for (const top of Object.values(root.nested as Json)) (top as Json).edition = "proto3";
  return JSON.stringify(root);
}

function place(root: Json, name: string): Json {
  return name.split(".").reduce((at, part) => {
    const nested = (at.nested ??= {}) as { [name: string]: Json };
    return nested[part] ??= {};
  }, root);
}

function message(type: protobuf.Type): Json {
  const oneofs = type.oneofsArray.filter((oneof) => !oneof.isProto3Optional && oneof.fieldsArray.length > 0);
  return {
    ...(oneofs.length > 0 && {
      oneofs: Object.fromEntries(
        oneofs.map((
          oneof,
        ) => [oneof.name, { oneof: oneof.fieldsArray.map((field) => jsonName(field.name)) }]),
      ),
    }),
    fields: Object.fromEntries(
      [...type.fieldsArray].sort((a, b) => a.id - b.id).map((one) => [jsonName(one.name), field(one)]),
    ),
  };
}

function field(field: protobuf.Field): Json {
  if (field.required || field.getOption("packed") !== undefined || field.getOption("json_name") !== undefined) {
    throw new Error(`${field.fullName}: only plain proto3 fields are known to the codec`);
  }
  return {
    ...(field.repeated && { rule: "repeated" }),
    ...(field instanceof protobuf.MapField && { keyType: field.keyType }),
    type: field.resolvedType ? field.resolvedType.fullName : field.type,
    id: field.id,
    ...(jsonName(field.name) !== field.name && { protoName: field.name }),
    ...(field.getOption("proto3_optional") && { options: { proto3_optional: true } }),
  };
}

function methods(service: protobuf.Service): Json {
  return Object.fromEntries(service.methodsArray.map((method) => [method.name, {
    requestType: `.${fullName(method.resolvedRequestType!)}`,
    responseType: `.${fullName(method.resolvedResponseType!)}`,
    ...(method.requestStream && { requestStream: true }),
    ...(method.responseStream && { responseStream: true }),
  }]));
}
