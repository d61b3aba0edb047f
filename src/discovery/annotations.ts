import type { ResourceId } from "../api/mod.ts";
import { makeReport } from "../report/mod.ts";
import type { Code, Report, Severity } from "../report/mod.ts";

/** The annotations by which a Service says how its Upstreams are to be (Gloo's names). */
export const ANNOTATIONS = {
  discover: "gloo.solo.io/discover",
  http2: "gloo.solo.io/h2_service",
  upstreamConfig: "gloo.solo.io/upstream_config",
  deepMerge: "gloo.solo.io/upstream_config.deep_merge",
  tlsSecret: "gloo.solo.io/sslService.secret",
  tlsCert: "gloo.solo.io/sslService.tlsCert",
  tlsKey: "gloo.solo.io/sslService.tlsKey",
  tlsRootCa: "gloo.solo.io/sslService.rootCa",
  oneWayTls: "gloo.solo.io/sslService.oneWayTls",
} as const;
export type AnnotationName = (typeof ANNOTATIONS)[keyof typeof ANNOTATIONS];

/** Annotations of one owner, and where faults in them go. */
export interface AnnotationSet {
  get(name: AnnotationName): string | undefined;
  /** Says that an annotation cannot be used, and why. */
  fault(name: AnnotationName, message: string): void;
  /** Says that an annotation, or a part of it, changes nothing, and why. */
  idle(name: AnnotationName, message: string): void;
}

/**
 * @param path Where the annotations stand in their owner: `metadata.annotations`.
 * @param reports Takes what is said.
 */
export function annotationSet(
  annotations: Readonly<Record<string, string>> = {},
  owner: ResourceId,
  path: string,
  reports: Report[],
): AnnotationSet {
  const say = (severity: Severity, code: Code) => (name: AnnotationName, message: string): void =>
    void reports.push(makeReport(severity, code, owner, `${path}[${JSON.stringify(name)}]`, message));
  return {
    get: (name) => Object.hasOwn(annotations, name) ? annotations[name] : undefined,
    fault: say("error", "SLUICE-1601"),
    idle: say("warning", "SLUICE-1602"),
  };
}

/** An annotation that says yes or no; undefined where it is absent or says something else, which is told. */
export function switchOf(set: AnnotationSet, name: AnnotationName): boolean | undefined {
  const text = set.get(name);
  if (text === undefined) return undefined;
  if (text === "true" || text === "false") return text === "true";
  set.fault(name, `${JSON.stringify(text)} is neither "true" nor "false"`);
  return undefined;
}
