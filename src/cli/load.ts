import { opendir, stat } from "node:fs/promises";
import type { Spec } from "../api/mod.ts";
import { plugins } from "../plugins/mod.ts";
import { compareReports, isSourceRef, type Report, secretRedactor } from "../report/mod.ts";
import { EMPTY_MEMORY, statusesOf, translate, type TranslatedProxy } from "../syncer/mod.ts";
import { systemClock } from "../telemetry/mod.ts";
import { type Arguments, type Command, type Flag, type Terminal, UsageError } from "./command.ts";
import { directorySources, namespaceFrom, writeNamespaceOf } from "./config.ts";
import { type FoldersRead, readFolders, settingsOf } from "./read_folders.ts";
import { directoryRoots, watchedNamespaces } from "./roots.ts";
import { peekSettings } from "./peek_settings.ts";
import { environment, type Grant } from "./permissions.ts";
import { loadSettings } from "./settings.ts";

/** The flags of commands that read a configuration once; they read what `serve` with the same words would. */
export const SOURCE_FLAGS: Readonly<Record<string, Flag>> = {
  dir: { type: "text", value: "DIR", doc: "Gloo's own layout, as sluice serve --dir reads it" },
  namespace: {
    type: "text",
    short: "n",
    doc: "namespace of Gateways, Proxies and Settings",
    default: "$POD_NAMESPACE or gloo-system",
  },
};

/** A configuration that was read and translated once. */
export interface LoadedConfiguration {
  /** What was read, for messages: `examples and /etc/sluice`. */
  readonly source: string;
  readonly proxies: readonly TranslatedProxy[];
  /** Of reading and of translation, each once, with its place in the file where there is one, in the order of files. */
  readonly reports: readonly Report[];
  readonly resources: number;
  /** A replacer for JSON.stringify that hides what Secrets hold. */
  readonly redact: (key: string, value: unknown) => unknown;
}

/** Whether a command was given folders to read. */
export function readsFolders(args: Arguments): boolean {
  return args.positionals.length > 0 || args.text("dir") !== undefined;
}

/** What reading them needs. */
export function sourceNeeds(args: Arguments, terminal: Terminal): Grant[] {
  const read = (value: string, reason: string): Grant => ({ permission: "read", value, reason });
  const dir = args.text("dir");
  const settings = dir === undefined ? undefined : peekSettings(dir, namespaceFrom(args, terminal.env));
  return [
    ...args.positionals.map((path) => read(path, "configuration")),
    ...(dir === undefined ? [] : [read(dir, "Settings")]),
    ...(settings ? directorySources(settings).map(({ path }) => read(path, "configuration, as Settings say")) : []),
    ...(args.text("namespace") === undefined ? environment(["POD_NAMESPACE"]) : []),
  ];
}

/** Reads the folders that a command was given, as `serve` would, and translates what is in them. */
export async function loadConfiguration(
  { name }: Command,
  args: Arguments,
  terminal: Terminal,
): Promise<LoadedConfiguration> {
  const [folders, dir] = [args.positionals, args.text("dir")];
  if (folders.length === 0 && dir === undefined) throw new UsageError(`which folder? sluice ${name} DIR`);
  for (const path of dir === undefined ? folders : [dir, ...folders]) await assertReadable(path);
  const namespace = namespaceFrom(args, terminal.env);
  const named = dir === undefined ? [] : directorySources(await settingsIn(dir, namespace));
  const roots = directoryRoots({ settingsDir: dir, roots: [...folders.map((path) => ({ path })), ...named] });
  let read = await readFolders(roots, namespace);
  const settings = settingsOf(read.snapshot, namespace);
  const writeNamespace = writeNamespaceOf(namespace, args.text("namespace") !== undefined, settings);
  const namespaces = watchedNamespaces(writeNamespace, settings);
  if (namespaces) read = await readFolders(roots, namespace, namespaces);
  return {
    source: [...(dir === undefined ? [] : [dir]), ...folders].join(" and "),
    ...translated(read, settings, writeNamespace),
  };
}

/** What cannot be looked into at all would otherwise pass for an empty folder. */
async function assertReadable(path: string): Promise<void> {
  try {
    if ((await stat(path)).isDirectory()) await (await opendir(path)).close();
  } catch (error) {
    if ((error as { code?: string }).code === "ENOENT") throw new UsageError(`there is no ${path}`);
    throw error;
  }
}

async function settingsIn(dir: string, namespace: string) {
  const { settings, problem } = await loadSettings(dir, namespace);
  if (!settings) throw new UsageError(problem);
  return settings;
}

function translated(
  { snapshot, reports: found, locate }: FoldersRead,
  settings: Spec<"Settings">,
  writeNamespace: string,
): Omit<LoadedConfiguration, "source"> {
  const work = translate({
    snapshot,
    settings,
    writeNamespace,
    plugins,
    memory: EMPTY_MEMORY,
    now: systemClock.now(),
  });
  let step = work.next();
  while (!step.done) step = work.next();
  const { proxies, reports } = step.value;
  const statuses = statusesOf({ snapshot, reports: [...found, ...reports], held: [], hasProxy: proxies.length > 0 });
  const all = [...found.filter(({ ref }) => isSourceRef(ref)), ...statuses.flatMap((one) => one.reports)];
  const located = all.map((report) => {
    const location = report.location ?? locate(report);
    return location ? { ...report, location } : report;
  });
  return {
    proxies,
    reports: located.sort((a, b) => comparePlaces(a, b) || compareReports(a, b)),
    resources: snapshot.size,
    redact: secretRedactor(snapshot.list("Secret")),
  };
}

/** By file, line and column; what has no place comes first. */
function comparePlaces({ location: a }: Report, { location: b }: Report): number {
  const [x, y] = [a?.file ?? "", b?.file ?? ""];
  if (x !== y) return x < y ? -1 : 1;
  return (a?.line ?? 0) - (b?.line ?? 0) || (a?.column ?? 0) - (b?.column ?? 0);
}
