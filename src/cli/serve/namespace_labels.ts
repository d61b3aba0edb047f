import { matchesLabels, type Spec } from "../../api/mod.ts";
import { type ApiClient, type KubeObject, type ObjectChange, Reflector } from "../../kubernetes/mod.ts";
import { makeReport, type Report, SOURCE_REF } from "../../report/mod.ts";
import { type Clock, type Logger, pause } from "../../telemetry/mod.ts";

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

/** Which namespaces Settings' `watchNamespaceSelectors` choose. They are watched from when somebody asks for the first time. */
export class NamespaceLabels {
  readonly #options: NamespaceLabelsOptions;
  readonly #namespaces = new Map<string, Namespace>();
  readonly #ended = new AbortController();
  readonly #listed = Promise.withResolvers<void>();
  #isListed = false;
  #follows = false;
  #reports: readonly Report[] = [];

  constructor(options: NamespaceLabelsOptions) {
    this.#options = options;
  }

  /** In order of their names; undefined until they are known. A namespace is chosen that any of the selectors matches. */
  chosen(selectors: Selectors): string[] | undefined {
    if (selectors.length === 0) return [];
    if (!this.#follows) this.#follow();
    if (!this.#isListed) return undefined;
    const chosen = [...this.#namespaces.values()].filter(({ labels }) =>
      selectors.some(({ matchLabels, matchExpressions }) =>
        matchesLabels(labels, matchLabels, matchExpressions as Parameters<typeof matchesLabels>[2])
      )
    );
    return chosen.map(({ name }) => name).sort();
  }

  /** Resolves when the namespaces are known, after `ms`, or when `signal` is aborted. */
  async known(signal: AbortSignal, ms: number): Promise<void> {
    if (!this.#follows) this.#follow();
    const late = ms === Infinity ? new Promise<void>(() => {}) : pause(this.#options.clock, ms, signal);
    const aborted = new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
    await Promise.race([this.#listed.promise, late, aborted]);
  }

  /** Why they cannot be read now. */
  reports(): readonly Report[] {
    return this.#reports;
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
          this.#isListed = true;
          this.#listed.resolve();
          onChange();
        },
        change: (changes: readonly ObjectChange<Namespace>[]) => {
          for (const { gone, object } of changes) {
            if (gone) this.#namespaces.delete(object.name);
            else this.#namespaces.set(object.name, object);
          }
          onChange();
        },
        fault: (error) => this.#setFault(error),
      },
      clock,
      logger,
    });
    void reflector.run(this.#ended.signal);
  }

  #setFault(error: unknown): void {
    const before = this.#reports[0]?.message;
    if (error === undefined) {
      this.#reports = [];
      return;
    }
    const why = error instanceof Error ? error.message : String(error);
    const message =
      `namespaces cannot be read now, and watchNamespaceSelectors in Settings choose by their labels: ${why}`;
    if (message === before) return;
    this.#options.logger.warn(message);
    this.#reports = [makeReport("error", "SLUICE-1108", SOURCE_REF, "", message)];
  }
}
