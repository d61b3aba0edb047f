import { durationMs } from "../envoy/mod.ts";
import type { Code } from "../report/mod.ts";
import type { HookResult, PluginReport } from "./contract.ts";

/** Gathers what one hook has to report, and gives the hook's result. */
export class Faults {
  readonly reports: PluginReport[] = [];

  error(code: Code, path: string, message: string): void {
    this.reports.push({ severity: "error", code, path, message });
  }

  warning(code: Code, path: string, message: string): void {
    this.reports.push({ severity: "warning", code, path, message });
  }

  /** An error where the number is there and not within `minimum` to `maximum`, both of them allowed. */
  range(code: Code, path: string, value: number | undefined, minimum: number, maximum: number): void {
    if (value === undefined || (value >= minimum && value <= maximum)) return;
    this.error(code, path, `${value} is outside the range ${minimum} to ${maximum}`);
  }

  /** An error where the duration is there and not more than zero. */
  positive(code: Code, path: string, duration: string | undefined): void {
    if (duration === undefined || durationMs(duration) > 0) return;
    this.error(code, path, `${duration} is not a span of time above zero`);
  }

  /** An error where the duration is there and less than zero. */
  notNegative(code: Code, path: string, duration: string | undefined): void {
    if (duration === undefined || durationMs(duration) >= 0) return;
    this.error(code, path, `${duration} is negative; a span of time of zero or more is wanted`);
  }

  /** The fragment with the reports; no fragment where a report is an error, as the piece is not served then. */
  result<F>(fragment: F): HookResult<F> {
    if (this.reports.length === 0) return { fragment };
    const failed = this.reports.some((report) => report.severity === "error");
    return failed ? { reports: this.reports } : { fragment, reports: this.reports };
  }
}
