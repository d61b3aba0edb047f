import { ALL_KINDS, type Spec } from "../api/mod.ts";
import { plugins } from "../plugins/mod.ts";
import type { Report } from "../report/mod.ts";
import { createSchema } from "../schema/mod.ts";
import { type ApiSnapshot, Emitter } from "../snapshot/mod.ts";
import { systemClock } from "../telemetry/mod.ts";
import { createDirectoryClient, type DirectoryRoot, parseYaml } from "../watchers/mod.ts";
import { DEFAULT_SETTINGS_NAME } from "./config.ts";

/** What one look at folders found. */
export interface FoldersRead {
  readonly snapshot: ApiSnapshot;
  readonly reports: readonly Report[];
  /** Where a report's path stands in a file. */
  readonly locate: (report: Report) => Report["location"];
}

/** Looks at folders once. Without `namespaces`, all are of interest. */
export async function readFolders(
  roots: readonly DirectoryRoot[],
  namespace: string,
  namespaces?: readonly string[],
): Promise<FoldersRead> {
  const { decode } = createSchema(plugins, { parseText: parseOneDocument });
  const client = createDirectoryClient({ roots, decode, defaultNamespace: namespace });
  const emitter = new Emitter({
    clients: [client],
    interest: { kinds: ALL_KINDS, ...(namespaces ? { namespaces } : {}) },
    clock: systemClock,
  });
  const ended = new AbortController();
  const first = new Promise<ApiSnapshot>((resolve) => emitter.subscribe(resolve));
  const running = emitter.run(ended.signal);
  const snapshot = await first;
  const reports = emitter.reports();
  ended.abort();
  await running;
  return { snapshot, reports, locate: (report) => client.locate?.(report.ref, report.path) };
}

const NO_SETTINGS: Spec<"Settings"> = {};

/** The Settings that `serve` would follow; the same object while they are the same. */
export function settingsOf(snapshot: ApiSnapshot, namespace: string): Spec<"Settings"> {
  return snapshot.get("Settings", { namespace, name: DEFAULT_SETTINGS_NAME })?.spec ?? NO_SETTINGS;
}

/** The value of a text with one YAML document. Throws where it is none. */
export function parseOneDocument(text: string): unknown {
  const parsed = parseYaml(text);
  if ("fault" in parsed) throw new TypeError(parsed.fault.message);
  return parsed.value;
}
