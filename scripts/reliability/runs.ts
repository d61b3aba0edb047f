/** What others measure, run as a user runs it. */
import { TEST_SETS } from "../test_sets.ts";

/** A program's run. */
export interface Run {
  readonly success: boolean;
  readonly seconds: number;
  readonly output: string;
}

/** Runs `deno` with these arguments; what it writes is shown, and given. */
export async function runDeno(args: readonly string[]): Promise<Run> {
  const began = performance.now();
  const child = new Deno.Command("deno", { args: [...args], stdin: "null", stdout: "piped", stderr: "inherit" })
    .spawn();
  let output = "";
  const decoder = new TextDecoder();
  for await (const chunk of child.stdout) {
    await Deno.stderr.write(chunk);
    output += decoder.decode(chunk, { stream: true });
  }
  const { success } = await child.status;
  return { success, seconds: Math.round((performance.now() - began) / 1000), output };
}

/** A test that ran. */
export interface TestRun {
  readonly file: string;
  readonly name: string;
  readonly passed: boolean;
}

/** Runs tests of these files and folders, with the permissions of the sets that they are in, and gives each with how it went. */
export async function runTests(paths: readonly string[], scratch: string): Promise<TestRun[]> {
  const report = `${scratch}/junit.xml`;
  const runs: TestRun[] = [];
  for (const { args } of TEST_SETS) {
    const [flags, folders] = [
      args.filter((arg) => arg.startsWith("--allow")),
      args.filter((arg) => !arg.startsWith("-")),
    ];
    const own = paths.filter((path) => folders.some((folder) => path === folder || path.startsWith(`${folder}/`)));
    if (own.length === 0) continue;
    await runDeno(["test", "--no-prompt", "--quiet", ...flags, `--junit-path=${report}`, ...own]);
    runs.push(...testsOf(await Deno.readTextFile(report)));
  }
  return runs;
}

/** The tests in a report of `deno test --junit-path`. */
export function testsOf(junit: string): TestRun[] {
  const cases = junit.matchAll(/<testcase name="([^"]*)" classname="([^"]*)"[^>]*?(\/>|>[^]*?<\/testcase>)/g);
  return [...cases].flatMap(([, name, file, rest]) =>
    rest!.includes("<skipped")
      ? []
      : [{ file: plain(file!), name: plain(name!), passed: !/<(failure|error)/.test(rest!) }]
  );
}

function plain(text: string): string {
  return text.replaceAll("&quot;", '"').replaceAll("&apos;", "'").replaceAll("&#39;", "'").replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">").replaceAll("&amp;", "&");
}
