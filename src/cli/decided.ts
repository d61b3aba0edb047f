import { resolve } from "node:path";
import { configFault, type Root, type ServeConfig } from "./config.ts";

/** In the state folder: the part of it that Sluice keeps for its next start, for its owner alone. */
export const SERVED_FOLDER = "served";
const FILE = "decided.json";

/** What Settings decided of a configuration when Sluice ran last, so that it can start with that before it reads them. */
interface Decided {
  /** {@link stateKey} of the configuration that it is for. */
  readonly of: string;
  readonly xdsAddress: string;
  readonly writeNamespace: string;
  readonly roots: readonly Root[];
}

/** Equal where flags ask for the same configuration, so that what was kept of one run is of use to another. */
export function stateKey({ roots, settingsDir, namespace, cluster }: ServeConfig): string {
  const own = roots.filter((root) => !root.fromSettings).map(({ path }) => resolve(path));
  const from = cluster ? [cluster.server] : [];
  return JSON.stringify([own, settingsDir === undefined ? null : resolve(settingsDir), namespace, ...from]);
}

/** What is kept of this configuration, as text. */
export function decidedText(config: ServeConfig): string {
  const { xdsAddress, writeNamespace, roots } = config;
  return JSON.stringify({ of: stateKey(config), xdsAddress, writeNamespace, roots } satisfies Decided);
}

/** Where it is kept. */
export const decidedPath = (stateDir: string): string => `${stateDir}/${SERVED_FOLDER}/${FILE}`;

/**
 * The configuration with what Settings decided of it last; undefined where nothing is known, or it would not be safe now. It
 * is a guess: where Settings say otherwise by now, the Worker is started again with what they say.
 */
export function withDecided(config: ServeConfig): ServeConfig | undefined {
  const decided = readDecided(config.stateDir);
  if (decided?.of !== stateKey(config)) return undefined;
  const { xdsAddress, writeNamespace, roots } = decided;
  const next = {
    ...config,
    xdsAddress: config.fixed.includes("xdsAddress") ? config.xdsAddress : xdsAddress,
    writeNamespace: config.fixed.includes("namespace") ? config.writeNamespace : writeNamespace,
    roots: config.settingsDir === undefined ? config.roots : roots,
  };
  return configFault(next) === undefined ? next : undefined;
}

function readDecided(stateDir: string): Decided | undefined {
  try {
    return JSON.parse(Deno.readTextFileSync(decidedPath(stateDir))) as Decided;
  } catch {
    // It is only a guess: without it Sluice starts as it would for the first time.
    return undefined;
  }
}
