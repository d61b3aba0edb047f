import { createHash } from "node:crypto";
import { join } from "node:path";

/** The file of the sums, which is not among them. */
export const SUMS = "SHA256SUMS";

/** A line for each file in a folder, as `sha256sum` writes it, in the order of their names. */
export async function checksumsOf(folder: string): Promise<string> {
  const names = [...Deno.readDirSync(folder)].filter(({ isFile, name }) => isFile && name !== SUMS);
  const lines = names.map(({ name }) => name).sort().map(async (name) => {
    const hash = createHash("sha256");
    for await (const chunk of (await Deno.open(join(folder, name))).readable) hash.update(chunk);
    return `${hash.digest("hex")}  ${name}\n`;
  });
  return (await Promise.all(lines)).join("");
}
