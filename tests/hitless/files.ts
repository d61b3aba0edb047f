import { dirname, join } from "node:path";
import type { Random } from "../incremental/random.ts";

interface Document {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly spec?: { readonly virtualHost?: { readonly domains: readonly string[] } };
}

/** A file that an edit wrote, renamed or removed. */
export interface FileChange {
  readonly path: string;
  readonly before: string | undefined;
  readonly after: string | undefined;
}

/**
 * What has to be written to come from one state of the files to another, in an order in which nothing is missing at any time:
 * first what is new, then what changes, then what goes.
 */
export function changesBetween(
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
): FileChange[] {
  const paths = [...new Set([...before.keys(), ...after.keys()])];
  const changed = paths.filter((path) => before.get(path) !== after.get(path));
  const changes = changed.map((path) => ({ path, before: before.get(path), after: after.get(path) }));
  return changes.toSorted((one, other) => rank(one) - rank(other));
}

function rank({ path, before = "", after }: FileChange): number {
  if (after === undefined) return 3;
  // Upstreams refer to secrets, and may stand in one file with what refers to them.
  if (before === "" && path.startsWith("secrets/")) return -1;
  const [old, young] = [neededIn(before), neededIn(after)];
  if (young.some((name) => !old.includes(name))) return 0;
  return old.some((name) => !young.includes(name)) ? 2 : 1;
}

/** What other files may refer to, and domains, which should always have somebody who claims them. */
function neededIn(text: string): string[] {
  if (text === "") return [];
  return text.split("---\n").flatMap((document) => {
    const { kind, metadata, spec } = JSON.parse(document) as Document;
    const domains = (spec?.virtualHost?.domains ?? []).map((domain) => `domain ${domain}`);
    return ["Upstream", "RouteTable", "Secret", "VirtualHostOption", "UpstreamGroup"].includes(kind)
      ? [`${kind} ${metadata.name}`]
      : domains;
  });
}

/**
 * The folder that Sluice is told to read: a link to a folder of files, which later ones may take the place of, as git-sync
 * and Kubernetes do it.
 */
export class LinkedFolder {
  readonly path: string;
  readonly #folder: string;
  readonly #random: Random;
  #generation = 0;

  private constructor(folder: string, random: Random) {
    this.path = join(folder, "current");
    this.#folder = folder;
    this.#random = random;
  }

  static async make(files: ReadonlyMap<string, string>, random: Random): Promise<LinkedFolder> {
    const linked = new LinkedFolder(await Deno.makeTempDir({ prefix: "sluice_hitless_" }), random);
    await linked.#fill(0, files);
    await Deno.symlink("generation-0", linked.path);
    return linked;
  }

  async remove(): Promise<void> {
    await Deno.remove(this.#folder, { recursive: true });
  }

  /** Writes the changes, which lead to `files`. */
  async write(changes: readonly FileChange[], files: ReadonlyMap<string, string>, generation: number): Promise<void> {
    if (generation === this.#generation) return await this.#writeEach(changes);
    await this.#fill(generation, files);
    const link = join(this.#folder, "next");
    await Deno.symlink(`generation-${generation}`, link);
    await Deno.rename(link, this.path);
    await Deno.remove(join(this.#folder, `generation-${this.#generation}`), { recursive: true });
    this.#generation = generation;
  }

  async #fill(generation: number, files: ReadonlyMap<string, string>): Promise<void> {
    for (const [path, text] of files) {
      const file = join(this.#folder, `generation-${generation}`, path);
      await Deno.mkdir(dirname(file), { recursive: true });
      await Deno.writeTextFile(file, text);
    }
  }

  /** As people's tools do: in place, or beside and then renamed; a moved file may be renamed as well. */
  async #writeEach(changes: readonly FileChange[]): Promise<void> {
    const gone = new Set<string>();
    for (const { path, after } of changes) {
      if (gone.has(path)) continue;
      const file = join(this.path, path);
      if (after === undefined) {
        await Deno.remove(file);
        continue;
      }
      await Deno.mkdir(dirname(file), { recursive: true });
      const moved = changes.find((one) => one.before === after && one.after === undefined && !gone.has(one.path));
      if (moved && this.#random.oneIn(2)) {
        gone.add(moved.path);
        await Deno.rename(join(this.path, moved.path), file);
      } else if (this.#random.oneIn(2)) {
        await Deno.writeTextFile(file, after);
      } else {
        const beside = join(dirname(file), `.${path.replaceAll("/", "-")}.tmp`);
        await Deno.writeTextFile(beside, after);
        await Deno.rename(beside, file);
      }
    }
  }
}
