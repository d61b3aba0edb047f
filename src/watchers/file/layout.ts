import { GLOO_KINDS, KINDS } from "../../api/mod.ts";
import type { Kind } from "../../api/mod.ts";

/** A place that resources are read from: a directory, or a single file. */
export type DirectoryRoot =
  | {
    readonly path: string;
    /** Gloo's layout and Kubernetes manifests, mixed, at any depth. */
    readonly layout: "mixed";
  }
  | {
    readonly path: string;
    /**
     * Bare messages of one kind in `<path>/<namespace>/<name>.yaml`, no deeper: Gloo's `--dir` for Settings, and
     * `secretOptions.sources[].directory`. Where `path` is a file, it is `<namespace>/<name>.yaml` itself.
     */
    readonly layout: "one-kind";
    readonly kind: Kind;
  };

/** What the place of a file says about the document in it. */
export interface PlaceHint {
  readonly kind?: Kind;
  readonly namespace?: string;
  readonly name?: string;
}

const KIND_OF_PLURAL: ReadonlyMap<string, Kind> = new Map(GLOO_KINDS.map((kind) => [KINDS[kind].plural, kind]));

/** `.yaml`, `.yml` and `.json`. */
export const isConfigFile = (name: string): boolean => /\.(?:yaml|yml|json)$/i.test(name) && !isIgnored(name);

/** Hidden files and folders (editors' `.#x` and `.x.swp`, Kubernetes' `..data`) and editors' copies (`x~`, `#x#`). */
export const isIgnored = (name: string): boolean => name.startsWith(".") || name.endsWith("~") || /^#.*#$/.test(name);

/**
 * What a file's place says: `…/<plural>/<namespace>/<name>.yaml` anywhere below a mixed root, `<namespace>/<name>.yaml`
 * in a root of one kind.
 * @param steps The path below the root, the file's name last; for a root that is a file, all of its path.
 */
export function placeHint(root: DirectoryRoot, steps: readonly string[]): PlaceHint {
  const [plural, namespace, file = ""] = [steps.at(-3), steps.at(-2), steps.at(-1)];
  const name = file.replace(/\.[^.]*$/, "");
  if (root.layout === "one-kind") return { kind: root.kind, ...(namespace ? { namespace } : {}), name };
  const kind = plural && KIND_OF_PLURAL.get(plural);
  return kind && namespace ? { kind, namespace, name } : {};
}

/** Whether files are looked for in a folder this many steps below the root. */
export const holdsFiles = (root: DirectoryRoot, depth: number): boolean => root.layout === "mixed" || depth === 1;

/** Whether folders are looked for in a folder this many steps below the root. */
export const holdsFolders = (root: DirectoryRoot, depth: number): boolean => root.layout === "mixed" || depth === 0;
