import { apiVersionOf } from "../api/mod.ts";
import type { Spec } from "../api/mod.ts";
import type { DecodeResource, Report } from "../report/mod.ts";
import { ANNOTATIONS, type AnnotationSet, switchOf } from "./annotations.ts";

/** A spec of an Upstream as far as this room knows it; the rest belongs to plugins. */
export type UpstreamSpec = Spec<"Upstream"> & { readonly kube?: Mapping };
export type Mapping = Readonly<Record<string, unknown>>;

/** What an annotation `gloo.solo.io/upstream_config` wants of Upstreams. */
export interface UpstreamConfig {
  readonly spec: UpstreamSpec;
  /** Messages are merged field by field; otherwise each top-level field is taken whole. */
  readonly deep: boolean;
}

/** Which Service and port an Upstream stands for. Discovery alone says so. */
export const SERVICE_REFERENCE = ["serviceName", "serviceNamespace", "servicePort"] as const;

/** Fields that Gloo's discovery fills in whatever the annotation says, in both spellings. */
const NOT_TAKEN = ["metadata", "discoveryMetadata", "discovery_metadata"];

/** Reads the annotation and what stands beside it. Any fault in it, and nothing of it is used, as in Gloo. */
export function readUpstreamConfig(set: AnnotationSet, decode: DecodeResource): UpstreamConfig | undefined {
  const deep = switchOf(set, ANNOTATIONS.deepMerge) ?? false;
  const text = set.get(ANNOTATIONS.upstreamConfig);
  if (text === undefined) {
    if (deep) set.idle(ANNOTATIONS.deepMerge, `this has no effect without ${ANNOTATIONS.upstreamConfig}`);
    return undefined;
  }
  const given = mappingOf(set, text);
  if (!given) return undefined;
  const taken: Record<string, unknown> = { ...given };
  for (const field of NOT_TAKEN.filter((field) => Object.hasOwn(given, field))) {
    set.idle(ANNOTATIONS.upstreamConfig, `${field} is filled in by discovery; leave it out`);
    delete taken[field];
  }
  // With the type that it will have, so that a second type of Upstream is found too.
  const { spec, reports } = decodeUpstream(decode, SOME_METADATA, { ...taken, kube: taken.kube ?? {} });
  for (const report of reports) {
    (report.severity === "error" ? set.fault : set.idle)(ANNOTATIONS.upstreamConfig, tellFault(report));
  }
  return spec && { spec: withoutReference(set, spec), deep };
}

const SOME_METADATA = { name: "upstream", namespace: "namespace" };

/** Decodes an Upstream as strictly as one that a user wrote. `spec` is undefined where there are errors. */
export function decodeUpstream(
  decode: DecodeResource,
  metadata: { readonly name: string; readonly namespace: string; readonly labels?: Mapping },
  spec: Mapping,
) {
  const document = { apiVersion: apiVersionOf("Upstream"), kind: "Upstream", metadata, spec };
  const { resource, reports } = decode(document, { defaultNamespace: metadata.namespace });
  const upstream = resource?.kind === "Upstream" ? resource : undefined;
  return { upstream, spec: upstream?.spec as UpstreamSpec | undefined, reports };
}

/** What the decoder found, in one sentence with its place. */
export const tellFault = ({ path, message }: Report): string => path === "" ? message : `${path}: ${message}`;

/** Lays a configuration over a spec. What it says goes before what is there; lists are taken whole. */
export function overlay(base: UpstreamSpec, config: UpstreamConfig | undefined): UpstreamSpec {
  if (!config) return base;
  const { kube, ...rest } = config.spec;
  const laid = config.deep ? deepMerge(base, rest) : { ...base, ...rest };
  if (!kube) return laid;
  const reference = Object.fromEntries(SERVICE_REFERENCE.map((field) => [field, base.kube?.[field]]));
  return { ...laid, kube: { ...(config.deep ? deepMerge(base.kube ?? {}, kube) : kube), ...reference } };
}

function deepMerge(base: Mapping, over: Mapping): Mapping {
  const merged = Object.entries(over).map(([key, value]) => {
    const below = Object.hasOwn(base, key) ? base[key] : undefined;
    return [key, isMapping(value) && isMapping(below) ? deepMerge(below, value) : value];
  });
  return { ...base, ...Object.fromEntries(merged) };
}

/** The spec without a reference to a Service; one that the annotation says is told. */
function withoutReference(set: AnnotationSet, spec: UpstreamSpec): UpstreamSpec {
  const { kube = {}, ...rest } = spec;
  const own = new Map(Object.entries(kube));
  for (const field of SERVICE_REFERENCE.filter((field) => own.delete(field))) {
    set.idle(ANNOTATIONS.upstreamConfig, `kube.${field} is filled in by discovery; leave it out`);
  }
  return own.size > 0 ? { ...rest, kube: Object.fromEntries(own) } : rest;
}

function mappingOf(set: AnnotationSet, text: string): Mapping | undefined {
  try {
    const given: unknown = JSON.parse(text);
    if (isMapping(given)) return given;
    set.fault(ANNOTATIONS.upstreamConfig, "expected a JSON object with fields of an Upstream's spec");
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    set.fault(ANNOTATIONS.upstreamConfig, `this is not JSON: ${reason}`);
  }
  return undefined;
}

export const isMapping = (value: unknown): value is Mapping =>
  typeof value === "object" && value !== null && !Array.isArray(value);
