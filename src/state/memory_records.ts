import type { Claims } from "../gateway/mod.ts";
import type { Served } from "../holds/mod.ts";
import type { Memory } from "../syncer/mod.ts";
import type { RouteConfigurationPiece } from "../translator/mod.ts";
import { EMPTY_ENVOY_SNAPSHOT, type RouteResource } from "../xds/mod.ts";
import type { StateRecord } from "./frames.ts";
import { frameForm } from "./piece_records.ts";
import { valueOf } from "./record.ts";
import { firstByName, FORMS, sectionChanges, SEPARATOR } from "./sections.ts";

/** A proxy that is not served. */
const NOT_SERVED: Served = {
  pieces: { listeners: [], routes: [], clusters: [], endpoints: [], secrets: [] },
  since: {},
  snapshot: EMPTY_ENVOY_SNAPSHOT,
};

/** The key of a record. */
export const keyOf = (...parts: readonly string[]): string => parts.join(SEPARATOR);

/**
 * What leads from one memory to the next: records of what is another object now. The work grows with what changed. With
 * `servedOnly`, pieces whose resource is the same do not count: after a start all pieces are new, and most resources are not.
 */
export function* memoryChanges(
  before: Memory,
  after: Memory,
  { servedOnly = false }: { readonly servedOnly?: boolean } = {},
): Generator<StateRecord, void> {
  for (const [proxy, served] of after.served) {
    const last = before.served.get(proxy);
    if (last !== served) yield* proxyChanges(proxy, last, served, servedOnly);
  }
  for (const [proxy, last] of before.served) {
    if (!after.served.has(proxy)) yield* proxyChanges(proxy, last, undefined, servedOnly);
  }
  yield* claimChanges(before.claims, after.claims);
}

function* proxyChanges(
  proxy: string,
  last: Served | undefined,
  next: Served | undefined,
  servedOnly: boolean,
): Generator<StateRecord, void> {
  const [before, after] = [last ?? NOT_SERVED, next ?? NOT_SERVED];
  if (!next) yield [keyOf("p", proxy), undefined];
  else if (JSON.stringify(last?.since) !== JSON.stringify(next.since)) {
    yield [keyOf("p", proxy), valueOf(undefined, { since: next.since })];
  }
  const section = <S extends "listeners" | "clusters" | "endpoints" | "secrets">(
    { pieces, snapshot }: Served,
    sort: S,
  ) => ({ pieces: pieces[sort], set: snapshot[sort] });
  const of = (letter: string) => keyOf(letter, proxy, "");
  yield* sectionChanges(of("l"), FORMS.l, section(before, "listeners"), section(after, "listeners"), servedOnly);
  yield* sectionChanges(of("c"), FORMS.c, section(before, "clusters"), section(after, "clusters"), servedOnly);
  yield* sectionChanges(of("e"), FORMS.e, section(before, "endpoints"), section(after, "endpoints"), servedOnly);
  yield* sectionChanges(of("s"), FORMS.s, section(before, "secrets"), section(after, "secrets"), servedOnly);
  yield* routeChanges(proxy, before, after, servedOnly);
}

function* routeChanges(
  proxy: string,
  before: Served,
  after: Served,
  servedOnly: boolean,
): Generator<StateRecord, void> {
  const [old, now] = [firstByName(before.pieces.routes), firstByName(after.pieces.routes)];
  const names = new Set([
    ...[...old.keys(), ...before.snapshot.routes.keys()],
    ...[...now.keys(), ...after.snapshot.routes.keys()],
  ]);
  for (const name of names) {
    const [last, next] = [old.get(name), now.get(name)];
    const [wasServed, isServed] = [before.snapshot.routes.get(name), after.snapshot.routes.get(name)];
    if (last === next && wasServed === isServed) continue;
    const key = keyOf("r", proxy, name);
    if (!next && !isServed) yield [key, undefined];
    else if (wasServed?.frame !== isServed?.frame || last?.bytes !== next?.bytes || last?.rejected !== next?.rejected) {
      yield [key, frameForm.write(next, isServed)];
    }
    const prefix = keyOf("h", proxy, name, "");
    yield* sectionChanges(prefix, FORMS.h, hosts(last, wasServed), hosts(next, isServed), servedOnly);
  }
}

const hosts = (piece: RouteConfigurationPiece | undefined, resource: RouteResource | undefined) => ({
  pieces: piece?.virtualHosts ?? [],
  set: resource?.virtualHosts ?? new Map(),
});

function* claimChanges(before: Claims, after: Claims): Generator<StateRecord, void> {
  const nobody: ReadonlyMap<string, string> = new Map();
  for (const scope of new Set([...before.keys(), ...after.keys()])) {
    const [old, now] = [before.get(scope) ?? nobody, after.get(scope) ?? nobody];
    if (old === now) continue;
    for (const [name, holder] of now) {
      if (old.get(name) !== holder) yield [keyOf("k", scope, name), valueOf(holder, undefined)];
    }
    for (const name of old.keys()) if (!now.has(name)) yield [keyOf("k", scope, name), undefined];
  }
}
