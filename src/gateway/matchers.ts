import type { Matcher } from "../api/mod.ts";
import { matcherText } from "./keys.ts";

const ANY_PATH: Matcher = { prefix: "/" };

/** What a route without matchers matches: every path. */
export const DEFAULT_MATCHERS: readonly Matcher[] = [ANY_PATH];

/** True where the matcher names a path in any of the four ways. */
function hasPath({ prefix, exact, regex, connectMatcher }: Matcher): boolean {
  return prefix !== undefined || exact !== undefined || regex !== undefined || connectMatcher !== undefined;
}

/**
 * Matchers with a path in each: none at all means "/", and so does one that has only methods, headers or query parameters
 * (Gloo sends those without a path, and Envoy then refuses the whole route table).
 */
export function completeMatchers(matchers: readonly Matcher[] | undefined): readonly Matcher[] {
  if (!matchers?.length) return DEFAULT_MATCHERS;
  return matchers.every(hasPath) ? matchers : matchers.map((m) => hasPath(m) ? m : { ...ANY_PATH, ...m });
}

/** Text of the path, whatever its type; "" where a matcher has none (CONNECT). */
export function pathText({ prefix, exact, regex }: Matcher): string {
  return prefix ?? exact ?? regex ?? "";
}

/** What a delegating route hands down to the matchers of its children. */
export interface Inheritance {
  readonly matcher: Matcher;
  readonly inheritableMatchers: boolean;
  readonly inheritablePathMatchers: boolean;
}

/**
 * The matchers of a child route with what it inherits: path and case sensitivity where `inheritablePathMatchers` says so,
 * headers, methods and query parameters of the parent before its own where `inheritableMatchers` does.
 */
export function inheritMatchers(own: readonly Matcher[] | undefined, parent: Inheritance): readonly Matcher[] {
  let matchers = own ?? [];
  if (parent.inheritablePathMatchers) {
    const { prefix, caseSensitive } = parent.matcher;
    const path: Matcher = { prefix, ...(caseSensitive === undefined ? {} : { caseSensitive }) };
    matchers = (matchers.length > 0 ? matchers : [{}]).map((matcher) => ({ ...withoutPath(matcher), ...path }));
  }
  const complete = completeMatchers(matchers);
  return parent.inheritableMatchers ? complete.map((matcher) => inheritRest(matcher, parent.matcher)) : complete;
}

function withoutPath({ headers, queryParameters, methods }: Matcher): Matcher {
  return { ...(headers && { headers }), ...(queryParameters && { queryParameters }), ...(methods && { methods }) };
}

function inheritRest(child: Matcher, parent: Matcher): Matcher {
  const headers = [...parent.headers ?? [], ...child.headers ?? []];
  const queryParameters = [...parent.queryParameters ?? [], ...child.queryParameters ?? []];
  const methods = [...new Set([...parent.methods ?? [], ...child.methods ?? []])];
  return {
    ...child,
    ...(headers.length > 0 ? { headers } : {}),
    ...(queryParameters.length > 0 ? { queryParameters } : {}),
    ...(methods.length > 0 ? { methods } : {}),
  };
}

/**
 * Why a child's matcher does not fit the route that delegates to it, undefined where it does: its path starts with the
 * parent's prefix, it is as case sensitive, and it asks for all headers, query parameters and methods of the parent.
 */
export function misfit(child: Matcher, parent: Matcher): string | undefined {
  const prefix = parent.prefix ?? "/";
  const path = pathText(child);
  if (!path.startsWith(prefix)) {
    return `its path ${JSON.stringify(path)} does not start with the prefix ${JSON.stringify(prefix)}`;
  }
  if ((child.caseSensitive ?? true) !== (parent.caseSensitive ?? true)) {
    return `its caseSensitive is not ${parent.caseSensitive ?? true}`;
  }
  const header = missing(parent.headers, child.headers, (h) => matcherText({ headers: [h] }));
  if (header) return `it lacks the header ${JSON.stringify(header.name ?? "")} as that route asks for it`;
  const query = missing(parent.queryParameters, child.queryParameters, (q) => matcherText({ queryParameters: [q] }));
  if (query) return `it lacks the query parameter ${JSON.stringify(query.name ?? "")} as that route asks for it`;
  const method = parent.methods?.find((wanted) => !child.methods?.includes(wanted));
  if (method) return `it lacks the method ${method}`;
  return undefined;
}

function missing<T>(
  wanted: readonly T[] | undefined,
  present: readonly T[] | undefined,
  textOf: (item: T) => string,
): T | undefined {
  const texts = new Set((present ?? []).map(textOf));
  return (wanted ?? []).find((item) => !texts.has(textOf(item)));
}
