import protobuf from "protobufjs";

/** What the roots reach: each by its full name, in the order of names. */
export interface Selection {
  readonly messages: ReadonlyMap<string, protobuf.Type>;
  readonly enums: ReadonlyMap<string, protobuf.Enum>;
  readonly services: ReadonlyMap<string, protobuf.Service>;
}

/** Follows the fields of messages and the methods of services from `names`. An unknown name is an error. */
export function select(root: protobuf.Root, names: readonly string[]): Selection {
  const found = new Map<string, protobuf.ReflectionObject>();
  const pending = names.map((name) => {
    const object = root.lookup(`.${name}`);
    if (object instanceof protobuf.Type || object instanceof protobuf.Service) return object;
    throw new Error(`protos/messages.txt: there is no message or service ${name}`);
  }) as protobuf.ReflectionObject[];
  for (let object = pending.pop(); object; object = pending.pop()) {
    const name = fullName(object);
    if (found.has(name)) continue;
    found.set(name, object);
    pending.push(...reached(object));
  }
  const sorted = [...found].sort(([a], [b]) => (a < b ? -1 : 1));
  const those = <T>(kind: abstract new (...args: never[]) => T) =>
    new Map(sorted.filter((entry): entry is [string, protobuf.ReflectionObject & T] => entry[1] instanceof kind));
  return { messages: those(protobuf.Type), enums: those(protobuf.Enum), services: those(protobuf.Service) };
}

/** `envoy.config.cluster.v3.Cluster`: a full name without protobufjs's leading dot. */
export function fullName(object: protobuf.ReflectionObject): string {
  return object.fullName.replace(/^\./, "");
}

/** A field's name in ProtoJSON, by protoc's rule: each `_x` becomes `X`. */
export function jsonName(name: string): string {
  return name.replace(/_+(.)?/g, (_, next: string | undefined) => next?.toUpperCase() ?? "");
}

function reached(object: protobuf.ReflectionObject): protobuf.ReflectionObject[] {
  if (object instanceof protobuf.Service) {
    return object.methodsArray.flatMap((method) => [method.resolvedRequestType!, method.resolvedResponseType!]);
  }
  if (!(object instanceof protobuf.Type)) return [];
  return object.fieldsArray.flatMap((field) => field.resolve().resolvedType ?? []);
}
