import protobuf from "protobufjs";

/**
 * Moves what a file of ours holds into what the npm package has: new messages, and for a message that is there already
 * its new fields alone. A field that the npm package has by now is an error, so that ours gets deleted; an enum may
 * repeat values (in proto3 it must have the one of 0), but under the same numbers.
 */
export function mergeProtos(into: protobuf.NamespaceBase, from: protobuf.NamespaceBase, file: string): void {
  for (const object of [...from.nestedArray]) {
    const present = into.get(object.name);
    if (present instanceof protobuf.Type && object instanceof protobuf.Type) {
      mergeFields(present, object, file);
      mergeProtos(present, object, file);
    } else if (present instanceof protobuf.Enum && object instanceof protobuf.Enum) {
      for (const [name, value] of Object.entries(object.values)) {
        const number = present.values[name];
        if (number === undefined) present.add(name, value);
        else if (number !== value) throw new Error(`${file}: ${present.fullName}.${name} is ${number}, not ${value}`);
      }
    } else if (present instanceof protobuf.Namespace && object instanceof protobuf.Namespace) {
      mergeProtos(present, object, file);
    } else if (present) {
      throw new Error(`${file}: ${object.fullName} is already there as something else`);
    } else {
      from.remove(object);
      into.add(object);
    }
  }
}

function mergeFields(into: protobuf.Type, from: protobuf.Type, file: string): void {
  for (const field of [...from.fieldsArray]) {
    if (into.fields[field.name]) {
      throw new Error(`${file}: ${from.fullName}.${field.name} is in the npm package by now; delete it here`);
    }
    const oneof = field.partOf?.name;
    if (oneof) from.oneofs[oneof]!.remove(field);
    if (field.parent) from.remove(field);
    into.add(field);
    if (!oneof) continue;
    if (!into.oneofs[oneof]) into.add(new protobuf.OneOf(oneof));
    into.oneofs[oneof]!.add(field);
  }
}

/** Takes a field out of its message. A field that is not there is an error. */
export function removeField(root: protobuf.Root, fullName: string): void {
  const [, message = "", name = ""] = /^(.*)\.(.*)$/.exec(fullName) ?? [];
  const type = root.lookup(`.${message}`);
  const field = type instanceof protobuf.Type ? type.fields[name] : undefined;
  if (!field) throw new Error(`protos/messages.txt: there is no field ${fullName}`);
  field.partOf?.remove(field);
  field.parent?.remove(field);
}
