import { type Message, wrap } from "../../envoy/mod.ts";
import { compact } from "../compact.ts";
import { definePlugin } from "../contract.ts";
import { type CircuitBreakers, circuitBreakers } from "./options.ts";

/**
 * Limits on what an Upstream gets at one time. An Upstream without limits of its own has those of
 * `Settings.gloo.circuitBreakers`; the two are not mixed, as in Gloo. There is no value that Envoy refuses.
 */
export const plugin = definePlugin({
  name: "circuitbreakers",
  options: { upstream: { circuitBreakers }, glooSettings: { circuitBreakers } },
  upstream({ options, settings }) {
    const limits = options.circuitBreakers ?? settings.circuitBreakers;
    return limits && { fragment: { cluster: { circuitBreakers: { thresholds: [thresholds(limits)] } } } };
  },
});

function thresholds(limits: CircuitBreakers): Message<"envoy.config.cluster.v3.CircuitBreakers.Thresholds"> {
  return compact({
    maxConnections: wrap(limits.maxConnections),
    maxPendingRequests: wrap(limits.maxPendingRequests),
    maxRequests: wrap(limits.maxRequests),
    maxRetries: wrap(limits.maxRetries),
    trackRemaining: limits.trackRemaining,
  });
}
