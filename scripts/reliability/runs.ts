/** What others measure, run as a user runs it. */

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

/** Runs tests of these files and folders, with all permissions, and gives each with how it went. */
export async function runTests(paths: readonly string[], scratch: string): Promise<TestRun[]> {
  const report = `${scratch}/junit.xml`;
  await runDeno(["test", "--no-prompt", "--quiet", "-A", `--junit-path=${report}`, ...paths]);
  return testsOf(await Deno.readTextFile(report));
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
