import { isIPv4, isIPv6 } from "node:net";
import type { Faults } from "../faults.ts";
import { headerTextFault } from "../header_checks.ts";
import type { HcmSettings } from "./options.ts";

/** Where the settings stand in the options of a listener. */
export const PATH = "httpConnectionManagerSettings";

const SPANS = [
  "streamIdleTimeout",
  "idleTimeout",
  "requestTimeout",
  "requestHeadersTimeout",
  "drainTimeout",
  "delayedCloseTimeout",
  "maxConnectionDuration",
  "maxStreamDuration",
] as const;
/** Smallest window of HTTP/2 that Envoy takes, and the largest number of a window or of streams. */
const [SMALLEST_WINDOW, LARGEST] = [65535, 2 ** 31 - 1];

/** Reports every setting that Envoy would refuse, and those that have no effect beside the others. */
export function checkSettings(settings: HcmSettings, faults: Faults): void {
  for (const name of SPANS) faults.notNegative("SLUICE-1430", `${PATH}.${name}`, settings[name]);
  faults.range("SLUICE-1430", `${PATH}.maxRequestHeadersKb`, settings.maxRequestHeadersKb, 1, 8192);
  faults.range("SLUICE-1430", `${PATH}.maxHeadersCount`, settings.maxHeadersCount, 1, 2 ** 32 - 1);
  const { maxConcurrentStreams, ...http2 } = settings.http2ProtocolOptions ?? {};
  const http2Path = `${PATH}.http2ProtocolOptions`;
  faults.range("SLUICE-1430", `${http2Path}.maxConcurrentStreams`, maxConcurrentStreams, 1, LARGEST);
  for (const name of ["initialStreamWindowSize", "initialConnectionWindowSize"] as const) {
    faults.range("SLUICE-1430", `${http2Path}.${name}`, http2[name], SMALLEST_WINDOW, LARGEST);
  }
  for (const name of ["via", "serverName", "defaultHostForHttp10"] as const) {
    const fault = headerTextFault(settings[name] ?? "");
    if (fault) faults.error("SLUICE-1421", `${PATH}.${name}`, fault);
  }
  checkInternalAddresses(settings, faults);
  checkWithoutEffect(settings, faults);
}

function checkInternalAddresses({ internalAddressConfig }: HcmSettings, faults: Faults): void {
  internalAddressConfig?.cidrRanges?.forEach(({ addressPrefix = "", prefixLen = 0 }, i) => {
    const bits = isIPv4(addressPrefix) ? 32 : isIPv6(addressPrefix) && !addressPrefix.includes("%") ? 128 : undefined;
    const path = `${PATH}.internalAddressConfig.cidrRanges[${i}]`;
    if (bits === undefined) {
      const message = `${JSON.stringify(addressPrefix)} is no IP address`;
      faults.error("SLUICE-1432", `${path}.addressPrefix`, message);
    } else if (prefixLen > bits) {
      faults.error(
        "SLUICE-1432",
        `${path}.prefixLen`,
        `${prefixLen} is more than the ${bits} bits of ${addressPrefix}`,
      );
    }
  });
}

function checkWithoutEffect(settings: HcmSettings, faults: Faults): void {
  if (settings.defaultHostForHttp10 && !settings.acceptHttp10) {
    const message = "defaultHostForHttp10 has no effect without acceptHttp10: true";
    faults.warning("SLUICE-1431", `${PATH}.defaultHostForHttp10`, message);
  }
  if (settings.setCurrentClientCertDetails && !setsClientCert(settings)) {
    const message =
      "setCurrentClientCertDetails works with forwardClientCertDetails APPEND_FORWARD or SANITIZE_SET only";
    faults.warning("SLUICE-1431", `${PATH}.setCurrentClientCertDetails`, message);
  }
  if (settings.tracing !== undefined) {
    faults.warning("SLUICE-1401", `${PATH}.tracing`, "tracing is known but not served yet; the rest is served");
  }
}

/** Whether Envoy writes x-forwarded-client-cert itself. */
export function setsClientCert({ forwardClientCertDetails: forward }: HcmSettings): boolean {
  return forward === "APPEND_FORWARD" || forward === "SANITIZE_SET";
}
