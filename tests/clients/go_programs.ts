/** The clients that are written in Go, built where they can be. */
import { fileURLToPath } from "node:url";

/** Of the Go programs of this folder. */
export type GoProgram = "grpc_xds" | "sotw_client";

const OUT = new URL("../../.cache/clients/", import.meta.url);

/** Why these programs cannot be built here; undefined where they can. Their modules are fetched when it is first asked. */
export const NO_GO = await whyNot();

async function whyNot(): Promise<string | undefined> {
  try {
    const failure = await go("mod", "download");
    return failure && "Go's modules cannot be fetched";
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "there is no Go";
    throw error;
  }
}

/** Runs Go in this folder; what it says where it fails. */
async function go(...args: string[]): Promise<string | undefined> {
  const cwd = new URL("./", import.meta.url);
  const { success, stderr } = await new Deno.Command("go", { args, cwd, stdout: "null", stderr: "piped" }).output();
  return success ? undefined : new TextDecoder().decode(stderr);
}

let built: Promise<void> | undefined;

/** The path of the program; all are built at the first call, as far as Go has them not in its cache. */
export async function goProgram(name: GoProgram): Promise<string> {
  await (built ??= build());
  return fileURLToPath(new URL(name, OUT));
}

async function build(): Promise<void> {
  await Deno.mkdir(OUT, { recursive: true });
  const failure = await go("build", "-o", fileURLToPath(OUT), "./...");
  if (failure !== undefined) throw new Error(`the Go clients were not built:\n${failure}`);
}
