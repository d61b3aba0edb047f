/**
 * A run: Sluice on real files, one Envoy in the state of the world and one in delta, steady traffic to both, and random
 * valid edits. What must not happen is in the result.
 */
import { type Certificate, createAuthority, issueCertificate } from "../../scripts/certificates.ts";
import { type RunningEnvoy, startEnvoy } from "../envoy/harness.ts";
import { type RunningSluice, startSluice } from "../envoy/product.ts";
import { resource } from "../envoy/yaml.ts";
import { Random } from "../incremental/random.ts";
import { Arrival } from "./arrival.ts";
import { type Backends, startBackends } from "./backends.ts";
import type { Edit, Editing } from "./edit.ts";
import { type EditKind, randomEdit } from "./edits.ts";
import { type ListenerCounts, listenerCounts, watchConfiguration } from "./envoy_watch.ts";
import { changesBetween, type FileChange, LinkedFolder } from "./files.ts";
import { type Fault, Ledger, type Sum } from "./ledger.ts";
import { takePort } from "./ports.ts";
import { GATEWAYS, type Ports, renderWorld } from "./render.ts";
import { Targets } from "./targets.ts";
import { startTraffic, type Traffic, trafficChoices } from "./traffic.ts";
import { HTTP_BACKENDS, newWorld, TCP_BACKENDS, type World } from "./world.ts";

/** Forms of xDS; the Envoys' proxies bear their names. */
export type XdsForm = "sotw" | "delta";

export interface RunOptions {
  readonly seed: number;
  readonly edits: number;
  readonly forms: readonly XdsForm[];
  /** Settings.sluice, to switch make-before-break off. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** Only edits of these kinds. Default: all. */
  readonly kinds?: readonly EditKind[];
  /** Ends after this time, with fewer edits. */
  readonly mostMs?: number;
  /** As if no edit were allowed to change a listener. */
  readonly listenersStay?: boolean;
  /** Ends when this says so of the faults. Default: at the first. */
  readonly until?: (faults: readonly Fault[]) => boolean;
  /** Told of each batch of edits that has arrived. */
  readonly onArrival?: (edits: number, ms: number) => void;
}

/** An edit with the files that it wrote. */
export interface WrittenEdit extends Edit {
  readonly number: number;
  /** `performance.now()` when the first file was written. */
  readonly at: number;
  readonly changes: readonly FileChange[];
}

export interface RunResult {
  readonly seed: number;
  readonly edits: number;
  readonly byKind: Readonly<Record<string, number>>;
  readonly sums: ReadonlyMap<Sum, number>;
  readonly faults: readonly Fault[];
  /** Edits that may be to blame: those since everything had arrived the last time. */
  readonly suspects: readonly WrittenEdit[];
  /** Listener updates that edits asked for, and those that happened, over all Envoys. */
  readonly listenerEdits: number;
  readonly listenerUpdates: number;
  readonly ms: number;
}

interface Proxy {
  readonly form: XdsForm;
  readonly envoy: RunningEnvoy;
  readonly traffic: Traffic;
  counts: ListenerCounts;
}

const DRAIN_SECONDS = 3;

/** One edit at a time, several at once, or several one upon the other. */
const BATCHES: readonly number[] = [1, 1, 2, 3, 5];

export async function hitlessRun(options: RunOptions): Promise<RunResult> {
  const authority = await createAuthority("hitless ca");
  const certify = (host: string, commonName: string): Promise<Certificate> =>
    issueCertificate(authority, { commonName, dnsNames: [`${host}.test`, `*.${host}.test`] });
  const backends = startBackends(HTTP_BACKENDS, TCP_BACKENDS, await certify("backend", "backend"));
  const ports = takePorts(options.forms, backends, authority.cert);
  const world = await newWorld(certify);
  const files = filesOf(world, ports, options);
  const random = new Random(options.seed);
  const folder = await LinkedFolder.make(files, random);
  const sluice = await startSluice({
    sources: ["--config", folder.path],
    // It may have to start again inside, and is to be found then.
    xdsAddress: `127.0.0.1:${takePort()}`,
    adminAddress: `127.0.0.1:${takePort()}`,
  });
  const run = new Run({ options, sluice, folder, random, ports, world, files, certify });
  try {
    return await run.all();
  } catch (error) {
    throw new Error(`${String(error)}\nseed ${options.seed}\n${sluice.log()}`, { cause: error });
  } finally {
    await run.end();
    await sluice.stop();
    await folder.remove();
    await backends.stop();
  }
}

function filesOf(world: World, ports: Ports, { settings }: RunOptions): ReadonlyMap<string, string> {
  const files = renderWorld(world, ports);
  if (settings) files.set("settings.yaml", resource("Settings", "default", { sluice: settings }));
  return files;
}

function takePorts(forms: readonly XdsForm[], backends: Backends, ca: string): Ports {
  const own = () => Object.fromEntries(GATEWAYS.map((name) => [name, takePort()]));
  return {
    gateways: Object.fromEntries(forms.map((form) => [form, own()])) as Ports["gateways"],
    backends: new Map([...backends.http, ...backends.tcp]),
    ca,
  };
}

/** What a run is made of. */
interface RunParts {
  readonly options: RunOptions;
  readonly sluice: RunningSluice;
  readonly folder: LinkedFolder;
  readonly random: Random;
  readonly ports: Ports;
  readonly world: World;
  readonly files: ReadonlyMap<string, string>;
  readonly certify: Editing["certify"];
}

class Run {
  readonly #options: RunOptions;
  readonly #parts: RunParts;
  readonly #random: Random;
  readonly #editing: Editing;
  readonly #targets: Targets;
  readonly #ledger = new Ledger();
  readonly #proxies: Proxy[] = [];
  readonly #watches: Promise<void>[] = [];
  readonly #byKind: Record<string, number> = {};
  readonly #world: World;
  readonly #arrival: Arrival;
  #files: ReadonlyMap<string, string>;
  #suspects: WrittenEdit[] = [];
  #edits = 0;
  #listenerEdits = 0;
  #listenerUpdates = 0;
  #ending = false;
  /** When a listener was last added or removed by an edit. */
  #lastWhole = -Infinity;

  constructor(parts: RunParts) {
    const { options, random, world, certify } = parts;
    this.#parts = parts;
    this.#options = options;
    this.#world = world;
    this.#files = parts.files;
    this.#random = random;
    let numbers = 0;
    this.#editing = { world, random, certify, fresh: () => ++numbers };
    this.#targets = new Targets(trafficChoices(options.seed));
    this.#arrival = new Arrival(parts.sluice, world, parts.ports);
  }

  async all(): Promise<RunResult> {
    await this.#start();
    const began = performance.now();
    const end = began + (this.#options.mostMs ?? Infinity);
    while (this.#edits < this.#options.edits && !this.#failed() && performance.now() < end) {
      const batch = Math.min(this.#random.pick(BATCHES), this.#options.edits - this.#edits);
      for (let i = 0; i < batch; i++) await this.#edit();
      // Now and then the next ones come before these have arrived.
      if (this.#random.oneIn(4) && this.#suspects.length < 12) continue;
      await this.#settle();
      this.#options.onArrival?.(this.#edits, performance.now() - began);
    }
    if (!this.#failed()) await this.#settle();
    await this.end();
    return {
      seed: this.#options.seed,
      edits: this.#edits,
      byKind: this.#byKind,
      sums: this.#ledger.sums,
      faults: this.#ledger.faults,
      suspects: this.#suspects,
      listenerEdits: this.#listenerEdits,
      listenerUpdates: this.#listenerUpdates,
      ms: performance.now() - began,
    };
  }

  #failed(): boolean {
    const { faults } = this.#ledger;
    return faults.length > 0 && (this.#options.until?.(faults) ?? true);
  }

  /** Ends traffic and Envoys; once. */
  async end(): Promise<void> {
    if (this.#ending) return;
    this.#ending = true;
    await Promise.all([...this.#proxies.map(({ traffic }) => traffic.stop()), ...this.#watches]);
    await Promise.all(this.#proxies.map(({ envoy }) => envoy.stop()));
  }

  async #start(): Promise<void> {
    this.#targets.follow(this.#world);
    await Promise.all(this.#options.forms.map(async (form) => {
      const envoy = await startEnvoy({
        ...{ xds: this.#parts.sluice.xds, role: `gloo-system~${form}`, delta: form === "delta", nodeId: form },
        // Soon enough for a drain that should not be to be seen.
        drainSeconds: DRAIN_SECONDS,
      });
      this.#arrival.add(form);
      await this.#arrival.wait();
      const traffic = startTraffic({
        ...{ proxy: form, ledger: this.#ledger, paceMs: 20, targets: this.#targets, ca: this.#parts.ports.ca },
        ports: this.#parts.ports.gateways[form]!,
      });
      this.#proxies.push({ form, envoy, traffic, counts: await listenerCounts(envoy) });
      this.#watches.push(watchConfiguration(envoy, form, this.#ledger, () => this.#ending));
    }));
  }

  async #edit(): Promise<void> {
    const before = formsOf(this.#world);
    const made = await randomEdit(this.#editing, this.#options.kinds);
    const edit = this.#options.listenersStay ? { ...made, listeners: [], touches: [] } : made;
    // An edit that no host's answers tell of is seen by another's.
    const told = [...formsOf(this.#world)].some(([host, form]) => before.get(host) !== form);
    if (!told || edit.away.length > 0) this.#world.canary++;
    await this.#targets.stop(edit.away);
    for (const { traffic } of this.#proxies) traffic.touch(edit.touches);
    const files = filesOf(this.#world, this.#parts.ports, this.#options);
    const changes = changesBetween(this.#files, files);
    this.#files = files;
    this.#suspects.push({ ...edit, number: ++this.#edits, at: performance.now(), changes });
    this.#byKind[edit.kind] = (this.#byKind[edit.kind] ?? 0) + 1;
    this.#listenerEdits += edit.listeners.length;
    await this.#parts.folder.write(changes, files, this.#world.generation);
  }

  /** Waits until all that was written has arrived everywhere, and looks at what it did to listeners. */
  async #settle(): Promise<void> {
    const arrived = await this.#arrival.wait().then(() => true, (error) => {
      this.#ledger.fault("both", "arrival", String(error));
      return false;
    });
    const listeners = this.#suspects.flatMap(({ listeners }) => listeners);
    const whole = listeners.filter((name) => name === "extra").length;
    for (const proxy of this.#proxies) {
      const counts = await listenerCounts(proxy.envoy);
      this.#judge(proxy, counts, listeners.length - whole, whole);
      proxy.counts = counts;
      proxy.traffic.arrived();
    }
    if (!arrived || this.#failed()) return;
    this.#targets.follow(this.#world);
    this.#suspects = [];
  }

  /** Compares what happened to the listeners with what the edits ask for. */
  #judge({ form, counts }: Proxy, now: ListenerCounts, edits: number, whole: number): void {
    const updates = now.modified - counts.modified;
    this.#listenerUpdates += updates;
    if (updates > edits) {
      this.#ledger.fault(form, "stats", `${updates} listener updates for ${edits} edits of listeners`);
    }
    if (now.added - counts.added + now.removed - counts.removed > whole) {
      this.#ledger.fault(form, "stats", `listeners came or went: ${JSON.stringify({ before: counts, now })}`);
    }
    if (whole > 0) this.#lastWhole = performance.now();
    const recent = performance.now() - this.#lastWhole < 3 * DRAIN_SECONDS * 1000;
    if (now.draining > 0 && !recent) this.#ledger.fault(form, "stats", `${now.draining} listeners drain`);
  }
}

/** What the answers of each host tell. */
const formsOf = ({ services }: World): Map<string, number> =>
  new Map([...services].map(([host, { form }]) => [host, form]));
