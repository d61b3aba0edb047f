import { KINDS, type ResourceId } from "../../api/mod.ts";
import type { ResourceStatus, StatusWriter } from "../../report/mod.ts";
import { rest, runInSlices, systemClock } from "../../telemetry/mod.ts";
import { dumpYaml } from "../yaml/mod.ts";
import { GENTLY } from "./rests.ts";
import { reporterOf } from "../reporter.ts";

/** How many files are written at the same time. */
const PARALLEL = 32;
/** Milliseconds of rest between such batches. */
const REST_MS = 10;

/**
 * Writes each status to `<folder>/<plural>/<namespace>/<name>.yaml`, in the shape that Gloo puts into the resource itself:
 * the users' own files are never touched. A file appears whole or not at all. The first write leaves alone what an earlier
 * run wrote alike, and cleans up what it left of resources that are gone. Many files are written with rests, so that
 * streams have the thread. A file that cannot be written is told to `onError` and tried again with the next change of that
 * status.
 */
export function createFileStatusWriter(
  folder: string,
  controllerNamespace: string,
  onError: (path: string, error: unknown) => void,
): StatusWriter {
  let isFirst = true;
  const attempt = async (path: string, action: () => Promise<void>): Promise<void> => {
    try {
      await action();
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) onError(path, error);
    }
  };
  return {
    async write(changed, removed) {
      const files = changed.filter(isNamed).map((status) => ({ path: pathOf(folder, status), status }));
      let wanted = files.map(({ path, status }) => ({ path, text: () => statusText(status, controllerNamespace) }));
      const old = new Set<string>();
      if (isFirst) {
        isFirst = false;
        await attempt(folder, () => listFiles(folder, old));
        wanted = await withoutEqual(wanted, old);
        for (const { path } of files) old.delete(path);
      }
      for (const id of removed.filter(isNamed)) old.add(pathOf(folder, id));
      await inBatches(wanted, ({ path, text }) => attempt(path, () => replaceFile(path, text())));
      await inBatches([...old], (path) => attempt(path, () => Deno.remove(path)));
    },
  };
}

interface WantedFile {
  readonly path: string;
  readonly text: () => string;
}

/** Those of which no file of this text is among the files that there are. */
async function withoutEqual(wanted: readonly WantedFile[], there: ReadonlySet<string>): Promise<WantedFile[]> {
  const left: WantedFile[] = [];
  function* compare(): Generator<void, void> {
    for (const file of wanted) {
      if (!there.has(file.path) || !holds(file.path, file.text())) left.push(file);
      yield;
    }
  }
  await runInSlices(compare(), systemClock, GENTLY);
  return left;
}

function holds(path: string, text: string): boolean {
  try {
    return Deno.readTextFileSync(path) === text;
  } catch {
    // It is written anew, and told if that fails too.
    return false;
  }
}

/** A faulty document may have any name, `../../x` too; only such as Kubernetes allows become part of a path. */
function isNamed({ namespace, name }: ResourceId): boolean {
  return [namespace, name].every((part) => /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/.test(part) && !part.includes(".."));
}

function pathOf(folder: string, id: ResourceId): string {
  return `${folder}/${KINDS[id.kind].plural}/${id.namespace}/${id.name}.yaml`;
}

/** The status as Gloo's `namespacedStatuses`; `details` is Sluice's, one entry a report. */
export function statusText(status: ResourceStatus, controllerNamespace: string): string {
  const { kind, namespace, name, state, reason, messages, reports } = status;
  const reportedBy = reporterOf(kind);
  const isBare = reason === "" && messages.length === 0 && reports.length === 0;
  if (isBare && [namespace, name, controllerNamespace].every(isPlain)) {
    // Of ten thousand statuses nearly all are like this, and the library takes ten times as long.
    return `kind: ${kind}\nmetadata:\n  name: ${name}\n  namespace: ${namespace}\n` +
      `namespacedStatuses:\n  statuses:\n    ${controllerNamespace}:\n      state: ${state}\n      reportedBy: ${reportedBy}\n`;
  }
  const entry = {
    state,
    reportedBy,
    ...(reason ? { reason } : {}),
    ...(messages.length > 0 ? { messages } : {}),
    ...(reports.length > 0
      ? {
        details: {
          reports: reports.map(({ severity, code, path, message, location }) => ({
            severity,
            code,
            ...(path ? { path } : {}),
            message,
            ...(location ? { location: { ...location } } : {}),
          })),
        },
      }
      : {}),
  };
  return dumpYaml({
    kind,
    metadata: { name, namespace },
    namespacedStatuses: { statuses: { [controllerNamespace]: entry } },
  });
}

/** True where the text stands in YAML as it is: no number, no date, no word like `no` or `null`. */
const isPlain = (text: string): boolean => /^[a-z](?:[a-z0-9.-]{0,100}[a-z0-9])?$/.test(text) && !SPECIAL.has(text);

/** What some version of YAML reads as something else than text. */
const SPECIAL: ReadonlySet<string> = new Set(["null", "true", "false", "yes", "no", "on", "off", "y", "n"]);

async function replaceFile(path: string, text: string): Promise<void> {
  const folder = path.slice(0, path.lastIndexOf("/"));
  const draft = `${folder}/.${path.slice(folder.length + 1)}.draft`;
  try {
    await Deno.writeTextFile(draft, text);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    await Deno.mkdir(folder, { recursive: true });
    await Deno.writeTextFile(draft, text);
  }
  await Deno.rename(draft, path);
}

/** Puts the status files that there are into `found`. */
async function listFiles(folder: string, found: Set<string>): Promise<void> {
  const visit = async (path: string, depth: number): Promise<void> => {
    for await (const entry of Deno.readDir(path)) {
      const inner = `${path}/${entry.name}`;
      if (entry.isDirectory && depth < 2) await visit(inner, depth + 1);
      else if (entry.isFile && depth === 2) found.add(inner);
    }
  };
  await visit(folder, 0);
}

async function inBatches<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  for (let start = 0; start < items.length; start += PARALLEL) {
    if (start > 0) await rest(systemClock, REST_MS);
    await Promise.all(items.slice(start, start + PARALLEL).map(work));
  }
}
