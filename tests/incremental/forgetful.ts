import type { Lookup } from "../../src/api/mod.ts";
import type { Revision, Table } from "../../src/incremental/mod.ts";

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
    table: <K, R>(name: string) => (name === "tlsSecret" ? secrets : table) as unknown as Table<K, R>,
    finish() {},
  };
}
