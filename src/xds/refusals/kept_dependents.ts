import type { EnvoySnapshot, ResourceSet, XdsResource } from "../resource.ts";
import type { ClientHold } from "./client_hold.ts";

/**
 * Clusters of one client whose new form needs a secret that the client refuses: they would serve without it. They go on in the
 * form that was accepted before; new ones stay away.
 */
export class KeptDependents {
  /** The form before, undefined where there is none, for as long as a secret is missing. */
  readonly #before = new Map<string, XdsResource | undefined>();
  #absentClusters: readonly string[] = [];

  /** Clusters of the last view that the client refuses, or that stay away, and that it has in no form. */
  get absentClusters(): readonly string[] {
    return this.#absentClusters;
  }

  /**
   * @param accepted The clusters that the client accepted of late, the last first. Envoy 1.40 accepts a cluster before it
   * refuses its secret.
   */
  over(laid: EnvoySnapshot, holds: readonly ClientHold[], accepted: readonly ResourceSet[]): EnvoySnapshot {
    this.#absentClusters = absent(holds, "cluster");
    const secrets = new Set(absent(holds, "secret"));
    const lacks = ({ refs }: XdsResource) => refs.secrets?.some((name) => secrets.has(name)) ?? false;
    const lacking = secrets.size === 0 ? [] : [...laid.clusters.values()].filter(lacks);
    this.#remember(lacking, (name) => {
      const forms = accepted.flatMap((clusters) => clusters.get(name) ?? []);
      return forms.find((form) => !lacks(form));
    });
    if (lacking.length === 0) return laid;
    const clusters = new Map(laid.clusters);
    for (const { name } of lacking) {
      const before = this.#before.get(name);
      if (before) clusters.set(name, before);
      else clusters.delete(name);
    }
    const gone = lacking.filter(({ name }) => !clusters.has(name));
    this.#absentClusters = [...this.#absentClusters, ...gone.map(({ name }) => name)];
    return { ...laid, clusters };
  }

  #remember(lacking: readonly XdsResource[], before: (name: string) => XdsResource | undefined): void {
    const names = new Set(lacking.map(({ name }) => name));
    for (const name of this.#before.keys()) if (!names.has(name)) this.#before.delete(name);
    for (const name of names) if (!this.#before.has(name)) this.#before.set(name, before(name));
  }
}

function absent(holds: readonly ClientHold[], type: ClientHold["type"]): string[] {
  return holds.flatMap((hold) => hold.type === type && hold.what === "resource" && !hold.instead ? [hold.name] : []);
}
