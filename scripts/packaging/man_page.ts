import { runProgram } from "./run_program.ts";

/** The man page of an executable: what it says of itself, command by command. */
export async function manPage(executable: string, version: string, date: Date): Promise<string> {
  const cache = await Deno.makeTempDir();
  try {
    const help = (...words: string[]): Promise<string> =>
      runProgram(executable, ["help", ...words], { env: { CACHE_DIRECTORY: cache } });
    const overview = await help();
    const names = [...overview.matchAll(/^ {2}([a-z]+) /gm)].map(([, name]) => name!);
    const parts = await Promise.all(names.map(async (name) => section(`SLUICE ${name}`, await help(name))));
    return [
      `.TH SLUICE 1 "${date.toISOString().slice(0, 10)}" "sluice ${version}"`,
      ".SH NAME",
      "sluice \\- an Envoy control plane that reads Gloo\\(aqs YAML",
      section("DESCRIPTION", overview),
      ...parts,
      ".SH SEE ALSO",
      ".BR systemctl (1),",
      "/usr/share/doc/sluice/systemd.md",
      "",
    ].join("\n");
  } finally {
    await Deno.remove(cache, { recursive: true });
  }
}

/** Text as it is, line by line. */
function section(title: string, text: string): string {
  const escaped = text.trim().replaceAll("\\", "\\e").replaceAll("-", "\\-").replaceAll(/^([.'])/gm, "\\&$1");
  return `.SH ${title.toUpperCase()}\n.nf\n${escaped}\n.fi`;
}
