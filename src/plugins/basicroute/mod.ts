import type { Message } from "../../envoy/mod.ts";
import { definePlugin } from "../contract.ts";
import { Faults } from "../faults.ts";
import { span } from "../spans.ts";
import { routeOptions, virtualHostOptions } from "./options.ts";
import { retryPolicy } from "./retries.ts";
import { hostRewrite, pathRewrite, type RouteOptions } from "./rewrites.ts";
import { readUpgrades } from "./upgrades.ts";

type VirtualHost = Message<"envoy.config.route.v3.VirtualHost">;
type RouteAction = Message<"envoy.config.route.v3.RouteAction">;

/**
 * What a route does with a request that it forwards: rewrites, time limits, retries, upgrades; and the retries of a
 * virtual host. Errors: values that Envoy refuses. On a redirect or direct response these options have no effect, as in
 * Gloo, which says nothing; here it is a warning, as such options often come from a parent route or a RouteOption.
 */
export const plugin = definePlugin({
  name: "basicroute",
  options: { route: routeOptions, virtualHost: virtualHostOptions },

  virtualHost({ options }) {
    const faults = new Faults();
    if (!options.retries) return undefined;
    return faults.result<VirtualHost>({ retryPolicy: retryPolicy(options.retries, faults) });
  },

  route({ options, route }) {
    if (route.routeAction !== undefined) return undefined;
    const faults = new Faults();
    for (const name of Object.keys(options)) {
      faults.warning("SLUICE-1410", name, `${name} has no effect here: the route forwards to no upstream`);
    }
    return { reports: faults.reports };
  },

  routeAction({ options, allSettings }) {
    if (Object.keys(options).length === 0) return undefined;
    const faults = new Faults();
    const fragment: RouteAction = {
      ...pathRewrite(options, allSettings, faults),
      ...hostRewrite(options, allSettings, faults),
      ...timeLimits(options, faults),
      retryPolicy: retryPolicy(options.retries, faults),
      upgradeConfigs: upgradeConfigs(options, faults),
    };
    return faults.result(fragment);
  },
});

/** Envoy's page: https://www.envoyproxy.io/docs/envoy/latest/faq/configuration/timeouts */
function timeLimits(options: RouteOptions, faults: Faults): RouteAction {
  const { timeout, idleTimeout, maxStreamDuration: stream } = options;
  faults.notNegative("SLUICE-1414", "timeout", timeout);
  faults.notNegative("SLUICE-1414", "idleTimeout", idleTimeout);
  for (const name of ["maxStreamDuration", "grpcTimeoutHeaderMax", "grpcTimeoutHeaderOffset"] as const) {
    faults.notNegative("SLUICE-1414", `maxStreamDuration.${name}`, stream?.[name]);
  }
  return {
    timeout: span(timeout),
    idleTimeout: span(idleTimeout),
    maxStreamDuration: stream && {
      maxStreamDuration: span(stream.maxStreamDuration),
      grpcTimeoutHeaderMax: span(stream.grpcTimeoutHeaderMax),
      grpcTimeoutHeaderOffset: span(stream.grpcTimeoutHeaderOffset),
    },
  };
}

function upgradeConfigs(options: RouteOptions, faults: Faults): RouteAction["upgradeConfigs"] {
  if (!options.upgrades?.length) return undefined;
  return readUpgrades("upgrades", options.upgrades, faults).map(({ upgradeType, enabled, terminate }) => ({
    upgradeType,
    enabled,
    connectConfig: terminate ? {} : undefined,
  }));
}
