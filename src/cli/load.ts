import { ALL_KINDS, type Spec } from "../api/mod.ts";
import { plugins } from "../plugins/mod.ts";
import { compareReports, isSourceRef, type Report, secretRedactor } from "../report/mod.ts";
import { createSchema } from "../schema/mod.ts";
import { type ApiSnapshot, Emitter } from "../snapshot/mod.ts";
import { EMPTY_MEMORY, statusesOf, translate, type TranslatedProxy } from "../syncer/mod.ts";
import { systemClock } from "../telemetry/mod.ts";
import { createDirectoryClient, type DirectoryRoot, parseYaml } from "../watchers/mod.ts";
import { DEFAULT_SETTINGS_NAME } from "./config.ts";

/** A configuration that was read and translated once. */
export interface LoadedConfiguration {
  readonly proxies: readonly TranslatedProxy[];
  /** Of reading and of translation, each once, with its place in the file where there is one. */
  readonly reports: readonly Report[];
  readonly resources: number;
  /** A replacer for JSON.stringify that hides what Secrets hold. */
  readonly redact: (key: string, value: unknown) => unknown;
}

/** Reads folders as `serve` would, and translates what is in them. */
export async function loadConfiguration(
  folders: readonly string[],
  namespace: string,
): Promise<LoadedConfiguration> {
  const { snapshot, reports: found, locate } = await readFolders(
    folders.map((path) => ({ path, layout: "mixed" })),
    namespace,
  );
  const settings = settingsOf(snapshot, namespace);
  const work = translate({
    snapshot,
    settings,
    writeNamespace: namespace,
    plugins,
    memory: EMPTY_MEMORY,
    now: systemClock.now(),
  });
  let step = work.next();
  while (!step.done) step = work.next();
  const { proxies, reports } = step.value;
  const statuses = statusesOf({ snapshot, reports: [...found, ...reports], held: [], hasProxy: proxies.length > 0 });
  const all = [...found.filter(({ ref }) => isSourceRef(ref)), ...[...statuses.values()].flatMap((one) => one.reports)];
  return {
    proxies,
    reports: all.sort(compareReports).map((report) => {
      const location = report.location ?? locate(report);
      return location ? { ...report, location } : report;
    }),
    resources: snapshot.size,
    redact: secretRedactor(snapshot.list("Secret")),
  };
}

/** The Settings that `serve` would follow. */
export function settingsOf(snapshot: ApiSnapshot, namespace: string): Spec<"Settings"> {
  return snapshot.get("Settings", { namespace, name: DEFAULT_SETTINGS_NAME })?.spec ?? {};
}

/** One look at folders: an ApiSnapshot, what is wrong in them, and where a report's path stands. */
export async function readFolders(roots: readonly DirectoryRoot[], namespace: string): Promise<{
  snapshot: ApiSnapshot;
  reports: readonly Report[];
  locate: (report: Report) => Report["location"];
}> {
  const { decode } = createSchema(plugins, { parseText: parseOneDocument });
  const client = createDirectoryClient({ roots, decode, defaultNamespace: namespace });
  const emitter = new Emitter({ clients: [client], interest: { kinds: ALL_KINDS }, clock: systemClock });
  const ended = new AbortController();
  const first = new Promise<ApiSnapshot>((resolve) => emitter.subscribe(resolve));
  const running = emitter.run(ended.signal);
  const snapshot = await first;
  const reports = emitter.reports();
  ended.abort();
  await running;
  return { snapshot, reports, locate: (report) => client.locate?.(report.ref, report.path) };
}

/** The value of a text with one YAML document. Throws where it is none. */
export function parseOneDocument(text: string): unknown {
  const parsed = parseYaml(text);
  if ("fault" in parsed) throw new TypeError(parsed.fault.message);
  return parsed.value;
}
