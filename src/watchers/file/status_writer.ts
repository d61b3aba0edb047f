import { type Kind, KINDS, type ResourceId } from "../../api/mod.ts";
import type { ResourceStatus, StatusWriter } from "../../report/mod.ts";
import { dumpYaml } from "../yaml/mod.ts";

/** Kinds whose statuses Gloo's gateway translation reports; the others are reported by "gloo". */
const GATEWAY_KINDS: ReadonlySet<Kind> = new Set<Kind>([
  "Gateway",
  "MatchableHttpGateway",
  "MatchableTcpGateway",
  "RouteOption",
  "RouteTable",
  "VirtualHostOption",
  "VirtualService",
]);

/** How many files are written at the same time. */
const PARALLEL = 16;

/**
 * Writes each status to `<folder>/<plural>/<namespace>/<name>.yaml`, in the shape that Gloo puts into the resource itself:
 * the users' own files are never touched. A file appears whole or not at all. What an earlier run left of resources that
 * are gone is cleaned up with the first write. A file that cannot be written is told to `onError` and tried again with
 * the next change of that status.
 */
export function createFileStatusWriter(
  folder: string,
  controllerNamespace: string,
  onError: (path: string, error: unknown) => void,
): StatusWriter {
  let stale: Promise<Set<string>> | undefined = listFiles(folder).catch((error) => {
    onError(folder, error);
    return new Set<string>();
  });
  const attempt = async (path: string, action: () => Promise<void>): Promise<void> => {
    try {
      await action();
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) onError(path, error);
    }
  };
  return {
    async write(changed, removed) {
      const old = await stale ?? new Set<string>();
      stale = undefined;
      const named = changed.filter(isNamed);
      for (const status of named) old.delete(pathOf(folder, status));
      for (const id of removed.filter(isNamed)) old.add(pathOf(folder, id));
      await inParallel(named, (status) => {
        const path = pathOf(folder, status);
        return attempt(path, () => replaceFile(path, statusText(status, controllerNamespace)));
      });
      await inParallel([...old], (path) => attempt(path, () => Deno.remove(path)));
    },
  };
}

/** A faulty document may have any name, `../../x` too; only such as Kubernetes allows become part of a path. */
function isNamed({ namespace, name }: ResourceId): boolean {
  return [namespace, name].every((part) => /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/.test(part) && !part.includes(".."));
}

function pathOf(folder: string, id: ResourceId): string {
  return `${folder}/${KINDS[id.kind].plural}/${id.namespace}/${id.name}.yaml`;
}

/** The status as Gloo's `namespacedStatuses`; `details` is Sluice's, one entry a report. */
function statusText(status: ResourceStatus, controllerNamespace: string): string {
  const { kind, namespace, name, state, reason, messages, reports } = status;
  const entry = {
    state,
    reportedBy: GATEWAY_KINDS.has(kind) ? "gateway" : "gloo",
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

async function listFiles(folder: string): Promise<Set<string>> {
  const found = new Set<string>();
  const visit = async (path: string, depth: number): Promise<void> => {
    for await (const entry of Deno.readDir(path)) {
      const inner = `${path}/${entry.name}`;
      if (entry.isDirectory && depth < 2) await visit(inner, depth + 1);
      else if (entry.isFile && depth === 2) found.add(inner);
    }
  };
  try {
    await visit(folder, 0);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return found;
}

async function inParallel<T>(items: T[], work: (item: T) => Promise<void>): Promise<void> {
  const next = async (): Promise<void> => {
    for (let item = items.pop(); item !== undefined; item = items.pop()) await work(item);
  };
  await Promise.all(Array.from({ length: PARALLEL }, next));
}
