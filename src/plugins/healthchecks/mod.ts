import { any, duration, type Message, wrap } from "../../envoy/mod.ts";
import { compact } from "../compact.ts";
import { definePlugin } from "../contract.ts";
import { Faults } from "../faults.ts";
import { upstreamProtocol } from "../protocoloptions/upstream_protocol.ts";
import { type CheckerContext, customChecker, grpcChecker, httpChecker, tcpChecker } from "./checkers.ts";
import { type HealthCheck, healthChecks } from "./options.ts";

type EnvoyHealthCheck = Message<"envoy.config.core.v3.HealthCheck">;

/**
 * Active health checks by HTTP, TCP, gRPC, or a checker of Envoy's by name. Errors: what Gloo or Envoy requires and is
 * missing (timeout, interval, both thresholds, one checker), values that Envoy refuses, a missing header Secret.
 * Gloo: the cluster translation.
 */
export const plugin = definePlugin({
  name: "healthchecks",
  options: { upstream: { healthChecks } },
  upstream({ options, upstream, lookup, owner }) {
    if (options.healthChecks === undefined || options.healthChecks.length === 0) return undefined;
    const faults = new Faults();
    const speaksHttp2 = upstreamProtocol(upstream) !== "http1";
    const isAlone = options.healthChecks.length === 1;
    const converted = options.healthChecks.map((check, i) => {
      const context = { path: `healthChecks[${i}]`, faults, lookup, owner, speaksHttp2 };
      // Envoy 1.40 tells several checks apart by name and refuses a cluster where they have none; Gloo knows no names.
      const name = isAlone ? {} : { name: `check-${i}` };
      return { ...name, ...common(check, context), ...checker(check, context) };
    });
    return faults.result({ cluster: { healthChecks: converted } });
  },
});

function checker(check: HealthCheck, context: CheckerContext): EnvoyHealthCheck {
  if (check.httpHealthCheck) return { httpHealthCheck: httpChecker(check.httpHealthCheck, context) };
  if (check.tcpHealthCheck) return { tcpHealthCheck: tcpChecker(check.tcpHealthCheck, context) };
  if (check.grpcHealthCheck) return { grpcHealthCheck: grpcChecker(check.grpcHealthCheck, context) };
  if (check.customHealthCheck) return { customHealthCheck: customChecker(check.customHealthCheck, context) };
  const message = "httpHealthCheck, tcpHealthCheck, grpcHealthCheck or customHealthCheck is wanted";
  context.faults.error("SLUICE-1467", context.path, message);
  return {};
}

function common(check: HealthCheck, context: CheckerContext): EnvoyHealthCheck {
  const { path, faults } = context;
  for (const name of ["timeout", "interval", "unhealthyThreshold", "healthyThreshold"] as const) {
    if (check[name] === undefined) faults.error("SLUICE-1467", `${path}.${name}`, `${name} is missing; it is required`);
  }
  return compact({
    ...durations(check, context),
    intervalJitterPercent: check.intervalJitterPercent,
    unhealthyThreshold: wrap(check.unhealthyThreshold),
    healthyThreshold: wrap(check.healthyThreshold),
    reuseConnection: wrap(check.reuseConnection),
    eventLogger: check.eventLogPath ? [fileLogger(check.eventLogPath)] : undefined,
    alwaysLogHealthCheckFailures: check.alwaysLogHealthCheckFailures,
  });
}

const ABOVE_ZERO = [
  "timeout",
  "interval",
  "noTrafficInterval",
  "unhealthyInterval",
  "unhealthyEdgeInterval",
  "healthyEdgeInterval",
] as const;
const NOT_NEGATIVE = ["initialJitter", "intervalJitter"] as const;

function durations(check: HealthCheck, { path, faults }: CheckerContext): EnvoyHealthCheck {
  for (const name of ABOVE_ZERO) faults.positive("SLUICE-1468", `${path}.${name}`, check[name]);
  for (const name of NOT_NEGATIVE) faults.notNegative("SLUICE-1468", `${path}.${name}`, check[name]);
  const set = [...ABOVE_ZERO, ...NOT_NEGATIVE].filter((name) => check[name] !== undefined);
  return Object.fromEntries(set.map((name) => [name, duration(check[name]!)]));
}

/** Gloo sets `event_log_path`, which Envoy has deprecated for this. */
function fileLogger(eventLogPath: string): Message<"envoy.config.core.v3.TypedExtensionConfig"> {
  return {
    name: "envoy.health_check.event_sinks.file",
    typedConfig: any("envoy.extensions.health_check.event_sinks.file.v3.HealthCheckEventFileSink", { eventLogPath }),
  };
}
