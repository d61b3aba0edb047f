import { freePort, type RunningEnvoy, send, startEnvoy, waitFor, xdsBootstrap } from "../../tests/envoy/harness.ts";
import { type RunningSluice, startSluice } from "../../tests/envoy/product.ts";
import { answer, httpGateway, virtualService } from "../../tests/envoy/yaml.ts";

/** How a refused route is found among others that came with it. */
export interface RefusalFigures {
  readonly form: "sotw" | "delta";
  /** VirtualServices, all of which are edited in one save; one of them gets a route that Envoy refuses. */
  readonly size: number;
  /** Refusals until it was found. */
  readonly nacks: number;
  /** Envoys and resources for which something is held afterwards. */
  readonly proxies: number;
  readonly held: number;
  /** From the first refusal, as logged, to the last. */
  readonly searchMs: number;
  /** Requests meanwhile, and those that were answered by neither the old nor the new form. */
  readonly asked: number;
  readonly lost: number;
}

/** An Envoy that refuses long regexes, by its runtime. */
const PICKY = { layers: [{ name: "static", static_layer: { re2: { max_program_size: { error_level: 10 } } } }] };
const BAD = answer("bad", { regex: "/abc.*[a-z]{3,9}foo" });

export async function measureRefusal(form: RefusalFigures["form"], size: number): Promise<RefusalFigures> {
  const port = freePort();
  const files = { "gateway.yaml": httpGateway(port), "all.yaml": hosts(size, "one") };
  const sluice = await startSluice({ files });
  let envoy: RunningEnvoy | undefined;
  try {
    const options = { xds: sluice.xds, delta: form === "delta", nodeId: "picky" };
    envoy = await startEnvoy({ ...options, bootstrap: { ...xdsBootstrap(options), layered_runtime: PICKY } });
    const last = size - 1;
    await waitFor("the last host", async () => await ask(port, last) === "one", 60_000);
    let [asked, lost, playing] = [0, 0, true];
    const traffic = (async () => {
      for (; playing; asked++) {
        const said = await ask(port, asked * 7 % size).catch(() => "");
        if (said !== "one" && said !== "two") lost++;
      }
    })();
    await sluice.write("all.yaml", hosts(size, "two", Math.floor(size / 2)));
    await waitFor("what came beside it", async () => await ask(port, last) === "two", 120_000);
    await waitFor("its status", () => isTold(sluice, Math.floor(size / 2)), 60_000);
    playing = false;
    await traffic;
    const times = sluice.log().split("\n").filter((line) => line.includes("an Envoy refused configuration"))
      .map((line) => Date.parse(JSON.parse(line).time));
    const clients: { holds: unknown[] }[] = await (await sluice.page("/clients")).json();
    const held = await sluice.metric("sluice_xds_holds");
    const proxies = clients.filter(({ holds }) => holds.length > 0).length;
    return { form, size, proxies, held, nacks: times.length, searchMs: times.at(-1)! - times[0]!, asked, lost };
  } finally {
    await envoy?.stop();
    await sluice.stop();
  }
}

async function isTold(sluice: RunningSluice, index: number): Promise<boolean> {
  return (await sluice.status("VirtualService", `vs-${index}`))?.reason.includes("SLUICE-1501") ?? false;
}

function hosts(size: number, text: string, bad?: number): string {
  return Array.from({ length: size }, (_, i) => {
    const routes = [answer(text, { prefix: "/a" }), ...(i === bad ? [BAD] : []), answer(text)];
    return virtualService(`vs-${i}`, [`${i}.test`], routes);
  }).join("---\n");
}

async function ask(port: number, index: number): Promise<string> {
  return (await send(port, "/", { host: `${index}.test` })).body;
}
