import { join } from "node:path";
import type { Licence } from "../../src/cli/licences.ts";
import type { Package } from "./parts.ts";

/** Files that a package carries for whoever passes it on. */
const TEXT_FILE = /^(un)?(licen[cs]e|copying|notice)\b/i;

/** Parts that are in the executable and in no package of `deno.lock`, with the files of their texts beside this module. */
const OTHERS: readonly { readonly part: string; readonly licence: string; readonly file: string }[] = [
  { part: "deno", licence: "MIT", file: "deno.txt" },
  { part: "v8", licence: "BSD-3-Clause", file: "v8.txt" },
];

/** Envoy's messages: their .proto files are in this package, and these APIs are what they come from. */
export const PROTO_PACKAGE = "@grpc/grpc-js-xds";
export const PROTO_APIS = ["envoy api", "xds api", "google apis", "protoc-gen-validate"];

/** All licences of the executable, parts with the same text together. */
export async function gatherLicences(packages: readonly Package[]): Promise<Licence[]> {
  const byText = new Map<string, Licence & { readonly parts: string[] }>();
  const add = (part: string, licence: string, text: string): void => {
    const key = JSON.stringify([licence, text.replaceAll(/\s+/g, " ")]);
    const known = byText.get(key);
    if (known) known.parts.push(part);
    else byText.set(key, { parts: [part], licence, text });
  };
  for (const { part, licence, file } of OTHERS) {
    add(part, licence, tidy(await Deno.readTextFile(new URL(`licences/${file}`, import.meta.url))));
  }
  let apache = "";
  for (const one of packages) {
    const text = await textOf(one);
    if (one.name === "@grpc/grpc-js") apache = text;
    add(`${one.name} ${one.version}`, one.licence, text);
  }
  // The package with the .proto files carries no text; this is the same licence of the same authors.
  add(PROTO_APIS.join(", "), "Apache-2.0", apache);
  return [...byText.values()];
}

async function textOf({ folder }: Package): Promise<string> {
  const names = [...Deno.readDirSync(folder)].filter(({ isFile, name }) => isFile && TEXT_FILE.test(name));
  const texts = names.map(({ name }) => name).sort().map((name) => Deno.readTextFile(join(folder, name)));
  return (await Promise.all(texts)).map(tidy).join("\n\n");
}

/** Without carriage returns and blanks at the ends of lines. */
const tidy = (text: string): string =>
  text.replaceAll("\r", "").replaceAll(/[ \t]+$/gm, "").replaceAll(/^\n+|\n+$/g, "");
