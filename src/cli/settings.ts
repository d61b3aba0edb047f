import type { Spec } from "../api/mod.ts";
import { readFolders, settingsOf } from "./read_folders.ts";
import { noSettings } from "./settings_file.ts";

/** Reads Gloo's Settings file, `<dir>/<namespace>/default.yaml`; or says why it cannot be used. */
export async function loadSettings(
  dir: string,
  namespace: string,
): Promise<{ settings: Spec<"Settings">; problem?: undefined } | { settings?: undefined; problem: string }> {
  const { snapshot, reports } = await readFolders([{ path: dir, layout: "one-kind", kind: "Settings" }], namespace);
  const settings = settingsOf(snapshot, namespace);
  if (snapshot.get("Settings", { namespace, name: "default" })) return { settings };
  return { problem: noSettings(dir, namespace, reports) };
}
