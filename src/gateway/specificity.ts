import type { Matcher, ProxyRoute } from "../api/mod.ts";
import { compareText } from "./claims.ts";
import { completeMatchers, pathText } from "./matchers.ts";

/**
 * The numbers of routes with the more specific first, as Gloo sorts those of RouteTables of equal weight: more methods
 * first, then exact, regex, prefix, then the path that is later in the alphabet (so `/foo/bar` before `/foo`). A route
 * counts by its most specific matcher; equal ones keep their order.
 */
export function orderBySpecificity(routes: readonly ProxyRoute[]): number[] {
  const ranked = routes.map((route, number) => ({ number, matcher: mostSpecific(route) }));
  return ranked.sort((a, b) => compareMatchers(a.matcher, b.matcher)).map(({ number }) => number);
}

/** True where one route in the place of the other changes no order. */
export function isAsSpecific(a: ProxyRoute, b: ProxyRoute): boolean {
  return compareMatchers(mostSpecific(a), mostSpecific(b)) === 0;
}

function mostSpecific(route: ProxyRoute): Matcher {
  return completeMatchers(route.matchers).reduce((best, one) => compareMatchers(one, best) < 0 ? one : best);
}

function compareMatchers(a: Matcher, b: Matcher): number {
  return (b.methods?.length ?? 0) - (a.methods?.length ?? 0) || pathRank(a) - pathRank(b) ||
    compareText(pathText(b), pathText(a));
}

function pathRank({ exact, regex, prefix }: Matcher): number {
  if (exact !== undefined) return 1;
  if (regex !== undefined) return 2;
  return prefix !== undefined ? 3 : 0;
}
