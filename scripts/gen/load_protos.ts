import { fileURLToPath } from "node:url";
import protobuf from "protobufjs";

/** Only annotations come from these; nothing that goes over the wire does. */
const ANNOTATION_FILES = /^(validate|envoy\/annotations|udpa\/annotations|xds\/annotations|google\/api\/annotations)\b/;

/**
 * Parses the packages that hold `names` and everything they import, and lays the files under `additions` over them.
 *
 * A file of ours may hold what the npm package has not got yet: new messages, and for a message that is there already
 * its new fields alone. A field or enum value that the npm package has by now is an error, so that ours gets deleted.
 */
export function loadProtos(names: readonly string[], importRoots: readonly URL[], additions: URL): protobuf.Root {
  const root = new protobuf.Root();
  root.resolvePath = (_origin, target) => {
    if (ANNOTATION_FILES.test(target)) return null;
    const file = importRoots.map((at) => new URL(target, at)).find(isFile);
    return file ? fileURLToPath(file) : target;
  };
  const folders = [...new Set(names.map((name) => name.split(".").slice(0, -1).join("/")))];
  const files = folders.flatMap((folder) => importRoots.flatMap((at) => protoFiles(new URL(`${folder}/`, at))));
  const ours = protoFilesBelow(additions).map(parseFile);
  const imported = ours.flatMap((file) => file.imports).flatMap((name) =>
    importRoots.map((at) => new URL(name, at)).find(isFile) ?? []
  );
  root.loadSync([...files, ...imported].map((file) => fileURLToPath(file)), { keepCase: true });
  for (const file of ours) mergeNamespace(root, file.root, file.path);
  root.resolveAll();
  return root;
}

/** Takes a field out of its message. A field that is not there is an error. */
export function removeField(root: protobuf.Root, fullName: string): void {
  const field = root.lookup(`.${fullName}`);
  if (!(field instanceof protobuf.Field)) throw new Error(`protos/messages.txt: there is no field ${fullName}`);
  field.parent!.remove(field);
}

function parseFile(file: URL): { path: string; root: protobuf.Root; imports: readonly string[] } {
  const root = new protobuf.Root();
  const { imports } = protobuf.parse(Deno.readTextFileSync(file), root, { keepCase: true });
  return { path: fileURLToPath(file), root, imports: imports ?? [] };
}

function mergeNamespace(into: protobuf.NamespaceBase, from: protobuf.NamespaceBase, file: string): void {
  for (const object of [...from.nestedArray]) {
    const present = into.get(object.name);
    if (present instanceof protobuf.Type && object instanceof protobuf.Type) {
      mergeFields(present, object, file);
      mergeNamespace(present, object, file);
    } else if (present instanceof protobuf.Enum && object instanceof protobuf.Enum) {
      for (const [name, value] of Object.entries(object.values)) {
        if (!(name in present.values)) present.add(name, value);
      }
    } else if (present instanceof protobuf.Namespace && object instanceof protobuf.Namespace) {
      mergeNamespace(present, object, file);
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

function isFile(at: URL): boolean {
  try {
    return Deno.statSync(at).isFile;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

function protoFiles(folder: URL): URL[] {
  try {
    const names = [...Deno.readDirSync(folder)].filter((entry) => entry.isFile).map((entry) => entry.name);
    return names.filter((name) => name.endsWith(".proto")).sort().map((name) => new URL(name, folder));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

/** The .proto files in a folder and its folders, in the order of their paths. */
export function protoFilesBelow(folder: URL): URL[] {
  const folders = [...Deno.readDirSync(folder)].filter((entry) => entry.isDirectory).map((entry) => entry.name).sort();
  return [...protoFiles(folder), ...folders.flatMap((name) => protoFilesBelow(new URL(`${name}/`, folder)))];
}
