import type { ProxyRoute } from "../api/mod.ts";
import type { Table } from "../incremental/mod.ts";
import type { Report } from "../report/mod.ts";

/** Routes of one VirtualService, after which delegation goes no further: tables that share tables multiply them. */
export const MAX_ROUTES = 50_000;

/** What is found on the way through a delegation tree, depth first. */
export interface Walk {
  readonly routes: ProxyRoute[];
  readonly reports: Report[];
  /** Routes seen so far in the whole tree. */
  seen: number;
}

export function walkFrom(seen: number): Walk {
  return { routes: [], reports: [], seen };
}

/** What a part of the tree becomes. */
export interface Branch {
  readonly routes: readonly ProxyRoute[];
  readonly reports: readonly Report[];
  /** How many routes were seen in it. */
  readonly seen: number;
}

/** How many routes were seen before a branch, as an input of it. */
class Before {
  readonly seen: number;
  /** How many were seen in the branch, once that is known. */
  inside = Infinity;

  constructor(seen: number) {
    this.seen = seen;
  }
}

/** The count plays a part only where the limit is reached in the branch. */
function isAsGood(before: unknown, now: unknown): boolean {
  return before instanceof Before && now instanceof Before &&
    (before.seen === now.seen || Math.max(before.seen, now.seen) + before.inside <= MAX_ROUTES);
}

/**
 * A branch of a walk that may be remembered: that of the last revision holds while `inputs` and all that it looked up
 * are the same.
 */
export interface Step<Key> {
  readonly table: Table<Key, Branch>;
  readonly key: Key;
  readonly inputs: readonly unknown[];
}

/** Goes on with the branch that is remembered; false, and nothing done, where none is. */
export function recallBranch<Key>(walk: Walk, { table, key, inputs }: Step<Key>): boolean {
  const before = new Before(walk.seen);
  const branch = table.find(key, [...inputs, before], isAsGood);
  if (!branch) return false;
  before.inside = branch.seen;
  append(walk, branch);
  return true;
}

/** Goes on with what `visit` finds, and remembers it. */
export function* makeBranch<Key>(
  walk: Walk,
  { table, key, inputs }: Step<Key>,
  visit: (walk: Walk) => Generator<void, void>,
): Generator<void, void> {
  const before = new Before(walk.seen);
  const branch = yield* table.recallInSlices(key, [...inputs, before], function* () {
    const inside = walkFrom(before.seen);
    yield* visit(inside);
    return { routes: inside.routes, reports: inside.reports, seen: inside.seen - before.seen };
  }, isAsGood);
  before.inside = branch.seen;
  append(walk, branch);
}

export function append(walk: Walk, { routes, reports, seen }: Branch): void {
  walk.seen += seen;
  for (const route of routes) walk.routes.push(route);
  for (const report of reports) walk.reports.push(report);
}
