import type { HoleName } from "../api/mod.ts";
import type { AnyPlugin, HookResult, Hooks, OptionShapes, PluginReport } from "../plugins/mod.ts";
import type { Report } from "../report/mod.ts";
import { ownOptions, type TranslationContext } from "./context.ts";
import { mergeFragments, type PluginFragment } from "./merge.ts";
import { optionOrigin, type Owner, reportAt } from "./origins.ts";

export type HookName = keyof Hooks<OptionShapes>;

type HookOf<H extends HookName> = NonNullable<Hooks<OptionShapes>[H]>;
export type FragmentOf<H extends HookName> = ReturnType<HookOf<H>> extends HookResult<infer F> | undefined ? F : never;
/** What a hook gets besides the parts that {@link callHooks} adds. */
export type InputOf<H extends HookName> = Omit<
  Parameters<HookOf<H>>[0],
  "settings" | "allSettings" | "lookup" | "owner" | "options" | "listenerOptions" | "virtualHostOptions"
>;

/** An options object that hooks see, in the plugin's own fields only. */
export interface OptionsArgument {
  /** Name of the argument in the hook's input. */
  readonly argument: "options" | "listenerOptions" | "virtualHostOptions";
  readonly hole: HoleName;
  readonly value: object | undefined;
  /** Whose options they are, and where in the owner's spec; reports go there. */
  readonly owner: Owner;
  readonly path: string;
}

export interface HookCall<H extends HookName> {
  readonly hook: H;
  /** Whose YAML the object at hand is. */
  readonly owner: Owner;
  /** The first is the one that paths in reports start at. */
  readonly options: readonly OptionsArgument[];
  readonly input: InputOf<H>;
}

export interface HookOutcome<F> {
  readonly parts: readonly PluginFragment<F>[];
  readonly reports: readonly Report[];
}

/**
 * Calls the hook of every plugin that has it. A hook that throws is a bug: it becomes a report, and the others are still
 * called. The fragment of a hook that reports an error is left out.
 */
export function callHooks<H extends HookName>(
  context: TranslationContext,
  call: HookCall<H>,
): HookOutcome<FragmentOf<H>> {
  const parts: PluginFragment<FragmentOf<H>>[] = [];
  const reports: Report[] = [];
  for (const plugin of pluginsWith(call.hook, context.plugins)) {
    try {
      const result = callHook(context, plugin, call);
      if (result === undefined) continue;
      const own = (result.reports ?? []).map((report) => located(plugin, call.options, call.owner, report));
      reports.push(...own);
      if (result.fragment === undefined || own.some(({ severity }) => severity === "error")) continue;
      parts.push({ plugin: plugin.name, fragment: result.fragment });
    } catch (error) {
      const message = `hook ${call.hook} of plugin ${plugin.name} failed: ${messageOf(error)}`;
      reports.push(reportAt("error", "SLUICE-1301", call.owner.origin, message));
    }
  }
  return { parts, reports };
}

const byHook = new WeakMap<readonly AnyPlugin[], Map<HookName, readonly AnyPlugin[]>>();

/** The plugins that have a hook: a handful of some thirty, asked for with every route. */
function pluginsWith(hook: HookName, plugins: readonly AnyPlugin[]): readonly AnyPlugin[] {
  let hooks = byHook.get(plugins);
  if (hooks === undefined) byHook.set(plugins, hooks = new Map());
  let found = hooks.get(hook);
  if (found === undefined) hooks.set(hook, found = plugins.filter((plugin) => plugin[hook]));
  return found;
}

/** The merged fragments of a hook, conflicts between plugins among the reports. */
export function callAndMerge<H extends HookName>(
  context: TranslationContext,
  call: HookCall<H>,
): { readonly value: Partial<FragmentOf<H>>; readonly reports: readonly Report[] } {
  const { parts, reports } = callHooks(context, call);
  // Of most routes no plugin says anything.
  if (parts.length === 0) return { value: {}, reports };
  const { value, conflicts } = mergeFragments(parts as readonly PluginFragment<FragmentOf<H> & object>[]);
  const told = conflicts.map(({ path, plugins: [first, second] }) =>
    reportAt("error", "SLUICE-1302", call.owner.origin, `plugins ${first} and ${second} both set Envoy's field ${path}`)
  );
  return { value: value as Partial<FragmentOf<H>>, reports: [...reports, ...told] };
}

function callHook<H extends HookName>(
  { settings, lookup }: TranslationContext,
  plugin: AnyPlugin,
  call: HookCall<H>,
): HookResult<FragmentOf<H>> | undefined {
  const input: Record<string, unknown> = {
    ...call.input,
    settings: ownOptions(plugin, "glooSettings", settings.gloo),
    allSettings: settings,
    lookup,
    owner: call.owner.origin,
  };
  for (const { argument, hole, value } of call.options) input[argument] = ownOptions(plugin, hole, value);
  // The registry forgets the types of options; the plugin's own definition has checked them.
  const hook = plugin[call.hook] as ((input: unknown) => HookResult<FragmentOf<H>> | undefined) | undefined;
  return hook?.(input);
}

/** The place of a plugin's report: in the first of the options objects whose fields the plugin's path names. */
function located(
  plugin: AnyPlugin,
  options: readonly OptionsArgument[],
  owner: Owner,
  { severity, code, path, message }: PluginReport,
): Report {
  const field = /^[^.[]*/.exec(path)![0];
  const place = options.find(({ hole }) => field in (plugin.options[hole] ?? {})) ?? options[0];
  const origin = place ? optionOrigin(place.owner, place.path, path) : optionOrigin(owner, "", path);
  return reportAt(severity, code, origin, message);
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
