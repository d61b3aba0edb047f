import type { ResourceSet, XdsResource } from "./resource.ts";
import { diffSets } from "./set_diff.ts";

/**
 * A hash over a set of named versions that does not depend on their order and can be kept up to date one resource at a
 * time, so that the version of a large set costs no more than its change. Equal sets have equal text in every process.
 */
export class Fingerprint {
  #high: number;
  #low: number;

  /** @param from What to begin with. Default: nothing. */
  constructor(from?: Fingerprint) {
    this.#high = from === undefined ? 0 : from.#high;
    this.#low = from === undefined ? 0 : from.#low;
  }

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

/** Sums of whole sets, as long as the sets live. */
const ofSets = new WeakMap<ResourceSet, Fingerprint>();

/**
 * The version of a whole set; worked out once for a set. Where the version of a set `near` it was worked out before, only
 * what is different between the two is counted.
 */
export function versionOfSet(set: ResourceSet, near?: ResourceSet): string {
  let sum = ofSets.get(set);
  if (sum === undefined) {
    const other = near && ofSets.get(near);
    ofSets.set(set, sum = other === undefined ? total(set) : moved(other, near!, set));
  }
  return sum.text;
}

function total(set: ResourceSet): Fingerprint {
  const sum = new Fingerprint();
  for (const resource of set.values()) sum.add(resource);
  return sum;
}

function moved(from: Fingerprint, before: ResourceSet, after: ResourceSet): Fingerprint {
  const { changed, updated, removed } = diffSets(before, after);
  const sum = new Fingerprint(from);
  for (const resource of changed) sum.add(resource);
  for (const { name } of updated) sum.remove(before.get(name)!);
  for (const name of removed) sum.remove(before.get(name)!);
  return sum;
}

/** The same from names and versions alone. */
export function versionOfNames(versions: ReadonlyMap<string, string>): string {
  const sum = new Fingerprint();
  for (const [name, version] of versions) sum.addNamed(name, version);
  return sum.text;
}

function hashOf({ name, version }: XdsResource): readonly [number, number] {
  return hashText(`${name}\n${version}`);
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
