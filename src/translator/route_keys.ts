import type { ProxyRoute } from "../api/mod.ts";

/**
 * The keys of a virtual host's routes: those of gateway translation, else `<host>#<id>`, where the id is the route's name
 * or its matchers as text, `~2` for the second of that id. They stay when other routes come or go.
 */
export function routeKeys(routes: readonly ProxyRoute[], hostKey: string): string[] {
  const counts = new Map<string, number>();
  return routes.map(({ name, matchers = [], metadataStatic }) => {
    if (metadataStatic?.key) return metadataStatic.key;
    const id = (name || JSON.stringify(matchers)).replace(/[%>#|]/g, (char) => encodeURIComponent(char));
    const count = (counts.get(id) ?? 0) + 1;
    counts.set(id, count);
    return count === 1 ? `${hostKey}#${id}` : `${hostKey}#${id}~${count}`;
  });
}
