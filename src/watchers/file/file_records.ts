import type { SourceRecords } from "../contract.ts";
import type { FileTable } from "./file_table.ts";
import { claimsRecord, fileKey, type FormerFiles, placeOfKey } from "./former_files.ts";
import type { Root } from "./root.ts";

/** What is to be kept of files for the next process; of what was not looked at yet, what the process before kept. */
export function fileRecords(roots: readonly Root[], table: FileTable, former: FormerFiles): SourceRecords {
  const byKey = new Map(roots.map((root) => [root.key, root]));
  const told = new Map<Root, string | undefined>();
  const keyOf = ({ root, path }: { readonly root: number; readonly path: string }) =>
    fileKey(roots[root]!.key, roots[root]!.below(path));
  return {
    *keys() {
      const known = new Set(byKey.keys());
      for (const file of table.files()) known.add(keyOf(file));
      yield* known;
      for (const key of former.keys()) if (!known.has(key)) yield key;
    },
    get(key) {
      const place = placeOfKey(key);
      const root = byKey.get(place.root);
      if (!root) return undefined;
      if (place.below === undefined) return root.keptIdentity ?? former.get(key);
      return claimsRecord(table.claimsIn(root.index, root.path + place.below)) ?? former.get(key);
    },
    takeChanged() {
      const moved = roots.filter((root) => told.get(root) !== root.keptIdentity);
      for (const root of moved) told.set(root, root.keptIdentity);
      return [...moved.map(({ key }) => key), ...table.takeChanged().map(keyOf)];
    },
  };
}
