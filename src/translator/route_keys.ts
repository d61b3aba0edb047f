import type { ProxyRoute } from "../api/mod.ts";

/**
 * Keys for the routes of a virtual host that no gateway translation has given any: `<host>#<id>`, where the id is the
 * route's name or else its matchers as text, `~2` for the second of that id. They stay when other routes come or go.
 */
export function ownRouteKeys(routes: readonly ProxyRoute[], hostKey: string): string[] {
  const counts = new Map<string, number>();
  return routes.map(({ name, matchers = [] }) => {
    const id = (name || JSON.stringify(matchers)).replace(/[%>#|]/g, (char) => encodeURIComponent(char));
    const count = (counts.get(id) ?? 0) + 1;
    counts.set(id, count);
    return count === 1 ? `${hostKey}#${id}` : `${hostKey}#${id}~${count}`;
  });
}
