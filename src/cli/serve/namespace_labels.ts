import { matchesLabels, type Spec } from "../../api/mod.ts";
import { type ApiClient, type KubeObject, type ObjectChange, Reflector } from "../../kubernetes/mod.ts";
import type { Clock, Logger } from "../../telemetry/mod.ts";

type Selectors = NonNullable<Spec<"Settings">["watchNamespaceSelectors"]>;

interface Namespace {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}

export interface NamespaceLabelsOptions {
  readonly api: ApiClient;
  /** Namespaces came, went, or have other labels. */
  readonly onChange: () => void;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Which namespaces Settings' `watchNamespaceSelectors` choose. Namespaces are watched from when somebody asks for the first
 * time; until they are known, none is chosen.
 */
export class NamespaceLabels {
  readonly #options: NamespaceLabelsOptions;
  readonly #namespaces = new Map<string, Namespace>();
  readonly #ended = new AbortController();
  #follows = false;

  constructor(options: NamespaceLabelsOptions) {
    this.#options = options;
  }

  /** In order of their names. A namespace is chosen that any of the selectors matches. */
  chosen(selectors: Selectors): string[] {
    if (selectors.length === 0) return [];
    if (!this.#follows) this.#follow();
    const chosen = [...this.#namespaces.values()].filter(({ labels }) =>
      selectors.some(({ matchLabels, matchExpressions }) =>
        matchesLabels(labels, matchLabels, matchExpressions as Parameters<typeof matchesLabels>[2])
      )
    );
    return chosen.map(({ name }) => name).sort();
  }

  close(): void {
    this.#ended.abort();
  }

  #follow(): void {
    this.#follows = true;
    const { api, clock, logger, onChange } = this.#options;
    const reflector = new Reflector<Namespace>({
      api,
      path: "/api/v1/namespaces",
      metadataOnly: true,
      events: {
        take: ({ metadata: { name, labels } }: KubeObject) => ({ name, labels: labels as Namespace["labels"] ?? {} }),
        replace: (all) => {
          this.#namespaces.clear();
          for (const one of all) this.#namespaces.set(one.name, one);
          onChange();
        },
        change: (changes: readonly ObjectChange<Namespace>[]) => {
          for (const { gone, object } of changes) {
            if (gone) this.#namespaces.delete(object.name);
            else this.#namespaces.set(object.name, object);
          }
          onChange();
        },
        fault: (error) => {
          if (error !== undefined) {
            logger.warn(`namespaces cannot be read now: ${error instanceof Error ? error.message : error}`);
          }
        },
      },
      clock,
      logger,
    });
    void reflector.run(this.#ended.signal);
  }
}
