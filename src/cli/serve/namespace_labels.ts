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

/** Which namespaces Settings' `watchNamespaceSelectors` choose. Namespaces are watched from when somebody asks for the first time. */
export class NamespaceLabels {
  readonly #options: NamespaceLabelsOptions;
  readonly #namespaces = new Map<string, Namespace>();
  readonly #ended = new AbortController();
  readonly #known = Promise.withResolvers<void>();
  #isKnown = false;
  #follows = false;

  constructor(options: NamespaceLabelsOptions) {
    this.#options = options;
  }

  /** Those that any of the selectors matches, in order of their names; undefined until namespaces are known. */
  chosen(selectors: Selectors): string[] | undefined {
    if (selectors.length === 0) return [];
    this.#follow();
    if (!this.#isKnown) return undefined;
    const chosen = [...this.#namespaces.values()].filter(({ labels }) =>
      selectors.some(({ matchLabels, matchExpressions }) =>
        matchesLabels(labels, matchLabels, matchExpressions as Parameters<typeof matchesLabels>[2])
      )
    );
    return chosen.map(({ name }) => name).sort();
  }

  /** Resolves when namespaces are known, or `signal` is aborted. */
  async known(signal: AbortSignal): Promise<void> {
    this.#follow();
    const aborted = new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
    await Promise.race([this.#known.promise, aborted]);
  }

  close(): void {
    this.#ended.abort();
  }

  #follow(): void {
    if (this.#follows) return;
    this.#follows = true;
    const { api, clock, logger, onChange } = this.#options;
    let told: string | undefined;
    const reflector = new Reflector<Namespace>({
      api,
      path: "/api/v1/namespaces",
      metadataOnly: true,
      events: {
        take: ({ metadata: { name, labels } }: KubeObject) => ({ name, labels: labels as Namespace["labels"] ?? {} }),
        replace: (all) => {
          this.#namespaces.clear();
          for (const one of all) this.#namespaces.set(one.name, one);
          this.#isKnown = true;
          this.#known.resolve();
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
          const why = error instanceof Error ? error.message : error === undefined ? undefined : String(error);
          if (why !== undefined && why !== told) {
            logger.warn(
              `namespaces cannot be read now, and watchNamespaceSelectors in Settings choose by their labels: ${why}`,
            );
          }
          told = why;
        },
      },
      clock,
      logger,
    });
    void reflector.run(this.#ended.signal);
  }
}
