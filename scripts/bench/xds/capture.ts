/**
 * What a control plane sends to one client, kept as bytes in a folder, for the floor server to send again.
 */
import { Buffer } from "node:buffer";
import { indexOfText } from "./search.ts";
import { contents, field, resourceName, RESPONSE, type XdsForm } from "./wire.ts";

/** A type's resources: fields of a response in a row, as they stand in it. */
export interface CapturedType {
  readonly typeUrl: string;
  readonly bytes: Buffer;
}

/** Gathers responses: in the state of the world the last of a type counts, in delta the last of a name. */
export class Capture {
  readonly #form: XdsForm;
  readonly #types = new Map<string, Map<string, Buffer>>();

  constructor(form: XdsForm) {
    this.#form = form;
  }

  add(typeUrl: string, response: Buffer): void {
    let resources = this.#types.get(typeUrl);
    if (resources === undefined || this.#form === "sotw") this.#types.set(typeUrl, resources = new Map());
    for (const one of contents(response, RESPONSE.resources)) {
      resources.set(resourceName(this.#form, one), field(RESPONSE.resources, one));
    }
  }

  /** Number of resources of a type. */
  count(typeUrl: string): number {
    return this.#types.get(typeUrl)?.size ?? 0;
  }

  /** How often a text occurs in the resources of a type. */
  occurrences(typeUrl: string, text: string): number {
    let sum = 0;
    for (const bytes of this.#types.get(typeUrl)?.values() ?? []) {
      for (let at = indexOfText(bytes, text); at >= 0; at = indexOfText(bytes, text, at + 1)) sum++;
    }
    return sum;
  }

  types(): CapturedType[] {
    return [...this.#types].map(([typeUrl, resources]) => ({ typeUrl, bytes: Buffer.concat([...resources.values()]) }));
  }
}

/** One file a type and a list of them. */
export function saveCapture(folder: string, types: readonly CapturedType[]): void {
  Deno.mkdirSync(folder, { recursive: true });
  types.forEach(({ bytes }, index) => Deno.writeFileSync(`${folder}/${index}.bin`, bytes));
  Deno.writeTextFileSync(`${folder}/types.json`, JSON.stringify(types.map(({ typeUrl }) => typeUrl)));
}

export function loadCapture(folder: string): CapturedType[] {
  const typeUrls = JSON.parse(Deno.readTextFileSync(`${folder}/types.json`)) as string[];
  return typeUrls.map((typeUrl, index) => {
    const { buffer, byteOffset, length } = Deno.readFileSync(`${folder}/${index}.bin`);
    return { typeUrl, bytes: Buffer.from(buffer, byteOffset, length) };
  });
}
