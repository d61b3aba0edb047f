import { refKey, type Resource } from "../../api/mod.ts";
import type { ApiSnapshot, ResourceMap } from "../../snapshot/mod.ts";
import type { FormerRecords, JsonValue, SourceRecords } from "../../watchers/mod.ts";

/** How many forms of one Secret are remembered. */
const FORMS = 8;
/** How many Secrets that are gone. */
const MOST_GONE = 100;

/**
 * Secrets in the forms they had lately. A route that is held at its last good form may show a header of a Secret that
 * has changed since or is gone, and that has to be hidden as well. So they are kept for the next process too.
 */
export class SecretMemory implements SourceRecords {
  readonly #forms = new Map<string, readonly Resource<"Secret">[]>();
  readonly #changed = new Set<string>();
  #former: FormerRecords | undefined;
  #last: ResourceMap<"Secret"> | undefined;

  /** What the process before remembered; read when it is needed first. */
  follow(former: FormerRecords | undefined): void {
    this.#former = former;
  }

  see(snapshot: ApiSnapshot): void {
    this.#readFormer();
    const secrets = snapshot.map("Secret");
    if (secrets === this.#last) return;
    this.#last = secrets;
    for (const secret of secrets.values()) {
      const key = refKey(secret.metadata);
      const forms = this.#forms.get(key) ?? [];
      if (forms[0] === secret) continue;
      this.#forms.set(key, [secret, ...forms].slice(0, FORMS));
      this.#changed.add(key);
    }
    this.#forgetGone(secrets);
  }

  all(): Resource<"Secret">[] {
    this.#readFormer();
    return [...this.#forms.values()].flat();
  }

  keys(): Iterable<string> {
    return this.#forms.keys();
  }

  get(key: string): JsonValue | undefined {
    return this.#forms.get(key) as JsonValue | undefined;
  }

  takeChanged(): readonly string[] {
    const changed = [...this.#changed];
    this.#changed.clear();
    return changed;
  }

  #forgetGone(secrets: ResourceMap<"Secret">): void {
    let gone = this.#forms.size - secrets.size;
    for (const key of this.#forms.keys()) {
      if (gone <= MOST_GONE) return;
      if (secrets.has(key)) continue;
      this.#forms.delete(key);
      this.#changed.add(key);
      gone--;
    }
  }

  #readFormer(): void {
    const former = this.#former;
    this.#former = undefined;
    for (const key of former?.keys() ?? []) {
      this.#forms.set(key, former!.get(key) as unknown as readonly Resource<"Secret">[]);
    }
  }
}
