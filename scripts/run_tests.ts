/**
 * `deno task test`: generates what is generated, installs the real Envoy, then runs the test sets one after the other
 * and ends with one line of sums. With names of sets as arguments, only those (`deno task test unit golden`).
 */
import { SCRATCH, TEST_SETS, type TestSet } from "./test_sets.ts";

const SUMMARY = /(?:ok|FAILED) \| (\d+) passed(?: \([^)]*\))? \| (\d+) failed(?: \([^)]*\))?(?: \| (\d+) ignored)?/;
// deno-lint-ignore no-control-regex
const COLOURS = /\x1b\[[0-9;]*m/g;

interface Sum {
  passed: number;
  failed: number;
  skipped: number;
}

/** Runs one set, passing its output through; what its closing line counts. */
async function run(set: TestSet): Promise<Sum> {
  console.log(`\n== ${set.name}: deno test ${set.args.join(" ")}`);
  const [program, ...before] = set.isolated ? await isolation() : ["deno"];
  const child = new Deno.Command(program!, {
    args: [...before, "test", "--no-prompt", "--parallel", "--quiet", ...set.args],
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  let text = "";
  const decoder = new TextDecoder();
  for await (const chunk of child.stdout) {
    await Deno.stdout.write(chunk);
    text += decoder.decode(chunk, { stream: true });
  }
  const { success, code, signal } = await child.status;
  const counts = [...text.replaceAll(COLOURS, "").matchAll(new RegExp(SUMMARY, "g"))].at(-1);
  const sum = { passed: Number(counts?.[1] ?? 0), failed: Number(counts?.[2] ?? 0), skipped: Number(counts?.[3] ?? 0) };
  if (!success && sum.failed === 0) {
    console.log(`\n== ${set.name}: deno test told of no failure and ended ${signal ? `by ${signal}` : `with ${code}`}`);
    sum.failed = 1;
  }
  return sum;
}

/** The command that runs Deno with a network of its own: for root as it is, for others as root of a user namespace. */
async function isolation(): Promise<string[]> {
  const script =
    'ip link set lo up && ip address add 10.77.0.1/16 dev lo && ip address add 10.0.0.254/24 dev lo && exec "$@"';
  const ways = [["--net"], ["--map-root-user", "--net"]];
  for (const way of ways) {
    const { success } = await new Deno.Command("unshare", {
      args: [...way, "sh", "-c", script, "sh", "true"],
      stdout: "null",
      stderr: "null",
    }).output();
    if (success) return ["unshare", ...way, "sh", "-c", script, "sh", "deno"];
  }
  throw new Error(
    "this set wants a network of its own: unshare and ip (util-linux, iproute2) and the right to use them",
  );
}

/** Runs the task that a set needs before it. */
async function prepare({ name, before }: TestSet): Promise<void> {
  if (before === undefined) return;
  const { success } = await new Deno.Command("deno", { args: ["task", "--quiet", before] }).spawn().status;
  if (!success) console.log(`\n== ${name}: the task ${before} failed`);
}

const names = Deno.args;
const unknown = names.filter((name) => !TEST_SETS.some((set) => set.name === name));
if (unknown.length > 0) {
  console.error(`there is no test set ${unknown.join(", ")}; there are ${TEST_SETS.map((set) => set.name).join(", ")}`);
  Deno.exit(2);
}
await Deno.remove(SCRATCH, { recursive: true }).catch(() => {});
await Deno.mkdir(SCRATCH, { recursive: true });
const total: Sum = { passed: 0, failed: 0, skipped: 0 };
for (const set of TEST_SETS.filter((one) => names.length === 0 || names.includes(one.name))) {
  await prepare(set);
  const sum = await run(set);
  total.passed += sum.passed;
  total.failed += sum.failed;
  total.skipped += sum.skipped;
}
console.log(`\n${total.passed} passed, ${total.failed} failed${total.skipped > 0 ? `, ${total.skipped} skipped` : ""}`);
Deno.exit(total.failed === 0 && total.passed > 0 ? 0 : 1);
