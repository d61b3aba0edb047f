import type { EnvoySnapshot, XdsResource } from "./resource.ts";

/** A response that is on its way or was answered. */
export interface SentResponse {
  /** Counts the responses of a stream; its decimal text is the nonce. */
  readonly sequence: number;
  readonly version: string;
  /** What was new to the client in it. */
  readonly changed: readonly XdsResource[];
  readonly removed: readonly string[];
  /** What the client was shown with it. */
  readonly shown: EnvoySnapshot;
  /** What the configuration said then. */
  readonly aimed: EnvoySnapshot;
}

/** The client refused a response. */
export interface Nack {
  /** Envoy's words. */
  readonly detail: string;
  readonly response: SentResponse;
  /** Those that Envoy's words name, among what was new in the response; where they name none, all that were new. */
  readonly guilty: readonly XdsResource[];
  /** Whether Envoy's words name any. */
  readonly named: boolean;
}

/** Of a client that answers nothing no more responses than this are remembered. */
const MOST_UNANSWERED = 64;

/** What the client thinks of the responses of one type: which are unanswered. */
export class Exchange {
  #unanswered: SentResponse[] = [];
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

  /** Every response was answered. */
  get settled(): boolean {
    return this.#unanswered.length === 0;
  }

  sent(response: SentResponse): void {
    this.#unanswered.push(response);
    // Whoever answers a later one has taken this one in; a refusal of it comes too late to matter.
    if (this.#unanswered.length > MOST_UNANSWERED) this.#unanswered.shift();
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
    this.#versionAcked = accepted.at(-1)?.version ?? this.#versionAcked;
    if (error === undefined) return { accepted };
    const guilty = last.changed.filter(({ name }) => names(error, name));
    const named = guilty.length > 0;
    return { accepted, nack: { detail: error, response: last, guilty: named ? guilty : last.changed, named } };
  }
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
