import protobuf from "protobufjs";
import { LazyRoot } from "./lazy_root.ts";
import descriptor from "./gen/descriptor.json" with { type: "json" };

/**
 * What protojson finds in an Any whose type the descriptor has not got: its bytes, as the only field, under the name
 * that ProtoJSON gives them.
 */
class UnknownType extends protobuf.Type {
  constructor() {
    super("UnknownType");
    this.add(new protobuf.Field("value", 1, "bytes"));
  }

  override encode(message: { value?: Uint8Array }): protobuf.Writer {
    return protobuf.Writer.create().raw(message.value ?? new Uint8Array());
  }

  override decode(bytes: Uint8Array): protobuf.Message {
    return { value: bytes } as unknown as protobuf.Message;
  }
}

class EnvoyRoot extends LazyRoot {
  readonly #unknown = new UnknownType();

  /** protojson asks so for the type of an Any, and would throw for one that is not there. */
  override lookupType(name: string): protobuf.Type {
    return findType(name) ?? this.#unknown;
  }
}

let root: EnvoyRoot | undefined;

/** The generated descriptor, read at the first use. */
function envoyRoot(): protobuf.Root {
  return root ??= new EnvoyRoot(descriptor);
}

/** The message of this full name. Throws a TypeError where the generated descriptor has none. */
export function typeOf(name: string): protobuf.Type {
  const type = findType(name);
  if (!type) throw new TypeError(`unknown message ${name}; add it to protos/messages.txt`);
  return type;
}

/** What {@link findType} found; each message is encoded thousands of times. */
const types = new Map<string, protobuf.Type>();

/** The message of this full name, or undefined. */
export function findType(name: string): protobuf.Type | undefined {
  const known = types.get(name);
  if (known) return known;
  const found = envoyRoot().lookup(name, [protobuf.Type]);
  // lookup looks into inner namespaces too, so that "Cluster" finds one somewhere.
  if (!(found instanceof protobuf.Type) || fullName(found) !== name) return undefined;
  types.set(name, found);
  return found;
}

/** The methods of the service of this full name. Throws a TypeError where the generated descriptor has none. */
export function serviceMethods(name: string): readonly protobuf.Method[] {
  const service = envoyRoot().lookup(name, [protobuf.Service]);
  if (service instanceof protobuf.Service) {
    return service.methodsArray.map((method) => method.resolve() as protobuf.Method);
  }
  throw new TypeError(`unknown service ${name}; add it to protos/messages.txt`);
}

/** `envoy.config.cluster.v3.Cluster`: a full name without protobufjs' leading dot. */
export function fullName(object: protobuf.ReflectionObject): string {
  return object.fullName.slice(1);
}
