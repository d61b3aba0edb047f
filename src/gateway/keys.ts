import type { Matcher, Route } from "../api/mod.ts";

/**
 * Names of the routes of one list that stay when other routes come, go or move: the route's name if it has one, else its
 * matchers as text; `~2`, `~3` for the same again.
 */
export function routeIds(routes: readonly Route[]): string[] {
  const taken = new Set<string>();
  return routes.map((route) => {
    const base = route.name ? escapeKey(route.name) : matchersText(route.matchers ?? []);
    let id = base;
    for (let n = 2; taken.has(id); n++) id = `${base}~${n}`;
    taken.add(id);
    return id;
  });
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

function matchersText(matchers: readonly Matcher[]): string {
  return escapeKey(matchers.length === 0 ? "prefix:/" : matchers.map(matcherText).join(" or "));
}

/** `>` joins the links of a key, `#` stands before a route's id, `|` before a matcher's number: none may be in an id. */
function escapeKey(text: string): string {
  return text.replace(/[%>#|]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
}
