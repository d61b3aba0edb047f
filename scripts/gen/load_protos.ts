import { fileURLToPath } from "node:url";
import protobuf from "protobufjs";
import { mergeProtos } from "./merge_protos.ts";

/** Only annotations come from these; nothing that goes over the wire does. */
const ANNOTATION_FILES = /^(validate|envoy\/annotations|udpa\/annotations|xds\/annotations|google\/api\/annotations)\b/;

/**
 * Parses the packages that hold `names` and everything they import, and merges the files under `additions` into them.
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
  for (const file of ours) mergeProtos(root, file.root, file.path);
  root.resolveAll();
  return root;
}

function parseFile(file: URL): { path: string; root: protobuf.Root; imports: readonly string[] } {
  const root = new protobuf.Root();
  const { imports } = protobuf.parse(Deno.readTextFileSync(file), root, { keepCase: true });
  return { path: fileURLToPath(file), root, imports: imports ?? [] };
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
