import type { ResourceSet, XdsResource } from "./resource.ts";

/**
 * A hash over a set of named versions that does not depend on their order and can be kept up to date one resource at a
 * time, so that the version of a large set costs no more than its change. Equal sets have equal text in every process.
 */
export class Fingerprint {
  #high = 0;
  #low = 0;

  add(resource: XdsResource): void {
    this.#add(hashOf(resource));
  }

  /** Adds a resource of which only name and version are known. */
  addNamed(name: string, version: string): void {
    this.#add(hashText(`${name}\n${version}`));
  }

  #add([high, low]: readonly [number, number]): void {
    this.#high = (this.#high + high) >>> 0;
    this.#low = (this.#low + low) >>> 0;
  }

  remove(resource: XdsResource): void {
    const [high, low] = hashOf(resource);
    this.#high = (this.#high - high) >>> 0;
    this.#low = (this.#low - low) >>> 0;
  }

  /** 16 hexadecimal digits. */
  get text(): string {
    return this.#high.toString(16).padStart(8, "0") + this.#low.toString(16).padStart(8, "0");
  }
}

const ofSets = new WeakMap<ResourceSet, string>();

/** The version of a whole set; worked out once for a set. */
export function versionOfSet(set: ResourceSet): string {
  let text = ofSets.get(set);
  if (text === undefined) {
    const sum = new Fingerprint();
    for (const resource of set.values()) sum.add(resource);
    ofSets.set(set, text = sum.text);
  }
  return text;
}

/** The same from names and versions alone. */
export function versionOfNames(versions: ReadonlyMap<string, string>): string {
  const sum = new Fingerprint();
  for (const [name, version] of versions) sum.addNamed(name, version);
  return sum.text;
}

const ofResources = new WeakMap<XdsResource, readonly [number, number]>();

function hashOf(resource: XdsResource): readonly [number, number] {
  let hash = ofResources.get(resource);
  if (hash === undefined) ofResources.set(resource, hash = hashText(`${resource.name}\n${resource.version}`));
  return hash;
}

/** Two mixed 32-bit lanes (the public domain cyrb53 scheme); the versions that go in are cryptographic hashes already. */
export function hashText(text: string): readonly [number, number] {
  let first = 0xdeadbeef;
  let second = 0x41c6ce57;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    first = Math.imul(first ^ code, 2654435761);
    second = Math.imul(second ^ code, 1597334677);
  }
  first = Math.imul(first ^ (first >>> 16), 2246822507) ^ Math.imul(second ^ (second >>> 13), 3266489909);
  second = Math.imul(second ^ (second >>> 16), 2246822507) ^ Math.imul(first ^ (first >>> 13), 3266489909);
  return [first >>> 0, second >>> 0];
}
