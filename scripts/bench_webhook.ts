/**
 * `deno task bench:webhook`: how long the validation webhook takes for a request, over HTTPS, beside a configuration of
 * 5,000 VirtualServices; and what memory it needs. `--size 10000 --rounds 30` measure more.
 */
import { cpuUsage } from "node:process";
import { parseArgs } from "node:util";
import type { AnyResource } from "../src/api/mod.ts";
import { Incremental } from "../src/incremental/mod.ts";
import { plugins } from "../src/plugins/mod.ts";
import { createSchema } from "../src/schema/mod.ts";
import { startWebhookServer } from "../src/server/mod.ts";
import { ApiSnapshot } from "../src/snapshot/mod.ts";
import { EMPTY_MEMORY, type Memory, translate } from "../src/syncer/mod.ts";
import { createMetrics, silentLogger, systemClock } from "../src/telemetry/mod.ts";
import { createAdmission, Validator } from "../src/validation/mod.ts";
import { NAMESPACE } from "./bench/configuration.ts";
import { shortNumber, summarize, tableText } from "./bench/figures.ts";
import { configuration, type Manifest, ref } from "./bench/webhook/configuration.ts";
import { questions, reviewOf } from "./bench/webhook/requests.ts";
import { type Certificate, createAuthority, issueCertificate } from "./certificates.ts";

const schema = createSchema(plugins);

/** A control plane as far as the webhook sees one: it syncs when it is told to. */
class Plane {
  readonly incremental = new Incremental();
  readonly #kinds = new Map<string, Map<string, AnyResource>>();
  #memory: Memory = EMPTY_MEMORY;
  snapshot = new ApiSnapshot(0, {});

  get synced() {
    return { snapshot: this.snapshot, ...this.#memory };
  }

  put(document: Manifest): void {
    const { resource } = schema.decode(document, { defaultNamespace: NAMESPACE });
    const { kind, metadata: { namespace, name } } = resource!;
    if (!this.#kinds.has(kind)) this.#kinds.set(kind, new Map());
    this.#kinds.get(kind)!.set(`${namespace}/${name}`, resource!);
  }

  sync(): void {
    const changes = this.#kinds as ReadonlyMap<string, unknown> as Parameters<ApiSnapshot["with"]>[0];
    this.snapshot = this.snapshot.with(changes);
    const work = translate({ ...this.input, snapshot: this.snapshot, memory: this.#memory, now: 0 });
    for (let step = work.next();; step = work.next()) {
      if (!step.done) continue;
      this.#memory = step.value.memory;
      return;
    }
  }

  get input() {
    return {
      settings: this.snapshot.get("Settings", ref("default"))?.spec ?? {},
      writeNamespace: NAMESPACE,
      plugins,
      incremental: this.incremental,
    };
  }
}

async function startServer(plane: Plane, certificate: Certificate) {
  const validator = new Validator({
    ...plane.input,
    settingsOf: (snapshot) => snapshot.get("Settings", ref("default"))!.spec,
    synced: () => plane.synced,
    clock: systemClock,
  });
  return await startWebhookServer({
    address: "127.0.0.1:0",
    certificate: () => certificate,
    review: createAdmission({ validator, decode: schema.decode, logger: silentLogger }),
    clock: systemClock,
    logger: silentLogger,
    metrics: await createMetrics(),
  });
}

/** Milliseconds of one request: on the clock, and of CPU, where the client's are among them. */
interface Cost {
  readonly ms: number;
  readonly cpuMs: number;
}

/** What each request took, by sort; the first round is not counted. */
async function measure(
  url: string,
  client: Deno.HttpClient,
  plane: Plane,
  rounds: number,
  certificates: Certificate[],
) {
  const costs = new Map<string, Cost[]>();
  const size = plane.snapshot.map("VirtualService").size;
  const all = questions(rounds + 1, size, certificates);
  const perRound = all.length / (rounds + 1);
  let refused = 0;
  for (const [i, question] of all.entries()) {
    // Another request has to lay its ground anew in each round.
    if (i % (perRound + 1) === 0) plane.sync();
    const body = JSON.stringify(reviewOf(question, String(i)));
    const [start, cpu] = [performance.now(), cpuUsage()];
    const answer = await fetch(url, { method: "POST", body, headers: { "content-type": "application/json" }, client });
    const { response } = await answer.json();
    const { user, system } = cpuUsage(cpu);
    if (i < perRound) continue;
    if (!response.allowed) refused++;
    const cost = { ms: performance.now() - start, cpuMs: (user + system) / 1000 };
    costs.set(question.sort, [...costs.get(question.sort) ?? [], cost]);
  }
  return { costs, refused };
}

function memory(): number {
  (globalThis as { gc?: () => void }).gc?.();
  return Deno.memoryUsage().heapUsed / 1024 / 1024;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    args: Deno.args,
    options: { size: { type: "string", default: "5000" }, rounds: { type: "string", default: "25" } },
  });
  const authority = await createAuthority("bench");
  const certificates = await Promise.all(
    ["one", "two"].map((commonName) => issueCertificate(authority, { commonName, ipAddresses: ["127.0.0.1"] })),
  );
  const plane = new Plane();
  for (const document of configuration(Number(values.size), certificates)) plane.put(document);
  plane.sync();
  const before = memory();
  const server = await startServer(plane, certificates[0]!);
  const client = Deno.createHttpClient({ caCerts: [authority.cert] });
  const url = `https://${server.address}/validation`;
  const { costs, refused } = await measure(url, client, plane, Number(values.rounds), certificates);
  const after = memory();
  plane.sync();
  report(costs, refused);
  const heap = [before, after, memory()].map(shortNumber);
  console.log(
    `\nheap in MiB: ${heap[0]} after the first sync, ${heap[1]} after the requests, ${heap[2]} after another sync`,
  );
  client.close();
  await server.close();
}

function report(costs: ReadonlyMap<string, readonly Cost[]>, refused: number): void {
  const row = (what: string, samples: readonly Cost[]): string[] => {
    const [wall, cpu] = [summarize(samples.map(({ ms }) => ms)), summarize(samples.map(({ cpuMs }) => cpuMs))];
    return [what, String(wall.count), ...[wall.median, wall.p99, cpu.median, cpu.p99].map(shortNumber)];
  };
  const most = [...costs].filter(([sort]) => !sort.startsWith("the Upstream of all"));
  console.log(tableText([
    ["request", "count", "p50, ms", "p99, ms", "p50, CPU ms", "p99, CPU ms"],
    ...[...costs].map(([sort, samples]) => row(sort, samples)),
    row("all", [...costs.values()].flat()),
    row("all but those of the Upstream of all", most.flatMap(([, samples]) => samples)),
  ]));
  console.log(`\n${refused} were refused`);
}

if (import.meta.main) await main();
