import { Buffer } from "node:buffer";
import type { CapturedType } from "./capture.ts";
import { indexOfText } from "./search.ts";
import { content, contents, eachField, field, REQUEST, RESPONSE, TYPE_URL, type XdsForm } from "./wire.ts";

/** The resources of one type, ready to be sent, and how often they changed. */
interface FloorType {
  readonly bytes: Buffer;
  version: number;
}

/** The bytes that the floor serves. An edit overwrites digits in them: nothing is translated, encoded or compared. */
export class FloorResources {
  readonly form: XdsForm;
  readonly #types: ReadonlyMap<string, FloorType>;

  constructor(form: XdsForm, captured: readonly CapturedType[]) {
    this.form = form;
    this.#types = new Map(captured.map(({ typeUrl, bytes }) => [typeUrl, { bytes, version: 1 }]));
  }

  /** The type whose resources hold the virtual hosts. */
  get editedType(): string {
    return this.#types.has(TYPE_URL.virtualHost) ? TYPE_URL.virtualHost : TYPE_URL.route;
  }

  /**
   * Puts `text` in the place of as many bytes at the first `marker` behind `domain`. Gives where the resource that holds it
   * starts. Throws where there is no such place.
   */
  edit(domain: string, marker: string, text: string): number {
    const type = this.#types.get(this.editedType);
    const host = type === undefined ? -1 : indexOfText(type.bytes, domain);
    const at = host < 0 ? -1 : indexOfText(type!.bytes, marker, host);
    if (type === undefined || at < 0) throw new Error(`nothing was captured for ${domain}`);
    type.bytes.write(text, at);
    type.version++;
    let resource = 0;
    eachField(type.bytes, (_number, start, from, to) => {
      if (from <= at && at < to) resource = start;
    });
    return resource;
  }

  /** A response with all resources of a type, or with those that start at the given places; undefined where the type is empty. */
  response(typeUrl: string, nonce: string, resources?: ReadonlySet<number>): Buffer | undefined {
    const type = this.#types.get(typeUrl);
    if (type === undefined) return undefined;
    const parts = resources === undefined || this.form === "sotw"
      ? [type.bytes]
      : [...resources].map((start) => fieldAt(type.bytes, start));
    return Buffer.concat([
      field(RESPONSE.version, String(type.version)),
      ...parts,
      field(RESPONSE.typeUrl, typeUrl),
      field(RESPONSE.nonce, nonce),
    ]);
  }
}

/** The whole field that starts at this place, whose tag is one byte. */
function fieldAt(bytes: Buffer, start: number): Buffer {
  let end = start + 1;
  let length = 0;
  for (let shift = 0;; shift += 7) {
    const byte = bytes[end++]!;
    length += (byte & 0x7f) * 2 ** shift;
    if (byte < 0x80) return bytes.subarray(start, end + length);
  }
}

/** What one stream has asked for of one type. */
interface Subscription {
  names: string;
  /** Nonce of the response that was not answered yet. */
  unanswered: string | undefined;
  /** What is to be sent next: everything, or the resources that start at these places. */
  pending: "all" | Set<number>;
}

/**
 * One client of the floor: everything of a type when it is first asked for or other names are, then what changed; one
 * response of a type at a time, the next only after the answer, so that a slow client gets the newest state.
 */
export class FloorStream {
  readonly #resources: FloorResources;
  readonly #subscriptions = new Map<string, Subscription>();
  #nonce = 0;

  constructor(resources: FloorResources) {
    this.#resources = resources;
  }

  /** Throws where the client refused something. */
  receive(request: Buffer): void {
    const numbers = REQUEST[this.#resources.form];
    const typeUrl = content(request, numbers.typeUrl).toString();
    const nonce = content(request, numbers.nonce).toString();
    const error = content(request, numbers.error);
    if (error.length > 0) throw new Error(`${typeUrl} was refused: ${content(error, 2)}`);
    const names = contents(request, numbers.names).join("\n");
    const subscription = this.#subscriptions.get(typeUrl);
    if (subscription === undefined) {
      this.#subscriptions.set(typeUrl, { names, unanswered: undefined, pending: "all" });
      return;
    }
    if (subscription.unanswered === nonce) subscription.unanswered = undefined;
    // In delta, an acknowledgement names nothing.
    if (names === subscription.names || names === "" && this.#resources.form === "delta") return;
    subscription.names = names;
    subscription.pending = "all";
  }

  /** A resource of the edited type changed. */
  changed(resource: number): void {
    const subscription = this.#subscriptions.get(this.#resources.editedType);
    if (subscription !== undefined && subscription.pending !== "all") subscription.pending.add(resource);
  }

  /** The next response, undefined while there is none. What changes after this call is in another. */
  take(): Buffer | undefined {
    for (const [typeUrl, subscription] of this.#subscriptions) {
      const { pending, unanswered } = subscription;
      if (unanswered !== undefined || pending !== "all" && pending.size === 0) continue;
      const nonce = String(++this.#nonce);
      const response = this.#resources.response(typeUrl, nonce, pending === "all" ? undefined : pending);
      subscription.pending = new Set();
      if (response === undefined) continue;
      subscription.unanswered = nonce;
      return response;
    }
    return undefined;
  }
}
