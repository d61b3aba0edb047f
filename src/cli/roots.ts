import type { Spec } from "../api/mod.ts";
import type { DirectoryRoot } from "../watchers/mod.ts";
import type { Root, ServeConfig } from "./config.ts";

/** The folders of a configuration as the file watcher takes them. Settings' own folder comes first. */
export function directoryRoots({ roots, settingsDir }: Pick<ServeConfig, "roots" | "settingsDir">): DirectoryRoot[] {
  const settings: DirectoryRoot[] = settingsDir === undefined
    ? []
    : [{ path: settingsDir, layout: "one-kind", kind: "Settings" }];
  return [...settings, ...roots.map(directoryRoot)];
}

function directoryRoot({ path, kind }: Root): DirectoryRoot {
  return kind ? { path, layout: "one-kind", kind } : { path, layout: "mixed" };
}

/** Gloo: no namespaces means all; the namespace that Sluice writes to is always among them. */
export function watchedNamespaces(own: string, { watchNamespaces = [] }: Spec<"Settings">): string[] | undefined {
  const named = watchNamespaces.filter((namespace) => namespace !== "");
  return named.length === 0 ? undefined : [...new Set([...named, own])];
}
