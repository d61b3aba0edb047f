import type { Lookup } from "../../src/api/mod.ts";
import type { Elements, Revision, Table } from "../../src/incremental/mod.ts";

/** What was read of certificates, by the Secret: it never changes, and to read it takes longer than all else. */
const readSecrets = new WeakMap<object, unknown>();

/**
 * A revision that makes everything whenever it is asked for, even twice in a row: what is compared with must not rest on
 * the keys and inputs that are put to the test.
 */
export function forgetful(lookup: Lookup): Revision {
  const table = {
    find: () => undefined,
    keep: <R>(_key: unknown, value: R): R => value,
    recall: <R>(_key: unknown, _inputs: readonly unknown[], make: () => R): R => make(),
    recallInSlices: <R>(_key: unknown, _inputs: readonly unknown[], make: () => Generator<void, R>) => make(),
  };
  const lists = {
    *recallEach<R>(
      _key: unknown,
      { items }: Elements,
      _inputs: readonly unknown[],
      make: (index: number) => Generator<void, R>,
    ): Generator<void, readonly R[]> {
      const results: R[] = [];
      for (let i = 0; i < items.length; i++) results.push(yield* make(i));
      return results;
    },
    flatMap: <I, O>(_key: unknown, items: readonly I[], project: (item: I) => readonly O[]) => items.flatMap(project),
  };
  const secrets = {
    ...table,
    recall: <R>(key: unknown, inputs: readonly unknown[], make: () => R): R => {
      const [secret] = inputs as readonly (object | undefined)[];
      if (!secret) return table.recall(key, inputs, make);
      if (!readSecrets.has(secret)) readSecrets.set(secret, make());
      return readSecrets.get(secret) as R;
    },
  };
  return {
    lookup,
    table: <K, R>(name: string) => (name === "tlsSecret" ? secrets : { ...table, ...lists }) as unknown as Table<K, R>,
    finish() {},
  };
}
