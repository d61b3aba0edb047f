import type { Origin } from "../api/mod.ts";
import { mergeFragments } from "./merge.ts";
import { type Faults, reportAt } from "./origins.ts";

/**
 * The translator's own fields of a message with those of plugins added. A field that both set is an error at `origin`,
 * told by `message` with its path; ours is kept.
 */
export function layOver<F extends object>(
  own: F,
  ofPlugins: Partial<F>,
  origin: Origin,
  faults: Faults,
  message: (path: string) => string,
): Partial<F> {
  if (Object.keys(ofPlugins).length === 0) return own;
  const { value, conflicts } = mergeFragments<Partial<F>>([
    { plugin: "translator", fragment: own },
    { plugin: "a plugin", fragment: ofPlugins },
  ]);
  faults.add(conflicts.map(({ path }) => reportAt("error", "SLUICE-1302", origin, message(path))));
  return value;
}
