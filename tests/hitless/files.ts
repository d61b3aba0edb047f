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

function rank({ before = "", after }: FileChange): number {
  if (after === undefined) return 3;
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
    return ["Upstream", "RouteTable", "Secret", "VirtualHostOption"].includes(kind)
      ? [`${kind} ${metadata.name}`]
      : domains;
  });
}

/** Writes the changes as people's tools do: in place, or beside and then renamed; a moved file may be renamed as well. */
export async function writeChanges(folder: string, changes: readonly FileChange[], random: Random): Promise<void> {
  const gone = new Set<string>();
  for (const { path, after } of changes) {
    if (gone.has(path)) continue;
    const file = join(folder, path);
    if (after === undefined) {
      await Deno.remove(file);
      continue;
    }
    await Deno.mkdir(dirname(file), { recursive: true });
    const moved = changes.find((one) => one.before === after && one.after === undefined && !gone.has(one.path));
    if (moved && random.oneIn(2)) {
      gone.add(moved.path);
      await Deno.rename(join(folder, moved.path), file);
    } else if (random.oneIn(2)) {
      await Deno.writeTextFile(file, after);
    } else {
      const beside = join(dirname(file), `.${path.replaceAll("/", "-")}.tmp`);
      await Deno.writeTextFile(beside, after);
      await Deno.rename(beside, file);
    }
  }
}
