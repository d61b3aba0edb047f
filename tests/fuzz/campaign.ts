/** Runs inputs through a target: those of the corpus first, then as many new ones as are asked for. */
import { Random } from "../incremental/random.ts";
import type { FuzzTarget } from "./target.ts";

const CORPUS = new URL("corpus/", import.meta.url);

/** Which inputs to run. */
export interface CampaignOptions {
  readonly seed: number;
  /** How many inputs are made, beside those of the corpus. */
  readonly runs: number;
  /** Where inputs are kept that found something; it is made. */
  readonly faults: string;
  /** Goes on after a fault, up to this many. Default 1. */
  readonly mostFaults?: number;
  readonly onFault?: (fault: Fault) => void;
  readonly progress?: (done: number) => void;
}

/** An input that found something. */
export interface Fault {
  readonly what: string;
  /** Where the input is kept. */
  readonly file: string;
}

/** The inputs that once found something, or are good to start from; by name. */
export async function corpusOf(target: string): Promise<Map<string, Uint8Array>> {
  const folder = new URL(`${target}/`, CORPUS);
  const names = (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name).sort();
  return new Map(
    await Promise.all(names.map(async (name) => [name, await Deno.readFile(new URL(name, folder))] as const)),
  );
}

/** What was found; nothing where all held. */
export async function runCampaign(target: FuzzTarget, options: CampaignOptions): Promise<Fault[]> {
  const faults: Fault[] = [];
  const corpus = [...(await corpusOf(target.name)).values()];
  const pool = [...corpus, ...await target.seeds()];
  const random = new Random(options.seed);
  for (let run = 0; run < corpus.length + options.runs; run++) {
    const input = corpus[run] ?? target.mutate(random, pool);
    try {
      await target.run(input);
    } catch (error) {
      faults.push(await keep(target.name, input, error, options.faults));
      options.onFault?.(faults.at(-1)!);
      if (faults.length >= (options.mostFaults ?? 1)) return faults;
    }
    options.progress?.(run + 1);
  }
  try {
    await target.finish();
  } catch (error) {
    faults.push({ what: textOf(error), file: `seed ${options.seed}, ${options.runs} runs` });
    options.onFault?.(faults.at(-1)!);
  }
  return faults;
}

async function keep(target: string, input: Uint8Array, error: unknown, folder: string): Promise<Fault> {
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", input.slice())).toHex().slice(0, 12);
  await Deno.mkdir(`${folder}/${target}`, { recursive: true });
  const file = `${folder}/${target}/${hash}`;
  await Deno.writeFile(file, input);
  return { what: textOf(error), file };
}

const textOf = (error: unknown): string => error instanceof Error ? error.stack ?? error.message : String(error);
