import type { Matcher, ProxyRoute } from "../api/mod.ts";
import { compareText } from "./claims.ts";
import { completeMatchers, pathText } from "./matchers.ts";

/**
 * Routes with the more specific first, as Gloo sorts those of RouteTables of equal weight: more methods first, then
 * exact, regex, prefix, then the path that is later in the alphabet (so `/foo/bar` before `/foo`). A route counts by its
 * most specific matcher; equal ones keep their order.
 */
export function sortBySpecificity(routes: readonly ProxyRoute[]): ProxyRoute[] {
  const ranked = routes.map((route) => ({ route, matcher: mostSpecific(completeMatchers(route.matchers)) }));
  return ranked.sort((a, b) => compareMatchers(a.matcher, b.matcher)).map(({ route }) => route);
}

function mostSpecific(matchers: readonly Matcher[]): Matcher {
  return matchers.reduce((best, matcher) => compareMatchers(matcher, best) < 0 ? matcher : best);
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
