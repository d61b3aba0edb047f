const HEAD = "sluice built from: ";
const SOURCES = "the sources";

/**
 * `scripts/packaging/commit.ts` looks for this text in a bundle and writes the commit in the place of what follows the
 * colon: an executable has no git to ask. One literal, so that the bundler leaves it in one piece.
 */
export const PLACE_OF_COMMIT = "sluice built from: the sources";

/** What a bundle holds in place of {@link PLACE_OF_COMMIT}. */
export const placeFilled = (commit: string): string => `${HEAD}${commit}`;

/** The commit that this executable was made of; undefined where Sluice runs from its sources. */
export function builtFrom(text: string = PLACE_OF_COMMIT): string | undefined {
  const commit = text.slice(HEAD.length);
  return commit === SOURCES ? undefined : commit;
}
