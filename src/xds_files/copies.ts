import type { Clock, Logger, Metrics } from "../telemetry/mod.ts";
import type { EnvoySnapshot, XdsStreamLimits } from "../xds/mod.ts";
import { XdsCache } from "../xds/mod.ts";
import { denoDisk, type Disk } from "./disk.ts";
import { roleFolder } from "./layout.ts";
import { RoleCopy } from "./role_copy.ts";

/** What the copies of all roles need. */
export interface CopiesOptions {
  /** Absolute path of a folder that is there; each role gets one in it. */
  readonly folder: string;
  readonly cache: XdsCache;
  /** Read at each use. */
  readonly limits: XdsStreamLimits;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Default: Deno's. */
  readonly disk?: Disk;
}

/** The copies that are kept. */
export interface Copies {
  /** Resolves when nothing more can be written now; gives what failed, by role. */
  settled(): Promise<ReadonlyMap<string, string>>;
  /** Ends when what is being written is written. */
  stop(): Promise<void>;
}

/** Keeps files of all that the cache is set to, for Envoys that read them in place of asking Sluice. */
export function keepCopies(options: CopiesOptions): Copies {
  const { folder, cache, disk = denoDisk } = options;
  const copies = new Map<string, RoleCopy>();
  const stopWatching = cache.watchRoles((role) => {
    if (copies.has(role)) return;
    const source = cache.source(role);
    copies.set(role, new RoleCopy({ ...options, disk, role, folder: roleFolder(folder, role), source }));
  });
  return {
    async settled() {
      const failures = new Map<string, string>();
      for (const [role, copy] of copies) {
        const failure = await copy.settled();
        if (failure !== undefined) failures.set(role, failure);
      }
      return failures;
    },
    async stop() {
      stopWatching();
      await Promise.all([...copies.values()].map((copy) => copy.stop()));
    },
  };
}

/** Writes the files of one EnvoySnapshot once. Rejects where they cannot be written. */
export async function writeCopy(
  role: string,
  snapshot: EnvoySnapshot,
  options: Pick<CopiesOptions, "folder" | "clock" | "logger" | "metrics">,
): Promise<void> {
  const cache = new XdsCache();
  cache.setSnapshot(role, snapshot);
  const copies = keepCopies({ ...options, cache, limits: { clusterWaitMs: 0, graceMs: 0 } });
  const failures = await copies.settled();
  await copies.stop();
  for (const failure of failures.values()) throw new Error(failure);
}
