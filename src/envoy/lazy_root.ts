import protobuf from "protobufjs";

/** A part of a descriptor in protobufjs' JSON: a package, message, enum or service, with those that stand in it. */
interface DescriptorNode {
  readonly nested?: { readonly [name: string]: DescriptorNode };
  readonly fields?: unknown;
  readonly values?: unknown;
  readonly methods?: unknown;
}

/**
 * A Root that takes each message, enum and service out of its descriptor when it is first asked for, be it by a field of
 * another message: of hundreds of messages few are ever encoded, and each takes time and memory. Names in the descriptor
 * are absolute, so that whatever one object needs comes by {@link lookup}.
 */
export class LazyRoot extends protobuf.Root {
  readonly #descriptor: DescriptorNode;
  readonly #taken = new Set<string>();

  constructor(descriptor: object) {
    super();
    this.#descriptor = descriptor as DescriptorNode;
  }

  override lookup(path: string | string[], ...rest: unknown[]): protobuf.ReflectionObject | null {
    this.#take(typeof path === "string" ? path : path.join("."));
    return super.lookup(path, ...rest as [unknown]);
  }

  /** Takes all there is: protojson wants to follow every reference. */
  override resolveAll(): this {
    this.#takeBelow(this.#descriptor, "");
    super.resolveAll();
    return this;
  }

  #takeBelow({ nested = {} }: DescriptorNode, path: string): void {
    for (const [name, node] of Object.entries(nested)) {
      const inner = path === "" ? name : `${path}.${name}`;
      this.#take(inner);
      this.#takeBelow(node, inner);
    }
  }

  #take(path: string): void {
    if (!this.#taken.has(path) && take(path.split("."), this.#descriptor, this)) this.#taken.add(path);
  }
}

/** Puts what stands at this path into `parent`, where it is not there yet; gives whether there is such a thing. */
function take([name, ...rest]: readonly string[], { nested }: DescriptorNode, parent: protobuf.NamespaceBase): boolean {
  if (name === undefined) return true;
  if (!nested || !Object.hasOwn(nested, name)) return false;
  const node = nested[name]!;
  const present = parent.nested?.[name];
  const object: protobuf.ReflectionObject = present ?? made(name, node);
  if (!present) parent.add(object);
  return object instanceof protobuf.Namespace ? take(rest, node, object) : rest.length === 0;
}

/** The object itself, without those that stand in it. */
function made(name: string, node: DescriptorNode): protobuf.ReflectionObject {
  const alone = { ...node, nested: undefined } as never;
  if (node.fields) return Object.assign(protobuf.Type.fromJSON(name, alone), { setup: setUpCodec });
  if (node.values) return protobuf.Enum.fromJSON(name, alone);
  if (node.methods) return protobuf.Service.fromJSON(name, alone);
  return new protobuf.Namespace(name);
}

/**
 * What a Type does at its first use, but for encoding and decoding alone: it would generate functions for `verify`,
 * `fromObject` and `toObject` too, which take most of the time and which nobody calls.
 */
function setUpCodec(this: protobuf.Type): protobuf.Type {
  this.root._resolveFeaturesRecursive("proto3");
  const types = this.fieldsArray.map((field) => field.resolve().resolvedType);
  const { Writer, Reader, util } = protobuf;
  this.encode = protobuf.encoder(this)({ Writer, types, util }) as protobuf.Type["encode"];
  this.decode = protobuf.decoder(this)({ Reader, types, util, C: this.ctor }) as protobuf.Type["decode"];
  return this;
}
