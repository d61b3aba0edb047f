/**
 * `deno task gen`: writes src/envoy/gen/ from the .proto files of npm @grpc/grpc-js-xds and those in protos/.
 * Does nothing when its inputs are the same as those that the files there were made from.
 *
 * Permissions: --allow-read (Deno's cache folder may be anywhere), --allow-write=src/envoy/gen.
 */
import { protoFilesBelow } from "./gen/load_protos.ts";
import { protoSources } from "./gen/sources.ts";

const checkout = new URL("../", import.meta.url);
const protos = new URL("protos/", checkout);
const messageList = new URL("messages.txt", protos);
const descriptorFile = new URL("src/envoy/gen/descriptor.json", checkout);
const typesFile = new URL("src/envoy/gen/messages.ts", checkout);

if (import.meta.main) await generate();

/** Writes the generated files, unless they are there already and made from the same inputs. */
export async function generate(): Promise<void> {
  const { version, importRoots } = protoSources();
  const stamp = `// Made by "deno task gen" from inputs ${await inputHash(version)}. Do not edit.\n`;
  if (isUpToDate(stamp)) return;
  // Imported here because a run that has nothing to do need not load protobufjs.
  const { loadProtos } = await import("./gen/load_protos.ts");
  const { removeField } = await import("./gen/merge_protos.ts");
  const { select } = await import("./gen/select.ts");
  const { writeDescriptor } = await import("./gen/write_descriptor.ts");
  const { writeTypes } = await import("./gen/write_types.ts");
  const { names, removed } = readMessageList();
  const root = loadProtos(names, importRoots, protos);
  for (const name of removed) removeField(root, name);
  const selection = select(root, names);
  Deno.mkdirSync(new URL("./", descriptorFile), { recursive: true });
  replaceFile(descriptorFile, writeDescriptor(selection));
  // Written last: its stamp says that both are whole.
  replaceFile(typesFile, stamp + writeTypes(selection));
  const count =
    `${selection.messages.size} messages, ${selection.enums.size} enums, ${selection.services.size} services`;
  console.error(`src/envoy/gen: ${count}`);
}

/** The roots, and after a minus the fields to leave out. */
function readMessageList(): { names: string[]; removed: string[] } {
  const lines = Deno.readTextFileSync(messageList).split("\n").map((line) => line.replace(/#.*/, "").trim());
  const removed = lines.filter((line) => line.startsWith("- ")).map((line) => line.slice(2));
  return { names: lines.filter((line) => line !== "" && !line.startsWith("- ")), removed };
}

async function inputHash(version: string): Promise<string> {
  const scripts = new URL("gen/", import.meta.url);
  const files = [
    messageList,
    ...protoFilesBelow(protos),
    new URL(import.meta.url),
    ...[...Deno.readDirSync(scripts)].map((entry) => entry.name).filter((name) => !name.endsWith("_test.ts")).sort()
      .map((name) => new URL(name, scripts)),
  ];
  const text = [
    version,
    ...files.map((file) => `${file.href.slice(checkout.href.length)}\n${Deno.readTextFileSync(file)}`),
  ];
  const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text.join("\0")));
  return new Uint8Array(hash).toHex().slice(0, 32);
}

function isUpToDate(stamp: string): boolean {
  try {
    return Deno.statSync(descriptorFile).isFile && Deno.readTextFileSync(typesFile).startsWith(stamp);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

function replaceFile(file: URL, text: string): void {
  const part = new URL(`${file.href}.part`);
  Deno.writeTextFileSync(part, text);
  Deno.renameSync(part, file);
}
