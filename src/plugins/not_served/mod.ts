import type { Destination, Spec } from "../../api/mod.ts";
import { definePlugin } from "../contract.ts";
import type { HookResult, PluginReport } from "../contract.ts";
import {
  DESTINATION_SPEC,
  GLOO_SETTINGS,
  HTTP_LISTENER,
  LISTENER,
  ROUTE,
  TCP_LISTENER,
  UPSTREAM,
  VIRTUAL_HOST,
  WEIGHTED_DESTINATION,
} from "./options.ts";
import type { NotServed, NotServedFields } from "./options.ts";

/**
 * Options that Gloo has and that nothing here serves yet. One that guards access (authentication, rate limits, a
 * firewall, transformations) is an error on the piece that has it, so that the piece is never served without its guard;
 * any other is a warning. An Upstream of a type that is not served is an error on the Upstream.
 */
export const plugin = definePlugin({
  name: "not_served",
  options: {
    listener: shapesOf(LISTENER),
    httpListener: shapesOf(HTTP_LISTENER),
    tcpListener: shapesOf(TCP_LISTENER),
    virtualHost: shapesOf(VIRTUAL_HOST),
    route: shapesOf(ROUTE),
    weightedDestination: shapesOf(WEIGHTED_DESTINATION),
    destinationSpec: shapesOf(DESTINATION_SPEC),
    upstream: shapesOf(UPSTREAM),
    glooSettings: shapesOf(GLOO_SETTINGS),
  },
  listener: ({ options }) => result(reportsOn(options, LISTENER)),
  httpConnectionManager: ({ options, allSettings }) =>
    result([...reportsOn(options, HTTP_LISTENER), ...externalProcessingEverywhere(options, allSettings)]),
  tcpFilterChain: ({ options }) => result(reportsOn(options, TCP_LISTENER)),
  virtualHost: ({ options, allSettings }) =>
    result([...reportsOn(options, VIRTUAL_HOST), ...rbacEverywhere(allSettings)]),
  route: ({ options }) => result(reportsOn(options, ROUTE)),
  routeAction: ({ action }) => result(functionOf(action.single)),
  weightedDestination: ({ options, destination }) =>
    result([...reportsOn(options, WEIGHTED_DESTINATION), ...functionOf(destination.destination)]),
  upstream: ({ options }) => result(reportsOn(options, UPSTREAM)),
});

function shapesOf(fields: NotServedFields): Readonly<Record<string, NotServed["shape"]>> {
  return Object.fromEntries(Object.entries(fields).map(([name, { shape }]) => [name, shape]));
}

function result(reports: readonly PluginReport[]): HookResult<never> | undefined {
  return reports.length > 0 ? { reports } : undefined;
}

function reportsOn(options: Readonly<Record<string, unknown>>, fields: NotServedFields): PluginReport[] {
  // Most options objects are empty, and this is called for each route.
  return Object.entries(options).flatMap(([name, value]) => {
    const severity = fields[name]?.severity;
    return severity && asksForSomething(value) ? [report(severity, name, name)] : [];
  });
}

/** False for what only switches the option off, which is what is served anyway. */
function asksForSomething(value: unknown): boolean {
  if (value === false) return false;
  if (typeof value !== "object" || value === null) return value !== undefined;
  const { disable, disabled } = value as { readonly disable?: unknown; readonly disabled?: unknown };
  return disable !== true && disabled !== true;
}

function report(severity: PluginReport["severity"], path: string, what: string): PluginReport {
  const consequence = severity === "error" ? ", and what it is set on is not served without it" : "";
  return { severity, code: "SLUICE-1401", path, message: `${what} is known but not served yet${consequence}` };
}

function functionOf(destination: Destination | undefined): PluginReport[] {
  if (!destination?.destinationSpec) return [];
  const spec = destination.destinationSpec as Readonly<Record<string, unknown>>;
  return Object.keys(DESTINATION_SPEC).filter((type) => Object.hasOwn(spec, type))
    .map((type) => report("error", "", `destinationSpec.${type}`));
}

/** Settings may put external processing on every listener that does not say no to it. */
function externalProcessingEverywhere(
  options: Readonly<Record<string, unknown>>,
  settings: Spec<"Settings">,
): PluginReport[] {
  const stages = [
    ["extProcEarly", "disableExtProcEarly"],
    ["extProc", "disableExtProc"],
    ["extProcLate", "disableExtProcLate"],
  ] as const;
  return stages.filter(([name, off]) => settings[name] !== undefined && options[off] !== true)
    .map(([name]) => report("error", "", `Settings' ${name}`));
}

/** Settings may ask that nothing is let through without RBAC. */
function rbacEverywhere({ rbac }: Spec<"Settings">): PluginReport[] {
  const asked = typeof rbac === "object" && rbac !== null && (rbac as { readonly requireRbac?: unknown }).requireRbac;
  return asked ? [report("error", "", "Settings' rbac.requireRbac")] : [];
}
