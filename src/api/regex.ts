import { RE2JS } from "re2js";

/** Envoy's own limit on the size of a compiled regex (runtime `re2.max_program_size.error_level`). */
const ENVOY_DEFAULT_SIZE = 100;

/** The limit of `Settings.gloo.regexMaxProgramSize` where it is not set: room for long paths, no room for explosions. */
const DEFAULT_MAX_SIZE = 1000;

/** `envoy.type.matcher.v3.RegexMatcher` for a regex; `googleRe2` only where Envoy's own limit could be too small. */
export interface RegexMatcher {
  readonly regex: string;
  readonly googleRe2?: { readonly maxProgramSize: { readonly value: number } };
}

/**
 * What is wrong with a regex, as Envoy (RE2) would see it; undefined where it is good. RE2 knows no lookaround, no
 * backreferences and no possessive repetition. `maxProgramSize` is `Settings.gloo.regexMaxProgramSize` (default 1000).
 */
export function regexFault(text: string, maxProgramSize: number = DEFAULT_MAX_SIZE): string | undefined {
  if (text === "") return "an empty regex matches nothing in particular; Envoy refuses it";
  const limit = limitOf(maxProgramSize);
  try {
    const size = estimatedSize(text);
    return size > limit
      ? `regex ${JSON.stringify(text)} compiles to a program of about ${size} steps, more than the ${limit} ` +
        "that settings.gloo.regexMaxProgramSize allows"
      : undefined;
  } catch (error) {
    return `regex ${JSON.stringify(text)} is not RE2 syntax: ${error instanceof Error ? error.message : String(error)}`;
  }
}

/** The matcher for a regex without {@link regexFault}; `maxProgramSize` as there. */
export function regexMatcher(text: string, maxProgramSize: number = DEFAULT_MAX_SIZE): RegexMatcher {
  if (estimatedSize(text) <= ENVOY_DEFAULT_SIZE) return { regex: text };
  // The field is deprecated, but it is the only way to lift the limit from here and not from Envoy's bootstrap.
  return { regex: text, googleRe2: { maxProgramSize: { value: limitOf(maxProgramSize) } } };
}

/** Zero and less are no limit that anything could keep; they mean the default. */
function limitOf(maxProgramSize: number): number {
  return maxProgramSize > 0 ? maxProgramSize : DEFAULT_MAX_SIZE;
}

/**
 * An upper estimate of the size that Envoy finds. It compiles for UTF-8 and so needs more steps than re2js does: measured,
 * at most twice as many, and up to seven times for classes of Unicode properties. Throws where `text` is no RE2.
 */
function estimatedSize(text: string): number {
  const size = RE2JS.compile(text).programSize();
  const factor = /\\[pP]/.test(text) ? 7 : /\[|\\[DWSdws]|[^\x20-\x7e]/.test(text) ? 2 : 1;
  return size * factor + 2;
}
