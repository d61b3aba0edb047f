import { type Chunks, resourcesField } from "../envoy/mod.ts";
import type { XdsResource } from "../xds/mod.ts";

interface Body {
  readonly resources: readonly XdsResource[];
  /** Weak: alive as long as a response with it is on its way, and until memory is wanted. */
  readonly bytes: WeakRef<Uint8Array>;
}

const NOTHING = new Uint8Array();

/**
 * The encoded resources of responses: made once for all streams that are sent the same at about the same time, and not kept
 * for longer, as they are a second copy of the configuration.
 */
export class ResponseBodies {
  readonly #pack: (resource: XdsResource) => Chunks;
  readonly #made: (bytes: number) => void;
  /** By the first resource. */
  readonly #bodies = new WeakMap<XdsResource, Body[]>();

  /**
   * @param pack Encodes one resource.
   * @param made Told how many bytes were made, each time.
   */
  constructor(pack: (resource: XdsResource) => Chunks, made: (bytes: number) => void) {
    this.#pack = pack;
    this.#made = made;
  }

  /** The field `resources` of a response that carries these. Whoever sends it keeps it for as long as it is on its way. */
  of(resources: readonly XdsResource[]): Uint8Array {
    const first = resources[0];
    if (first === undefined) return NOTHING;
    const alive = (this.#bodies.get(first) ?? []).filter(({ bytes }) => bytes.deref() !== undefined);
    const known = alive.find((body) => isSame(body.resources, resources))?.bytes.deref();
    if (known !== undefined) return known;
    const bytes = resourcesField(resources.map(this.#pack));
    this.#made(bytes.length);
    this.#bodies.set(first, [...alive, { resources, bytes: new WeakRef(bytes) }]);
    return bytes;
  }
}

function isSame(one: readonly XdsResource[], other: readonly XdsResource[]): boolean {
  return one === other || (one.length === other.length && one.every((resource, index) => resource === other[index]));
}
