import { fileURLToPath } from "node:url";
import { installPythonPackage } from "./python_package.ts";

/** Of github.com/ii/xds-test-harness, which has no releases. */
const COMMIT = "f1a479f419c8d684408375973cbb4b9dc79520a8";
const SOURCE = "https://github.com/ii/xds-test-harness";

/** What the suite's read-me says to make its Go code from its .proto file with. */
const PROTOC = "grpcio-tools==1.71.0";
const GENERATORS = [
  "google.golang.org/protobuf/cmd/protoc-gen-go@v1.28.0",
  "google.golang.org/grpc/cmd/protoc-gen-go-grpc@v1.2.0",
];

/** The forms of xDS that the suite knows. */
export const VARIANTS = [
  "sotw non-aggregated",
  "sotw aggregated",
  "incremental non-aggregated",
  "incremental aggregated",
];

/** The suite, fetched and built below `cache` unless it is there. `folder` is its source, `binary` the program. */
export async function buildSuite(cache: URL): Promise<{ folder: URL; binary: URL }> {
  const folder = new URL(`xds-test-harness-${COMMIT.slice(0, 12)}/`, cache);
  const binary = new URL("xds-test-harness", folder);
  if (await exists(binary)) return { folder, binary };
  await fetchSource(folder);
  const python = fileURLToPath(await installPythonPackage(cache, { requirements: [PROTOC], purpose: "protoc" }));
  const bin = fileURLToPath(new URL("bin/", cache));
  for (const generator of GENERATORS) await run("go", ["install", generator], { env: { GOBIN: bin } });
  await run("python3", [
    ...[
      "-m",
      "grpc_tools.protoc",
      "-I.",
      `-I${python}grpc_tools/_proto`,
      "--go_out=.",
      "--go_opt=paths=source_relative",
    ],
    ...["--go-grpc_out=.", "--go-grpc_opt=paths=source_relative", "api/adapter/adapter.proto"],
  ], { cwd: folder, env: { PYTHONPATH: python, PATH: `${bin}:${Deno.env.get("PATH")}` } });
  await run("go", ["build", "-o", fileURLToPath(binary), "."], { cwd: folder });
  return { folder, binary };
}

/** A commit's id says what is in it, so it does not matter from where it comes. */
async function fetchSource(folder: URL): Promise<void> {
  const source = Deno.env.get("XDS_TEST_HARNESS") ?? SOURCE;
  console.log(`fetching the suite from ${source}; XDS_TEST_HARNESS names another git repository`);
  await Deno.remove(folder, { recursive: true }).catch(() => {});
  await Deno.mkdir(folder, { recursive: true });
  await run("git", ["init", "--quiet"], { cwd: folder });
  await run("git", ["fetch", "--quiet", "--depth", "1", source, COMMIT], { cwd: folder });
  await run("git", ["checkout", "--quiet", "--detach", COMMIT], { cwd: folder });
}

async function run(program: string, args: readonly string[], options: Deno.CommandOptions = {}): Promise<void> {
  const output = await new Deno.Command(program, { ...options, args: [...args] }).output().catch((error) => {
    throw error instanceof Deno.errors.NotFound ? new Error(`${program} is not on the PATH`) : error;
  });
  if (output.success) return;
  throw new Error(`${program} ${args[0]} failed:\n${new TextDecoder().decode(output.stderr).trim()}`);
}

async function exists(file: URL): Promise<boolean> {
  return await Deno.stat(file).then(() => true, () => false);
}
