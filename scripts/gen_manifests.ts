/**
 * `deno task gen:manifests`: writes what `sluice manifests` prints for the defaults to deploy/kubernetes/, and with
 * `--sidecar files` to deploy/sidecar/, each with a kustomization.yaml, and the table of rights in docs/kubernetes.md. A
 * test compares.
 *
 * Permissions: --allow-read --allow-write=deploy/kubernetes,deploy/sidecar,docs/kubernetes.md.
 */
import { accessTable } from "../src/cli/manifests/access_table.ts";
import { manifestFiles, yamlOf } from "../src/cli/manifests/manifest_files.ts";
import { DEFAULT_OPTIONS, type ManifestOptions } from "../src/cli/manifests/options.ts";

const ROOT = new URL("../", import.meta.url);
const NOTE = "# Made by `deno task gen:manifests`. Do not edit.\n";
const TABLE = { begin: "<!-- rights: made by `deno task gen:manifests` -->", end: "<!-- end of rights -->" };

/** Of deploy/kubernetes/, but made elsewhere, from the schema. */
const CRDS = "crds.yaml";

/** What the files are to hold, by path from the root of the repository. */
export function generatedFiles(read: (path: string) => string): ReadonlyMap<string, string> {
  const page = "docs/kubernetes.md";
  return new Map([
    ...folderOf("deploy/kubernetes", DEFAULT_OPTIONS, [CRDS]),
    ...folderOf("deploy/sidecar", { ...DEFAULT_OPTIONS, sidecar: "files", certificates: "none" }, []),
    [page, withTable(read(page))],
  ]);
}

/** A base for kustomize; `others` are files of it that are made elsewhere. */
function folderOf(folder: string, options: ManifestOptions, others: readonly string[]): [string, string][] {
  const files = [...manifestFiles(options)];
  const kustomization = {
    apiVersion: "kustomize.config.k8s.io/v1beta1",
    kind: "Kustomization",
    resources: [...others, ...files.map(([name]) => name)],
  };
  return [...files, ["kustomization.yaml", [kustomization]] as const].map(([name, objects]) => [
    `${folder}/${name}`,
    NOTE + yamlOf(objects),
  ]);
}

function withTable(text: string): string {
  const [before, rest] = text.split(TABLE.begin);
  const after = rest?.split(TABLE.end)[1];
  if (after === undefined) throw new Error("docs/kubernetes.md has no place for the table of rights");
  return `${before}${TABLE.begin}\n\n${accessTable()}\n${TABLE.end}${after}`;
}

if (import.meta.main) {
  for (const [path, text] of generatedFiles((path) => Deno.readTextFileSync(new URL(path, ROOT)))) {
    Deno.writeTextFileSync(new URL(path, ROOT), text);
  }
}
