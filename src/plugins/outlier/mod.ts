import { duration, type Message, wrap } from "../../envoy/mod.ts";
import { compact } from "../compact.ts";
import { definePlugin } from "../contract.ts";
import { Faults } from "../faults.ts";
import { type OutlierDetection, outlierDetection } from "./options.ts";

const PERCENTAGES = [
  "maxEjectionPercent",
  "enforcingConsecutive5xx",
  "enforcingSuccessRate",
  "enforcingConsecutiveGatewayFailure",
  "enforcingConsecutiveLocalOriginFailure",
  "enforcingLocalOriginSuccessRate",
] as const;

/**
 * Ejection of hosts that answer badly. Errors: no `interval` (required by Gloo), spans of time that are not above zero,
 * percentages above 100. Gloo: the cluster translation.
 */
export const plugin = definePlugin({
  name: "outlier",
  options: { upstream: { outlierDetection } },
  upstream({ options }) {
    const settings = options.outlierDetection;
    if (settings === undefined) return undefined;
    const faults = new Faults();
    const path = "outlierDetection";
    if (settings.interval === undefined) {
      faults.error("SLUICE-1472", `${path}.interval`, "the interval is missing; a span of time such as 10s is wanted");
    }
    for (const name of ["interval", "baseEjectionTime"] as const) {
      faults.positive("SLUICE-1473", `${path}.${name}`, settings[name]);
    }
    for (const name of PERCENTAGES) faults.range("SLUICE-1473", `${path}.${name}`, settings[name], 0, 100);
    return faults.result({ cluster: { outlierDetection: envoyOutlierDetection(settings) } });
  },
});

function envoyOutlierDetection(settings: OutlierDetection): Message<"envoy.config.cluster.v3.OutlierDetection"> {
  const { interval, baseEjectionTime, splitExternalLocalOriginErrors, ...numbers } = settings;
  return compact({
    interval: interval === undefined ? undefined : duration(interval),
    baseEjectionTime: baseEjectionTime === undefined ? undefined : duration(baseEjectionTime),
    splitExternalLocalOriginErrors,
    ...Object.fromEntries(Object.entries(numbers).map(([name, value]) => [name, wrap(value)])),
  });
}
