import { Fingerprint } from "./fingerprint.ts";
import type { EnvoySnapshot, ResourceSet, XdsResource } from "./resource.ts";
import { diffSets } from "./set_diff.ts";

/** What one change of a role's snapshot took away. */
export interface Removed {
  readonly clusters: readonly XdsResource[];
  readonly endpoints: readonly XdsResource[];
  readonly secrets: readonly XdsResource[];
}

/** So many changes are remembered. */
const REMEMBERED = 16;

/**
 * What was taken away from a role's snapshot of late, the last first. A client whose stream ends within the grace of removed
 * clusters has what is there and some of these; so it can be known again when it comes back.
 */
export class Lately {
  #removed: readonly Removed[];

  constructor(removed: readonly Removed[] = []) {
    this.#removed = removed;
  }

  get removed(): readonly Removed[] {
    return this.#removed;
  }

  /** The role's snapshot changed. Gives whether it lost anything. */
  add(before: EnvoySnapshot, after: EnvoySnapshot): boolean {
    const lost = (type: keyof Removed) =>
      diffSets(before[type], after[type]).removed.map((name) => before[type].get(name)!);
    const removed: Removed = { clusters: lost("clusters"), endpoints: lost("endpoints"), secrets: lost("secrets") };
    if (removed.clusters.length + removed.endpoints.length + removed.secrets.length === 0) return false;
    this.#removed = [removed, ...this.#removed].slice(0, REMEMBERED);
    return true;
  }

  /** The snapshot with what was removed of late, as far back as gives clusters of this version; undefined where none does. */
  with(snapshot: EnvoySnapshot, clusterVersion: string): EnvoySnapshot | undefined {
    const sum = new Fingerprint();
    for (const cluster of snapshot.clusters.values()) sum.add(cluster);
    const seen = new Set<string>();
    for (const [i, { clusters }] of this.#removed.entries()) {
      for (const cluster of clusters) {
        if (snapshot.clusters.has(cluster.name) || seen.has(cluster.name)) continue;
        seen.add(cluster.name);
        sum.add(cluster);
      }
      if (sum.text === clusterVersion) return union(snapshot, this.#removed.slice(0, i + 1));
    }
    return undefined;
  }
}

/** Of several forms of a name the last counts. */
function union(snapshot: EnvoySnapshot, removed: readonly Removed[]): EnvoySnapshot {
  const all = (type: keyof Removed): ResourceSet => {
    const old = removed.toReversed().flatMap((one) => one[type]).map((resource) => [resource.name, resource] as const);
    return new Map([...old.filter(([name]) => !snapshot[type].has(name)), ...snapshot[type]]);
  };
  return { ...snapshot, clusters: all("clusters"), endpoints: all("endpoints"), secrets: all("secrets") };
}
