import { any, durationMs, type Message } from "../../envoy/mod.ts";
import type { Faults } from "../faults.ts";
import { headerNameFault } from "../header_checks.ts";
import { span } from "../spans.ts";
import type { RetryPolicy } from "./options.ts";

/** https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_filters/router_filter#x-envoy-retry-on */
const CONDITIONS = new Set([
  "5xx",
  "gateway-error",
  "reset",
  "reset-before-request",
  "connect-failure",
  "envoy-ratelimited",
  "retriable-4xx",
  "refused-stream",
  "retriable-status-codes",
  "retriable-headers",
  "http3-post-connect-failure",
  "cancelled",
  "deadline-exceeded",
  "internal",
  "resource-exhausted",
  "unavailable",
]);

type EnvoyRetryPolicy = Message<"envoy.config.route.v3.RetryPolicy">;

/**
 * A RetryPolicy of a route or virtual host. numRetries 0 means 1, as in Gloo. An unknown condition in retryOn is a
 * warning: Envoy passes over it in silence.
 */
export function retryPolicy(policy: RetryPolicy | undefined, faults: Faults): EnvoyRetryPolicy | undefined {
  if (!policy) return undefined;
  checkRetryOn(policy.retryOn ?? "", faults);
  faults.notNegative("SLUICE-1414", "retries.perTryTimeout", policy.perTryTimeout);
  const { updateFrequency } = policy.previousPriorities ?? {};
  faults.range("SLUICE-1415", "retries.previousPriorities.updateFrequency", updateFrequency, 1, 2 ** 31 - 1);
  return {
    retryOn: policy.retryOn,
    numRetries: { value: policy.numRetries || 1 },
    perTryTimeout: span(policy.perTryTimeout),
    retryPriority: policy.previousPriorities && {
      name: "envoy.retry_priorities.previous_priorities",
      typedConfig: any("envoy.extensions.retry.priority.previous_priorities.v3.PreviousPrioritiesConfig", {
        updateFrequency: Math.min(updateFrequency ?? 1, 2 ** 31 - 1),
      }),
    },
    retriableStatusCodes: policy.retriableStatusCodes,
    retryBackOff: policy.retryBackOff && backOff(policy.retryBackOff, faults),
    rateLimitedRetryBackOff: policy.rateLimitedRetryBackOff &&
      rateLimitedBackOff(policy.rateLimitedRetryBackOff, faults),
  };
}

function checkRetryOn(retryOn: string, faults: Faults): void {
  for (const condition of retryOn.split(",").map((text) => text.trim())) {
    if (condition === "" || CONDITIONS.has(condition)) continue;
    const message = `Envoy knows no condition ${JSON.stringify(condition)}; there are ${[...CONDITIONS].join(", ")}`;
    faults.warning("SLUICE-1416", "retries.retryOn", message);
  }
}

function backOff(
  { baseInterval, maxInterval }: NonNullable<RetryPolicy["retryBackOff"]>,
  faults: Faults,
): EnvoyRetryPolicy["retryBackOff"] {
  const path = "retries.retryBackOff";
  if (baseInterval === undefined) {
    faults.error("SLUICE-1415", `${path}.baseInterval`, "a retry back-off wants a baseInterval of at least 1ms");
    return undefined;
  }
  if (durationMs(baseInterval) < 1) {
    faults.error("SLUICE-1415", `${path}.baseInterval`, `${baseInterval} is less than 1ms`);
  }
  if (maxInterval !== undefined && durationMs(maxInterval) < durationMs(baseInterval)) {
    const message = `${maxInterval} is less than the baseInterval of ${baseInterval}`;
    faults.error("SLUICE-1415", `${path}.maxInterval`, message);
  }
  return { baseInterval: span(baseInterval), maxInterval: span(maxInterval) };
}

function rateLimitedBackOff(
  { resetHeaders = [], maxInterval }: NonNullable<RetryPolicy["rateLimitedRetryBackOff"]>,
  faults: Faults,
): EnvoyRetryPolicy["rateLimitedRetryBackOff"] {
  const path = "retries.rateLimitedRetryBackOff";
  if (resetHeaders.length === 0) {
    faults.error("SLUICE-1415", `${path}.resetHeaders`, "at least one header that says how long to wait is wanted");
  }
  resetHeaders.forEach(({ name = "" }, i) => {
    const fault = headerNameFault(name);
    if (fault) faults.error("SLUICE-1420", `${path}.resetHeaders[${i}].name`, fault);
  });
  faults.positive("SLUICE-1414", `${path}.maxInterval`, maxInterval);
  return {
    resetHeaders: resetHeaders.map(({ name, format }) => ({ name, format: format ?? "SECONDS" })),
    maxInterval: span(maxInterval),
  };
}
