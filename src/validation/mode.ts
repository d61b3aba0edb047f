import type { Spec } from "../api/mod.ts";
import type { Report } from "../report/mod.ts";
import { ReportSet } from "./worse.ts";

/** How strict validation is: `gateway.validation` of Settings, with Gloo's defaults. */
export interface Mode {
  /** Tell of errors, but let everything through that can be read. Default true. */
  readonly alwaysAccept: boolean;
  /** Let through what has only warnings. Default true. */
  readonly allowWarnings: boolean;
  /** A TLS secret that is missing is a warning. Default false. */
  readonly warnMissingTlsSecret: boolean;
}

export function modeOf({ gateway }: Spec<"Settings">): Mode {
  const { alwaysAccept = true, allowWarnings = true, warnMissingTlsSecret = false } = gateway?.validation ?? {};
  return { alwaysAccept, allowWarnings, warnMissingTlsSecret };
}

/** The reports as the mode sees them. */
export function inMode(reports: ReportSet, { warnMissingTlsSecret }: Mode): ReportSet {
  if (!warnMissingTlsSecret || !reports.all.some(isMissingTlsSecret)) return reports;
  return new ReportSet(
    reports.all.map((report) => isMissingTlsSecret(report) ? { ...report, severity: "warning" } : report),
  );
}

/** SLUICE-1314 is also said of an ssl config that names no Secret at all. */
const isMissingTlsSecret = ({ code, message }: Report): boolean =>
  code === "SLUICE-1314" && /^Secret \S+ does not exist$/.test(message);

/** Whether a change of which this is to be said is let through. */
export function isAllowed(errors: readonly Report[], warnings: readonly Report[], mode: Mode): boolean {
  return mode.alwaysAccept || errors.length === 0 && (mode.allowWarnings || warnings.length === 0);
}
