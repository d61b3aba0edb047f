/**
 * `deno task bench:kubernetes`: Sluice on a real API server, seen through a real Envoy. From the API server's answer to the
 * changed traffic; what endpoints that come and go cost; what a whole cluster costs. Needs a network of its own with 10.77/16
 * on its loopback, which the task makes. Prints the figures and puts them into docs/benchmarks.md.
 */
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { measureChurn } from "./bench/kubernetes/churn.ts";
import { Bed } from "./bench/kubernetes/bed.ts";
import { measureLatency } from "./bench/kubernetes/latency.ts";
import { type KubernetesResults, sectionText } from "./bench/kubernetes/section.ts";
import { withPart } from "./bench/page/kubernetes_part.ts";
import { aboutMachine, versions } from "./bench/machine.ts";

const PAGE = fileURLToPath(new URL("../docs/benchmarks.md", import.meta.url));

const { values } = parseArgs({
  args: Deno.args,
  options: {
    sizes: { type: "string", default: "100,1000" },
    minutes: { type: "string", default: "5" },
    virtualServices: { type: "string", default: "5000" },
    services: { type: "string", default: "1000" },
    write: { type: "boolean", default: false },
  },
});

const results: KubernetesResults = {
  time: new Date().toISOString(),
  machine: aboutMachine(),
  versions: await versions(),
  latency: [],
};
for (const size of values.sizes.split(",").filter(Boolean).map(Number)) {
  const bed = await Bed.make({ virtualServices: size, services: Math.ceil(size / 10), endpoints: 2 });
  try {
    results.latency.push(await measureLatency(bed));
  } finally {
    await bed.stop();
  }
}
if (Number(values.minutes) > 0) {
  const [virtualServices, services] = [Number(values.virtualServices), Number(values.services)];
  const bed = await Bed.make({ virtualServices, services, endpoints: 10 });
  try {
    results.churn = await measureChurn(bed, Number(values.minutes) * 60);
  } finally {
    await bed.stop();
  }
}
const text = sectionText(results);
console.log(text);
if (values.write) {
  await Deno.writeTextFile(PAGE, withPart(await Deno.readTextFile(PAGE), text));
  await new Deno.Command("deno", { args: ["fmt", "--quiet", PAGE] }).output();
}
Deno.exit(0);
