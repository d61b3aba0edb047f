import type { XdsResource } from "./resource.ts";

/** A response that is on its way or was answered. */
export interface SentResponse {
  /** Counts the responses of a stream; its decimal text is the nonce. */
  readonly sequence: number;
  readonly version: string;
  /** What was new to the client in it. */
  readonly changed: readonly XdsResource[];
  readonly removed: readonly string[];
  /** It told everything there is of the type (state of the world, listeners and clusters). */
  readonly whole: boolean;
}

/** The client refused a response. */
export interface Nack {
  /** Envoy's words. */
  readonly detail: string;
  readonly response: SentResponse;
  /**
   * Those that Envoy's words name, among what was new in the response and what was refused before and may have been sent
   * again with it; where they name none, all that were new.
   */
  readonly guilty: readonly XdsResource[];
}

/** Of a client that answers nothing no more responses than this are remembered. */
const MOST_UNANSWERED = 64;

/** What the client thinks of the responses of one type: which are unanswered, which resources it refused. */
export class Exchange {
  #unanswered: SentResponse[] = [];
  readonly #refused = new Map<string, XdsResource>();
  #lastSequence = 0;
  #versionSent: string | undefined;
  #versionAcked: string | undefined;

  get versionSent(): string | undefined {
    return this.#versionSent;
  }

  get versionAcked(): string | undefined {
    return this.#versionAcked;
  }

  /** The nonce that the next request must carry; empty before the first response. */
  get nonce(): string {
    return this.#lastSequence === 0 ? "" : String(this.#lastSequence);
  }

  /** Every response was answered, and what was refused has since been replaced and accepted. */
  get settled(): boolean {
    return this.#unanswered.length === 0 && this.#refused.size === 0;
  }

  /** The client wants this no more, so it does not matter that it refused it. */
  forget(name: string): void {
    this.#refused.delete(name);
  }

  /** The same for all names that the client wants no more. */
  retain(wanted: (name: string) => boolean): void {
    for (const name of this.#refused.keys()) {
      if (!wanted(name)) this.#refused.delete(name);
    }
  }

  /** What the client refused and was not given in another form since. */
  get refused(): readonly string[] {
    return [...this.#refused.keys()];
  }

  sent(response: SentResponse): void {
    this.#unanswered.push(response);
    // Whoever answers a later one has taken this one in; a refusal of it comes too late to matter.
    if (this.#unanswered.length > MOST_UNANSWERED) this.#replaceRefused(this.#unanswered.shift()!);
    this.#lastSequence = response.sequence;
    this.#versionSent = response.version;
  }

  /**
   * A request came that answers `nonce`. Answers come in order, so earlier responses count as answered too. Gives the
   * responses that were accepted by it and the one that was refused. A nonce that is not waited for changes nothing.
   */
  answered(nonce: string, error: string | undefined): { accepted: readonly SentResponse[]; nack?: Nack } {
    const index = this.#unanswered.findIndex((response) => String(response.sequence) === nonce);
    if (index < 0) return { accepted: [] };
    const answered = this.#unanswered.splice(0, index + 1);
    const last = answered.at(-1)!;
    const accepted = error === undefined ? answered : answered.slice(0, -1);
    for (const response of accepted) this.#accept(response);
    if (error === undefined) return { accepted };
    const guilty = guiltyOf(error, last.changed, this.#refused);
    for (const resource of guilty) this.#refused.set(resource.name, resource);
    return { accepted, nack: { detail: error, response: last, guilty } };
  }

  #accept(response: SentResponse): void {
    this.#versionAcked = response.version;
    this.#replaceRefused(response);
  }

  #replaceRefused(response: SentResponse): void {
    if (response.whole) this.#refused.clear();
    for (const resource of response.changed) this.#refused.delete(resource.name);
    for (const name of response.removed) this.#refused.delete(name);
  }
}

function guiltyOf(
  detail: string,
  changed: readonly XdsResource[],
  refused: ReadonlyMap<string, XdsResource>,
): readonly XdsResource[] {
  const suspects = new Map([...refused, ...changed.map((resource) => [resource.name, resource] as const)]);
  const named = [...suspects.values()].filter(({ name }) => names(detail, name));
  return named.length > 0 ? named : changed;
}

/** Whether the text has the name, and not as a part of a longer one. */
function names(text: string, name: string): boolean {
  if (name === "") return false;
  for (let at = text.indexOf(name); at >= 0; at = text.indexOf(name, at + 1)) {
    if (!isNamePart(text[at - 1]) && !isNamePart(text[at + name.length])) return true;
  }
  return false;
}

function isNamePart(character: string | undefined): boolean {
  return character !== undefined && /[\w-]/.test(character);
}
