import { type Lookup, refKey, resolveRef, type Resource, type Route } from "../api/mod.ts";
import type { Code } from "../report/mod.ts";
import { type OptionSource, optionSourceOf, type OptionSources } from "./provenance.ts";

/** Any of Gloo's options messages; which fields it has is up to the plugins. */
export type Options = Readonly<Record<string, unknown>>;

/** Options after inheritance, and where the fields that the owner did not write itself come from. */
export interface ResolvedOptions {
  readonly options: Options;
  readonly sources: OptionSources;
}

/**
 * Fields of which an options message can hold only one. Gloo inherits such a group as one field: a child that sets
 * `hostRewrite` does not get its parent's `autoHostRewrite`.
 */
const ONEOFS: readonly (readonly string[])[] = [
  ["hostRewrite", "autoHostRewrite", "hostRewritePathRegex", "hostRewriteHeader"],
  ["ratelimitBasic", "ratelimit", "rateLimitConfigs"],
  ["ratelimitEarly", "rateLimitEarlyConfigs"],
  ["ratelimitRegular", "rateLimitRegularConfigs"],
  ["jwt", "jwtStaged", "jwtProvidersStaged"],
];

/**
 * `nearer` with the top-level fields that only `farther` sets (Gloo's shallow merge). `placeOf` says where a field of
 * `farther` was written.
 */
export function inheritOptions(
  nearer: ResolvedOptions,
  farther: Options | undefined,
  placeOf: (field: string) => OptionSource,
): ResolvedOptions {
  const gained = Object.keys(farther ?? {}).filter((field) => !isSet(nearer.options, field));
  if (!farther || gained.length === 0) return nearer;
  const options: Record<string, unknown> = { ...nearer.options };
  const sources: Record<string, OptionSource> = { ...nearer.sources };
  for (const field of gained) {
    options[field] = farther[field];
    sources[field] = placeOf(field);
  }
  return { options, sources };
}

function isSet(options: Options, field: string): boolean {
  const group = ONEOFS.find((fields) => fields.includes(field)) ?? [field];
  return group.some((member) => options[member] !== undefined);
}

/** The resource that holds `options` and `optionsConfigRefs`, the path of the object that does, and the kind referred to. */
export interface OptionsHolder {
  readonly owner: Resource;
  readonly path: string;
  readonly own: Options | undefined;
  readonly refs: Route["optionsConfigRefs"];
  readonly kind: "VirtualHostOption" | "RouteOption";
}

/**
 * The options written inline, then those of `optionsConfigRefs` in the order in which they are listed: what comes first
 * wins, field by field. A reference that leads nowhere is a warning, as in Gloo;
 * `warn` gets it with its path in the owner's spec.
 */
export function delegatedOptions(
  holder: OptionsHolder,
  lookup: Lookup,
  warn: (code: Code, path: string, text: string) => void,
): ResolvedOptions {
  const { owner, path, own, refs, kind } = holder;
  let resolved: ResolvedOptions = { options: own ?? {}, sources: {} };
  (refs?.delegateOptions ?? []).forEach((given, i) => {
    const ref = resolveRef(given, owner.metadata.namespace);
    const found = ref && lookup.get(kind, ref);
    if (found) {
      resolved = inheritOptions(resolved, found.spec.options, () => optionSourceOf(found, "options"));
      return;
    }
    const what = ref ? `${kind} ${refKey(ref)} is not there` : `the reference to a ${kind} has no name`;
    warn("SLUICE-1230", `${path}.optionsConfigRefs.delegateOptions[${i}]`, `${what}; the other options are used`);
  });
  return resolved;
}
