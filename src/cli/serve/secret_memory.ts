import { refKey, type Resource } from "../../api/mod.ts";
import type { ApiSnapshot, ResourceMap } from "../../snapshot/mod.ts";

/** How many forms of one Secret are remembered. */
const FORMS = 8;

/**
 * Secrets in the forms they had lately. A route that is held at its last good form may show a header of a Secret that
 * has changed since or is gone, and that has to be hidden as well.
 */
export class SecretMemory {
  readonly #forms = new Map<string, Resource<"Secret">[]>();
  #last: ResourceMap<"Secret"> | undefined;

  see(snapshot: ApiSnapshot): void {
    const secrets = snapshot.map("Secret");
    if (secrets === this.#last) return;
    this.#last = secrets;
    for (const secret of secrets.values()) {
      const forms = this.#forms.get(refKey(secret.metadata)) ?? [];
      if (forms[0] !== secret) this.#forms.set(refKey(secret.metadata), [secret, ...forms].slice(0, FORMS));
    }
  }

  all(): Resource<"Secret">[] {
    return [...this.#forms.values()].flat();
  }
}
