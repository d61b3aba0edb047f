import type { Matcher, Route } from "../api/mod.ts";

/**
 * Names of the routes of one list that stay when other routes come, go or move: the route's name if it has one, else
 * its matchers as text; `~2`, `~3` for the same again. They are parts of keys, see {@link escapeKey}.
 */
export function routeIds(routes: readonly Route[]): string[] {
  const ids = new UniqueTexts();
  return routes.map((route) => ids.take(escapeKey(route.name || matchersText(route))));
}

/** Texts that are told apart with `~2`, `~3` where they are the same. */
export class UniqueTexts {
  /** What is taken, with the number to try next if it is asked for again. */
  readonly #taken = new Map<string, number>();

  take(text: string): string {
    let unique = text;
    let next = this.#taken.get(text) ?? 1;
    while (this.#taken.has(unique)) unique = `${text}~${++next}`;
    this.#taken.set(unique, 1);
    if (unique !== text) this.#taken.set(text, next);
    return unique;
  }
}

/** A matcher as one word, equal for equal matchers: `prefix:/a;methods:GET,POST`. */
export function matcherText(matcher: Matcher): string {
  const parts = [pathPart(matcher)];
  if (matcher.caseSensitive !== undefined) parts.push(`caseSensitive:${matcher.caseSensitive}`);
  for (const { name, value, regex, invertMatch } of matcher.headers ?? []) {
    parts.push(`header:${invertMatch ? "!" : ""}${name ?? ""}${regex ? "~" : "="}${value ?? ""}`);
  }
  for (const { name, value, regex } of matcher.queryParameters ?? []) {
    parts.push(`query:${name ?? ""}${regex ? "~" : "="}${value ?? ""}`);
  }
  if (matcher.methods?.length) parts.push(`methods:${matcher.methods.join(",")}`);
  return parts.join(";");
}

function pathPart({ prefix, exact, regex, connectMatcher }: Matcher): string {
  if (exact !== undefined) return `exact:${exact}`;
  if (regex !== undefined) return `regex:${regex}`;
  if (connectMatcher !== undefined) return "connect";
  return `prefix:${prefix ?? "/"}`;
}

/**
 * A delegating route goes by what its one prefix matcher is or was meant to be, so that a fault in its matchers does
 * not change its name: what it delegated to is then found again.
 */
function matchersText({ matchers = [], delegateAction }: Route): string {
  const [first = {}] = matchers;
  if (!delegateAction || matchers.length === 0) return matchers.map(matcherText).join(" or ") || matcherText(first);
  const { prefix, exact, regex, connectMatcher: _, ...rest } = first;
  return matcherText({ ...rest, prefix: prefix ?? exact ?? regex });
}

/**
 * `>` joins the links of a key, `#` stands before a route's id, `|` before a matcher's number: none may be in an id.
 */
function escapeKey(text: string): string {
  return text.replace(/[%>#|]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
}
