/** What Sluice has to say to the user about a resource, and where statuses go. */
export { CODES } from "./codes.ts";
export type { Code } from "./codes.ts";
export type { DecodeHint, DecodeResource, DecodeResult } from "./decode_result.ts";
export { compareReports, makeReport, worst } from "./report.ts";
export { REDACTED, secretRedactor } from "./redact.ts";
export type { Location, Report, Severity } from "./report.ts";
export { isSourceRef, SOURCE_REF } from "./source_ref.ts";
export type { ResourceStatus, State, StatusWriter } from "./status.ts";
