import type { ResourceId } from "../api/mod.ts";
import type { Code } from "./codes.ts";

/** An error makes the resource Rejected, a warning makes it Warning (Gloo's reporter). */
export type Severity = "error" | "warning";

/** A place in a file. Line and column count from 1. */
export interface Location {
  readonly file: string;
  readonly line?: number;
  readonly column?: number;
}

/** One fault, on one resource, at one path in it. */
export interface Report {
  readonly severity: Severity;
  readonly code: Code;
  /** Whose YAML has to be mended. */
  readonly ref: ResourceId;
  /** Path from the top of the resource's spec, `virtualHost.routes[2].options.cors`; "" for the resource as a whole. */
  readonly path: string;
  /** What is wrong, and what would be right; a sentence without a full stop. */
  readonly message: string;
  /** Known where the fault was found while reading a file; otherwise the source that read the resource can tell. */
  readonly location?: Location;
}

/** A report; the order of arguments is the order in which a person reads it. */
export function makeReport(
  severity: Severity,
  code: Code,
  ref: ResourceId,
  path: string,
  message: string,
): Report {
  const { kind, namespace, name } = ref;
  return { severity, code, ref: { kind, namespace, name }, path, message };
}

/** By resource, path, code and message, so that equal faults give equal lists. */
export function compareReports(a: Report, b: Report): number {
  return compareText(a.ref.kind, b.ref.kind) || compareText(a.ref.namespace, b.ref.namespace) ||
    compareText(a.ref.name, b.ref.name) || compareText(a.path, b.path) || compareText(a.code, b.code) ||
    compareText(a.message, b.message);
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The severity that decides a resource's state, if any report does. */
export function worst(reports: Iterable<Report>): Severity | undefined {
  let found: Severity | undefined;
  for (const { severity } of reports) {
    if (severity === "error") return "error";
    found = severity;
  }
  return found;
}
