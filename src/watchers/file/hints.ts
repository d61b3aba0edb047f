/** What events told since the last look. */
export interface Hints {
  /** Real paths that were closed, or moved to where they are. */
  readonly closed: Set<string>;
  /** Paths that were named. */
  readonly named: Set<string>;
  /** When the first was heard, on the clock of `elapsed()`. */
  since: number | undefined;
}

export const noHints = (): Hints => ({ closed: new Set(), named: new Set(), since: undefined });

/** What is known when looking; see SightingOf. */
export interface Circumstances extends Hints {
  readonly first: boolean;
}

/** True where the path itself or a folder above it is in the set. */
export function isClosed(path: string, closed: ReadonlySet<string>): boolean {
  for (let at = path; at !== ""; at = at.slice(0, at.lastIndexOf("/"))) {
    if (closed.has(at)) return true;
  }
  return false;
}
