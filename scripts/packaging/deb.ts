import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { manPage } from "./man_page.ts";
import { runProgram } from "./run_program.ts";

/** Debian's names of architectures. */
export const ARCHITECTURES = { x86_64: "amd64", aarch64: "arm64" } as const;

export interface DebOptions {
  readonly executable: string;
  readonly version: string;
  readonly architecture: string;
  /** The date of everything in it, in seconds since 1970. */
  readonly seconds: number;
  readonly output: string;
}

const MAINTAINER = "The Sluice maintainers <maintainers@sluice.invalid>";

/** Where each file of the repository goes. */
const FILES: Readonly<Record<string, string>> = {
  "deploy/systemd/sluice.service": "usr/lib/systemd/system/sluice.service",
  "deploy/systemd/sluice.sysusers": "usr/lib/sysusers.d/sluice.conf",
  "deploy/systemd/sluice.default": "etc/default/sluice",
  "deploy/debian/README.etc": "etc/sluice/README",
  "deploy/debian/copyright": "usr/share/doc/sluice/copyright",
  "docs/systemd.md": "usr/share/doc/sluice/systemd.md",
  "README.md": "usr/share/doc/sluice/README.md",
  "deploy/systemd/envoy.service": "usr/share/doc/sluice/examples/envoy.service",
};

const EXAMPLES = "examples";
const SCRIPTS = ["postinst", "prerm", "postrm"];

/** Makes a .deb with `dpkg-deb`. The same input gives the same bytes. Throws where a tool or a file is missing. */
export async function makeDeb(options: DebOptions): Promise<void> {
  const { executable, version, seconds, output } = options;
  const date = new Date(seconds * 1000);
  const program = await Deno.realPath(executable);
  const root = await Deno.makeTempDir({ prefix: "sluice_deb_" });
  const put = (path: string, bytes: Uint8Array | string, mode = 0o644) => putFile(join(root, path), bytes, mode);
  try {
    await put("usr/bin/sluice", await Deno.readFile(program), 0o755);
    for (const [from, to] of Object.entries(FILES)) await put(to, await Deno.readFile(from));
    for await (const { name } of Deno.readDir(EXAMPLES)) {
      if (name.endsWith(".yaml")) {
        await put(`usr/share/doc/sluice/examples/${name}`, await Deno.readFile(`${EXAMPLES}/${name}`));
      }
    }
    await put("usr/share/man/man1/sluice.1.gz", gzipped(await manPage(program, version, date)));
    await put("usr/share/doc/sluice/changelog.gz", gzipped(changelog(version, date)));
    for (const name of SCRIPTS) await put(`DEBIAN/${name}`, await Deno.readFile(`deploy/debian/${name}`), 0o755);
    const conffiles = Object.values(FILES).filter((path) => path.startsWith("etc/"));
    await put("DEBIAN/conffiles", conffiles.map((path) => `/${path}\n`).join(""));
    await put("DEBIAN/control", control(options, Math.ceil(await sizeOf(root) / 1024)));
    // Whatever the umask is.
    await runProgram("find", [root, "-type", "d", "-exec", "chmod", "0755", "{}", "+"]);
    await runProgram("find", [root, "-exec", "touch", "--no-dereference", "--date", `@${seconds}`, "{}", "+"]);
    await Deno.mkdir(dirname(output), { recursive: true });
    // Gzip, as what it holds most of may be packed already.
    await runProgram("dpkg-deb", ["--root-owner-group", "-Zgzip", "--build", root, output], {
      env: { SOURCE_DATE_EPOCH: `${seconds}` },
    });
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

async function putFile(path: string, bytes: Uint8Array | string, mode: number): Promise<void> {
  await Deno.mkdir(dirname(path), { recursive: true });
  await Deno.writeFile(path, typeof bytes === "string" ? new TextEncoder().encode(bytes) : bytes);
  await Deno.chmod(path, mode);
}

const gzipped = (text: string): Uint8Array => gzipSync(text, { level: 9 });

async function sizeOf(folder: string): Promise<number> {
  let bytes = 0;
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    const path = join(folder, name);
    bytes += isDirectory ? await sizeOf(path) : (await Deno.stat(path)).size;
  }
  return bytes;
}

/** Deno needs symbols up to GLIBC_2.27, and libgcc_s. */
function control({ version, architecture }: DebOptions, kibibytes: number): string {
  return `Package: sluice
Version: ${version}
Architecture: ${architecture}
Maintainer: ${MAINTAINER}
Installed-Size: ${kibibytes}
Depends: libc6 (>= 2.27), libgcc-s1, systemd (>= 250)
Section: net
Priority: optional
Description: Envoy control plane that reads Gloo's YAML
 Sluice watches a folder of Gloo's YAML (Edge API, 1.14) and serves stock Envoys
 over xDS. A file that is saved is served at once; a faulty one takes nothing
 down, and the status says what is wrong, where, and what would be right.
`;
}

function changelog(version: string, date: Date): string {
  const day = date.toUTCString().replace("GMT", "+0000");
  return `sluice (${version}) unstable; urgency=medium

  * Version ${version}.

 -- ${MAINTAINER}  ${day}
`;
}
