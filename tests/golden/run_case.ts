/** Translates the input of a golden case, and writes down what comes of it as text. */
import type { AnyResource, Kind, Resource } from "../../src/api/mod.ts";
import { ALL_KINDS, refKey } from "../../src/api/mod.ts";
import { type JsonObject, type JsonValue, type MessageName, nameOf, toJson } from "../../src/envoy/mod.ts";
import { plugins } from "../../src/plugins/mod.ts";
import { compareReports, type DecodeResult, type Report } from "../../src/report/mod.ts";
import { createSchema } from "../../src/schema/mod.ts";
import { ApiSnapshot } from "../../src/snapshot/mod.ts";
import { EMPTY_MEMORY, translate, type TranslatedProxy } from "../../src/syncer/mod.ts";
import { dumpYaml, parseYaml, splitDocuments } from "../../src/watchers/mod.ts";
import type { XdsResource } from "../../src/xds/mod.ts";

/** What a case comes to: the two files, and the proxies for those who want to try them. */
export interface CaseResult {
  readonly envoy: string;
  readonly report: string;
  readonly proxies: readonly TranslatedProxy[];
  readonly reports: readonly Report[];
}

const NAMESPACE = "gloo-system";
const KEY_MATERIAL = ["privateKey", "password"];

/** Runs the whole pure pipeline, decoding to holds, on the documents of an input.yaml. */
export function runCase(input: string): CaseResult {
  const { resources, reports: decodingReports } = decodeAll(input);
  const settings = resources.find((resource) => resource.kind === "Settings")?.spec ?? {};
  const translation = finish(translate({
    snapshot: snapshotOf(resources),
    settings,
    writeNamespace: NAMESPACE,
    plugins,
    memory: EMPTY_MEMORY,
    now: 0,
  }));
  const reports = [...decodingReports, ...translation.reports].sort(compareReports);
  return {
    envoy: dumpYaml(Object.fromEntries(translation.proxies.map((proxy) => [proxy.role, resourcesOf(proxy)]))),
    report: dumpYaml(reports.map(reportEntry)),
    proxies: translation.proxies,
    reports,
  };
}

function decodeAll(input: string): { resources: AnyResource[]; reports: Report[] } {
  const schema = createSchema(plugins, { parseText: valueOf });
  const results = splitDocuments(input)
    .flatMap(({ text }) => flatten(schema.decode(valueOf(text), { defaultNamespace: NAMESPACE })));
  return {
    resources: results.flatMap(({ resource }) => resource ?? []),
    reports: results.flatMap(({ reports }) => reports),
  };
}

/** The value of a YAML text; throws where it is none, as a golden input has to be YAML. */
export function valueOf(text: string): unknown {
  const result = parseYaml(text);
  if ("fault" in result) throw new Error(`line ${result.fault.line}: ${result.fault.message}`);
  return result.value;
}

function flatten(result: DecodeResult): readonly DecodeResult[] {
  return result.items ? result.items.flatMap(flatten) : [result];
}

function snapshotOf(resources: readonly AnyResource[]): ApiSnapshot {
  const mapOf = (kind: Kind): Map<string, Resource> => {
    const ofKind = resources.filter((resource) => resource.kind === kind)
      .map((resource): [string, Resource] => [refKey(resource.metadata), resource]);
    return new Map(ofKind.sort(([a], [b]) => a < b ? -1 : 1));
  };
  return new ApiSnapshot(1, Object.fromEntries(ALL_KINDS.map((kind) => [kind, mapOf(kind)])));
}

function finish<T>(work: Generator<void, T>): T {
  for (;;) {
    const step = work.next();
    if (step.done) return step.value;
  }
}

/** The EnvoySnapshot of a proxy as ProtoJSON, sorted by name; types of which there is nothing are left out. */
function resourcesOf({ snapshot }: TranslatedProxy): JsonObject {
  const { listeners, routes, clusters, endpoints, secrets } = snapshot;
  const groups = Object.entries({ listeners, routes, clusters, endpoints, secrets })
    .map(([type, set]): [string, JsonValue] => [type, [...set.values()].sort(byName).map(jsonOf)]);
  return Object.fromEntries(groups.filter(([, list]) => (list as JsonValue[]).length > 0));
}

const byName = (a: XdsResource, b: XdsResource): number => a.name < b.name ? -1 : 1;

function jsonOf({ typeUrl, bytes }: XdsResource): JsonValue {
  return withoutKeys(toJson(nameOf(typeUrl) as MessageName, bytes));
}

/** Private keys change with every certificate and belong in no file that people read. */
function withoutKeys(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(withoutKeys);
  if (typeof value !== "object" || value === null) return value;
  const fields = Object.entries(value as JsonObject).map(([name, field]): [string, JsonValue] => {
    const isKey = KEY_MATERIAL.includes(name) && !(field as JsonObject).filename;
    return [name, isKey ? "redacted" : withoutKeys(field)];
  });
  return Object.fromEntries(fields);
}

function reportEntry({ severity, code, ref, path, message }: Report): Record<string, string> {
  return { severity, code, resource: `${ref.kind}/${ref.namespace}/${ref.name}`, path, message };
}
