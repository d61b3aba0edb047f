import { RE2JS } from "re2js";
import { idOf, type Matcher, type ProxyRoute, type Resource } from "../api/mod.ts";
import { makeReport, type Report } from "../report/mod.ts";
import { matcherText } from "./keys.ts";
import { completeMatchers, pathText } from "./matchers.ts";

interface Placed {
  readonly matcher: Matcher;
  /** Of the route of the VirtualService under which it stands. */
  readonly path: string;
  /** How many stand before it. */
  readonly number: number;
}

/**
 * A warning for each matcher of a VirtualService that an earlier one hides: the same matcher again, an earlier prefix
 * or an earlier regex that takes its path and asks for nothing more (Gloo's `warnRouteShortCircuiting`). Where it
 * cannot be decided, nothing is said. `routes` are in their final order.
 */
export function shadowedRoutes(virtualService: Resource<"VirtualService">, routes: readonly ProxyRoute[]): Report[] {
  const reports: Report[] = [];
  const earlier = new Earlier();
  for (const route of routes) {
    // The last source is the route of the VirtualService itself, under which delegated ones stand.
    const path = route.metadataStatic?.sources?.at(-1)?.path ?? "virtualHost";
    for (const matcher of completeMatchers(route.matchers)) {
      const hiding = earlier.hiding(matcher);
      if (hiding) {
        const text = `requests for ${matcherText(matcher)} never get here: ${matcherText(hiding.matcher)} of ` +
          `${hiding.path} comes first and takes them`;
        reports.push(makeReport("warning", "SLUICE-1231", idOf(virtualService), path, text));
      }
      earlier.add(matcher, path);
    }
  }
  return reports;
}

/** Matchers by what of their path decides, so that only those that may hide another are looked at. */
class Earlier {
  readonly #prefixes = new Map<string, Placed[]>();
  readonly #prefixLengths = new Set<number>();
  readonly #regexes: Placed[] = [];
  /** Others than prefixes, by their path as text. */
  readonly #paths = new Map<string, Placed[]>();
  #count = 0;

  add(matcher: Matcher, path: string): void {
    const placed: Placed = { matcher, path, number: this.#count++ };
    const { prefix, regex } = matcher;
    if (prefix !== undefined) {
      this.#prefixLengths.add(prefix.length);
      append(this.#prefixes, prefix, placed);
      return;
    }
    if (regex !== undefined) this.#regexes.push(placed);
    append(this.#paths, matcherText(pathOf(matcher)), placed);
  }

  /** The first that hides this one. */
  hiding(matcher: Matcher): Placed | undefined {
    const path = pathText(matcher);
    let first: Placed | undefined;
    const look = (candidates: readonly Placed[] = []) => {
      const found = candidates.find((other) => hides(other.matcher, matcher));
      if (found && (!first || found.number < first.number)) first = found;
    };
    for (const length of this.#prefixLengths) {
      if (length <= path.length) look(this.#prefixes.get(path.slice(0, length)));
    }
    look(this.#regexes);
    look(this.#paths.get(matcherText(pathOf(matcher))));
    return first;
  }
}

function append(lists: Map<string, Placed[]>, key: string, placed: Placed): void {
  const list = lists.get(key);
  if (list) list.push(placed);
  else lists.set(key, [placed]);
}

function hides(earlier: Matcher, later: Matcher): boolean {
  return hidesPath(earlier, later) && hidesMethods(earlier, later) &&
    (earlier.headers ?? []).every((condition) => (later.headers ?? []).some((other) => implies(other, condition))) &&
    (earlier.queryParameters ?? []).every((condition) =>
      (later.queryParameters ?? []).some((other) => implies(other, condition))
    );
}

function hidesPath(earlier: Matcher, later: Matcher): boolean {
  const { prefix, regex } = earlier;
  const sameCase = (earlier.caseSensitive ?? true) === (later.caseSensitive ?? true);
  if (prefix !== undefined) {
    return sameCase && later.connectMatcher === undefined && pathText(later).startsWith(prefix);
  }
  if (regex !== undefined && later.regex === undefined && later.connectMatcher === undefined) {
    return matchesWhole(regex, pathText(later));
  }
  return sameCase && matcherText(pathOf(earlier)) === matcherText(pathOf(later));
}

function pathOf({ prefix, exact, regex, connectMatcher }: Matcher): Matcher {
  return { prefix, exact, regex, connectMatcher };
}

function hidesMethods({ methods: earlier = [] }: Matcher, { methods: later = [] }: Matcher): boolean {
  return earlier.length === 0 || (later.length > 0 && later.every((method) => earlier.includes(method)));
}

type Condition = NonNullable<Matcher["headers"]>[number];

/** True where whatever fulfils `stronger` fulfils `weaker` too. */
function implies(stronger: Condition, weaker: Condition): boolean {
  if ((stronger.name ?? "").toLowerCase() !== (weaker.name ?? "").toLowerCase()) return false;
  const same = stronger.value === weaker.value && Boolean(stronger.regex) === Boolean(weaker.regex) &&
    Boolean(stronger.invertMatch) === Boolean(weaker.invertMatch);
  if (same) return true;
  if (stronger.invertMatch || weaker.invertMatch || stronger.regex) return false;
  if (!weaker.value) return true;
  return weaker.regex === true && matchesWhole(weaker.value, stronger.value ?? "");
}

/** False for what is no RE2: the translator tells that fault. */
function matchesWhole(regex: string, text: string): boolean {
  try {
    return RE2JS.compile(regex).matches(text);
  } catch {
    return false;
  }
}
