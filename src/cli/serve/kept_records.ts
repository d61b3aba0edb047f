import type { FormerRecords, SourceRecords } from "../../watchers/mod.ts";

/** Records of several, as those of one: each under a name of its own. */
export function joinedRecords(parts: Readonly<Record<string, SourceRecords | undefined>>): SourceRecords {
  const there = Object.entries(parts).flatMap(([name, records]) => records ? [[prefixOf(name), records] as const] : []);
  return {
    *keys() {
      for (const [prefix, records] of there) for (const key of records.keys()) yield prefix + key;
    },
    get(key) {
      const found = there.find(([prefix]) => key.startsWith(prefix));
      return found && found[1].get(key.slice(found[0].length));
    },
    takeChanged: () => there.flatMap(([prefix, records]) => records.takeChanged().map((key) => prefix + key)),
  };
}

/** Those of one again. */
export function recordsOf(name: string, joined: FormerRecords | undefined): FormerRecords | undefined {
  const prefix = prefixOf(name);
  return joined && {
    *keys() {
      for (const key of joined.keys()) if (key.startsWith(prefix)) yield key.slice(prefix.length);
    },
    get: (key) => joined.get(prefix + key),
  };
}

const prefixOf = (name: string): string => `${name}:`;
