/**
 * `deno task conformance`: runs the public conformance suite for xDS servers, github.com/ii/xds-test-harness, against the xDS
 * server of this checkout and says how many of its scenarios pass; in JSON in .cache/conformance/result.json as well.
 * Ends with 1 where one fails. It takes six minutes, most of which the suite waits.
 *
 * Needs git, Go, Python with pip, and the network for the first run. The suite is fetched at a pinned commit from GitHub, or
 * from the git repository that XDS_TEST_HARNESS names.
 */
import { fileURLToPath } from "node:url";
import { buildSuite, VARIANTS } from "./tools/xds_test_harness.ts";

const checkout = new URL("../", import.meta.url);
const cache = new URL(".cache/conformance/", checkout);

/** How one scenario of the suite went. */
interface Scenario {
  readonly variant: string;
  readonly name: string;
  /** Its step that failed and why. */
  readonly failure?: string;
}

/** What the suite writes, as far as it is read here: Cucumber's JSON. */
type Report = readonly {
  readonly elements?: readonly {
    readonly type: string;
    readonly name: string;
    readonly steps: readonly { name: string; result: { status: string; error_message?: string } }[];
  }[];
}[];

/** Starts the server with the suite's adapter beside it. */
async function startAdapter(suite: URL): Promise<{ target: number; adapter: number; stop(): Promise<void> }> {
  const script = fileURLToPath(new URL("tests/protocol/adapter.ts", checkout));
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--quiet", "--no-prompt", "--allow-read", "--allow-env", "--allow-net=127.0.0.1", script],
      fileURLToPath(new URL("api/adapter/adapter.proto", suite)),
    ],
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const { value } = await child.stdout.pipeThrough(new TextDecoderStream()).getReader().read();
  if (value === undefined) throw new Error("the adapter did not start");
  const stop = async () => {
    await child.stdin.close();
    await child.status;
  };
  return { ...JSON.parse(value), stop };
}

/** Runs the scenarios of one variant, in a folder of its own, as the suite writes where it runs. */
async function runVariant(binary: URL, suite: URL, variant: string, ports: Ports): Promise<Scenario[]> {
  const name = variant.replaceAll(" ", "-");
  const folder = new URL(`run/${name}/`, cache);
  const features = new URL("features/", suite);
  await Deno.mkdir(new URL("features/", folder), { recursive: true });
  for await (const { name } of Deno.readDir(features)) {
    await Deno.copyFile(new URL(name, features), new URL(`features/${name}`, folder));
  }
  const { code, stderr } = await new Deno.Command(binary, {
    args: ["-A", `:${ports.adapter}`, "-T", `:${ports.target}`, "-N", name, "-V", variant],
    cwd: folder,
  }).output();
  if (code !== 0) throw new Error(`the suite ended with ${code}:\n${new TextDecoder().decode(stderr)}`);
  const report: Report = JSON.parse(await Deno.readTextFile(new URL(`${name}.json`, folder)));
  const elements = report.flatMap(({ elements = [] }) => elements).filter(({ type }) => type === "scenario");
  return elements.map(({ name, steps }) => {
    const bad = steps.find(({ result }) => result.status !== "passed");
    const why = bad && `${bad.name}: ${bad.result.error_message ?? bad.result.status}`;
    return { variant, name, ...(why === undefined ? {} : { failure: why }) };
  });
}

interface Ports {
  readonly target: number;
  readonly adapter: number;
}

async function runSuite(): Promise<readonly Scenario[]> {
  const { folder, binary } = await buildSuite(cache);
  await Deno.remove(new URL("run/", cache), { recursive: true }).catch(() => {});
  const adapter = await startAdapter(folder);
  try {
    return (await Promise.all(VARIANTS.map((variant) => runVariant(binary, folder, variant, adapter)))).flat();
  } finally {
    await adapter.stop();
  }
}

const scenarios = await runSuite();
const failed = scenarios.filter(({ failure }) => failure !== undefined);
for (const { variant, name, failure } of failed) console.log(`failed: ${variant}: ${name}\n  ${failure}`);
const variants = VARIANTS.map((name) => {
  const own = scenarios.filter(({ variant }) => variant === name);
  return { name, scenarios: own.length, passed: own.filter(({ failure }) => failure === undefined).length };
});
for (const { name, scenarios, passed } of variants) console.log(`${name}: ${passed} of ${scenarios}`);
const result = { scenarios: scenarios.length, passed: scenarios.length - failed.length, variants, failed };
await Deno.writeTextFile(new URL("result.json", cache), JSON.stringify(result, null, 2) + "\n");
console.log(`${result.passed} of ${result.scenarios} scenarios passed`);
Deno.exit(failed.length === 0 && scenarios.length > 0 ? 0 : 1);
