import type { Random } from "../incremental/random.ts";

/** What is fuzzed: how inputs are made, and what must hold whatever the input. */
export interface FuzzTarget {
  readonly name: "yaml" | "xds" | "admin";
  /** Inputs to make others from, besides the corpus. Always in the same order. */
  seeds(): Promise<readonly Uint8Array[]>;
  /** Another input, made from one or two of these. The same choices give the same input. */
  mutate(random: Random, pool: readonly Uint8Array[]): Uint8Array;
  /** Throws where something does not hold. */
  run(input: Uint8Array): Promise<void>;
  /** What must hold at the end of many runs: memory, connections. Throws where it does not. */
  finish(): Promise<void>;
  close(): Promise<void>;
}

/** Something that must hold did not. */
export class Breach extends Error {}

/** Throws a {@link Breach} unless it holds. */
export function holds(condition: unknown, what: string): asserts condition {
  if (!condition) throw new Breach(what);
}

/** Gives what the promise gives, or throws a {@link Breach} after `seconds`: something hangs. */
export async function within<T>(seconds: number, what: string, promise: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Breach(`after ${seconds} s: ${what}`)), seconds * 1000);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
