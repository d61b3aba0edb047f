import { Fingerprint } from "./fingerprint.ts";
import type { EnvoySnapshot, ResourceSet, XdsResource } from "./resource.ts";
import { diffSets } from "./set_diff.ts";

/** What one change of a role's snapshot took away, and what else it did to clusters. */
export interface Removed {
  readonly clusters: readonly XdsResource[];
  readonly endpoints: readonly XdsResource[];
  readonly secrets: readonly XdsResource[];
  /** Clusters that are new, and the new form of those that changed: name and version. */
  readonly added: readonly (readonly [name: string, version: string])[];
  /** The form before of clusters that changed: name and version. */
  readonly changed: readonly (readonly [name: string, version: string])[];
}

/** A client's clusters, found again. */
export interface FoundAgain {
  /** The present snapshot, with what the client still has besides. */
  readonly snapshot: EnvoySnapshot;
  /** The client lacks some of the present clusters. */
  readonly behind: boolean;
}

/** So many changes are remembered. */
const REMEMBERED = 16;

type Lost = "clusters" | "endpoints" | "secrets";

/**
 * How a role's snapshot changed of late, the last change first. A client whose stream ends has what it was told of some of
 * them, and what was removed within the grace; so it can be known again when it comes back.
 */
export class Lately {
  #removed: readonly Removed[];

  constructor(removed: readonly Removed[] = []) {
    this.#removed = removed;
  }

  get removed(): readonly Removed[] {
    return this.#removed;
  }

  /** The role's snapshot changed. Gives whether its clusters, endpoints or secrets are others now by more than their content. */
  add(before: EnvoySnapshot, after: EnvoySnapshot): boolean {
    const lost = (type: Lost) => diffSets(before[type], after[type]).removed.map((name) => before[type].get(name)!);
    const { changed, updated } = diffSets(before.clusters, after.clusters);
    const removed: Removed = {
      clusters: lost("clusters"),
      endpoints: lost("endpoints"),
      secrets: lost("secrets"),
      added: changed.map(({ name, version }) => [name, version] as const),
      changed: updated.map(({ name }) => [name, before.clusters.get(name)!.version] as const),
    };
    const count = removed.clusters.length + removed.endpoints.length + removed.secrets.length + removed.added.length;
    if (count > 0) this.#removed = [removed, ...this.#removed].slice(0, REMEMBERED);
    return count > 0;
  }

  /** Which of the clusters that there were a client has, by their version: those of a time, with what was removed before it. */
  find(snapshot: EnvoySnapshot, clusterVersion: string): FoundAgain | undefined {
    const base = new Map([...snapshot.clusters.values()].map(({ name, version }) => [name, version] as const));
    for (let back = 0;; back++) {
      const far = this.#reach(base, back, clusterVersion);
      if (far !== undefined) return { snapshot: union(snapshot, this.#removed.slice(0, far)), behind: back > 0 };
      const step = this.#removed[back];
      if (step === undefined) return undefined;
      for (const [name] of step.added) base.delete(name);
      for (const [name, version] of step.changed) base.set(name, version);
      for (const { name, version } of step.clusters) base.set(name, version);
    }
  }

  /** How many changes have to be looked back to, at least `back`, so that `base` with what they removed has this version. */
  #reach(base: ReadonlyMap<string, string>, back: number, clusterVersion: string): number | undefined {
    const sum = new Fingerprint();
    const has = new Set(base.keys());
    for (const [name, version] of base) sum.addNamed(name, version);
    if (back > 0 && sum.text === clusterVersion) return back;
    for (let far = back; far < this.#removed.length; far++) {
      for (const cluster of this.#removed[far]!.clusters) {
        if (has.has(cluster.name)) continue;
        has.add(cluster.name);
        sum.add(cluster);
      }
      if (sum.text === clusterVersion) return far + 1;
    }
    return undefined;
  }
}

/** Of several forms of a name the last counts. */
function union(snapshot: EnvoySnapshot, removed: readonly Removed[]): EnvoySnapshot {
  const all = (type: Lost): ResourceSet => {
    const old = removed.toReversed().flatMap((one) => one[type]).map((resource) => [resource.name, resource] as const);
    return new Map([...old.filter(([name]) => !snapshot[type].has(name)), ...snapshot[type]]);
  };
  return { ...snapshot, clusters: all("clusters"), endpoints: all("endpoints"), secrets: all("secrets") };
}
