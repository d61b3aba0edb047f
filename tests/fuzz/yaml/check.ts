/** A file of any bytes, through everything from reading to what Envoy and people are told, and what must hold of that. */
import { isDeepStrictEqual } from "node:util";
import { ALL_KINDS, type AnyResource, type Kind, refKey, type Resource } from "../../../src/api/mod.ts";
import { envoySnapshotJson } from "../../../src/cli/xds_json.ts";
import { decode, nameOf, toJson } from "../../../src/envoy/mod.ts";
import { plugins } from "../../../src/plugins/mod.ts";
import { CODES, isSourceRef, type Report, secretRedactor } from "../../../src/report/mod.ts";
import { createSchema } from "../../../src/schema/mod.ts";
import { ApiSnapshot } from "../../../src/snapshot/mod.ts";
import { EMPTY_MEMORY, type Memory, statusesOf, translate, type Translation } from "../../../src/syncer/mod.ts";
import { readDocuments } from "../../../src/watchers/file/read_documents.ts";
import { dumpYaml, parseYaml, splitDocuments } from "../../../src/watchers/mod.ts";
import type { EnvoySnapshot } from "../../../src/xds/mod.ts";
import { valueOf } from "../../golden/run_case.ts";
import { textOf } from "../bytes.ts";
import { holds } from "../target.ts";
import { marksIn } from "./marks.ts";

const NAMESPACE = "gloo-system";
const schema = createSchema(plugins, { parseText: valueOf });

/** What a file came to. */
interface Outcome {
  readonly snapshot: ApiSnapshot;
  readonly translation: Translation;
  readonly reports: readonly Report[];
}

/**
 * What a run is checked against: a file of before, whose good forms are held where the new file has faults. Throws a Breach,
 * or whatever the product throws.
 */
export function checkYaml(input: Uint8Array, before: Uint8Array): EnvoySnapshot[] {
  checkDumps(textOf(input));
  const first = outcomeOf(before, EMPTY_MEMORY);
  const outcome = outcomeOf(input, first.translation.memory);
  const again = outcomeOf(input, first.translation.memory);
  holds(sameBytes(outcome.translation, again.translation), "the same file gave something else the second time");
  const text = textOf(input);
  for (const report of outcome.reports) checkReport(report, text);
  for (const { snapshot } of outcome.translation.proxies) checkSnapshot(snapshot);
  // What is held may show a Secret of before, which the product remembers.
  checkSecrets(input, outcome, [...first.snapshot.list("Secret"), ...outcome.snapshot.list("Secret")]);
  return outcome.translation.proxies.map(({ snapshot }) => snapshot);
}

function outcomeOf(input: Uint8Array, memory: Memory): Outcome {
  const hint = {};
  const read = readDocuments(input, { file: "file.yaml", hint, defaultNamespace: NAMESPACE, decode: schema.decode });
  const resources = read.flatMap(({ resource }) => resource ?? []);
  const snapshot = snapshotOf(resources);
  const settings = snapshot.get("Settings", { namespace: NAMESPACE, name: "default" })?.spec ?? {};
  const work = translate({ snapshot, settings, writeNamespace: NAMESPACE, plugins, memory, now: 0 });
  let step = work.next();
  while (!step.done) step = work.next();
  return {
    snapshot,
    translation: step.value,
    reports: [...read.flatMap(({ reports }) => reports), ...step.value.reports],
  };
}

/** Of resources of one name, the first. */
function snapshotOf(resources: readonly AnyResource[]): ApiSnapshot {
  const mapOf = (kind: Kind): Map<string, Resource> => {
    const map = new Map<string, Resource>();
    for (const resource of resources) {
      if (resource.kind === kind && !map.has(refKey(resource.metadata))) map.set(refKey(resource.metadata), resource);
    }
    return new Map([...map].sort(([a], [b]) => a < b ? -1 : 1));
  };
  return new ApiSnapshot(1, Object.fromEntries(ALL_KINDS.map((kind) => [kind, mapOf(kind)])));
}

/** What was read and is written is read as the same. */
function checkDumps(text: string): void {
  for (const document of splitDocuments(text)) {
    const read = parseYaml(document.text);
    if ("fault" in read) continue;
    const again = parseYaml(dumpYaml(read.value));
    holds("value" in again, `what was dumped cannot be read: ${"fault" in again && again.fault.message}`);
    holds(isDeepStrictEqual(again.value, read.value), "what was dumped is read as something else");
  }
}

function checkReport(report: Report, input: string): void {
  const { severity, code, ref, path, message, location } = report;
  const text = JSON.stringify(report);
  holds(Object.hasOwn(CODES, code), `a report has no code of ours: ${text}`);
  holds(severity === "error" || severity === "warning", `a report has no severity: ${text}`);
  holds(typeof path === "string" && typeof message === "string" && message !== "", `a report says nothing: ${text}`);
  const isOfFile = isSourceRef(ref);
  holds(isOfFile || (ALL_KINDS.includes(ref.kind as Kind) && ref.name !== ""), `a report is nobody's: ${text}`);
  holds(!isOfFile || location !== undefined, `a report of a file has no place: ${text}`);
  for (const [own] of message.matchAll(/\bundefined\b|\[object /g)) {
    holds(input.includes(own), `a report talks of our values: ${text}`);
  }
}

/** What streams are given can be decoded, is a number where it says so, and refers to what is there. */
function checkSnapshot(snapshot: EnvoySnapshot): void {
  for (const [type, set] of Object.entries(snapshot)) {
    for (const [name, resource] of set) {
      holds(name === resource.name && name !== "", `a resource of ${type} is named ${name} and ${resource.name}`);
      checkMessage(`${type} ${name}`, resource.typeUrl, resource.bytes);
      const { refs } = resource;
      for (const one of refs.endpoints ?? []) holds(snapshot.endpoints.has(one), `${type} ${name} lacks ${one}`);
      for (const one of refs.routes ?? []) holds(snapshot.routes.has(one), `${type} ${name} lacks ${one}`);
      for (const one of refs.secrets ?? []) holds(snapshot.secrets.has(one), `${type} ${name} lacks ${one}`);
    }
  }
}

/** Messages can be decoded, those in them too, and printed; numbers are numbers. */
function checkMessage(what: string, typeUrl: string, bytes: Uint8Array): void {
  const name = nameOf(typeUrl);
  if (name === undefined) return;
  toJson(name, bytes);
  const walk = (value: unknown): void => {
    holds(typeof value !== "number" || Number.isFinite(value), `${what} says ${value} where a number is wanted`);
    if (typeof value !== "object" || value === null || value instanceof Uint8Array) return;
    const { typeUrl, value: packed } = value as { typeUrl?: unknown; value?: unknown };
    if (typeof typeUrl === "string" && packed instanceof Uint8Array) checkMessage(what, typeUrl, packed);
    Object.values(value).forEach(walk);
  };
  walk(decode(name, bytes));
}

function sameBytes(one: Translation, other: Translation): boolean {
  const bytesOf = ({ proxies, reports }: Translation) =>
    JSON.stringify([
      proxies.map(({ role, snapshot }) => [
        role,
        Object.values(snapshot).map((set) => [...set.values()].map(({ name, version }) => [name, version])),
      ]),
      reports,
    ]);
  return bytesOf(one) === bytesOf(other);
}

/** Nothing of a Secret is in what people are shown, unless it stands where it is no secret too. */
function checkSecrets(
  input: Uint8Array,
  { snapshot, translation, reports }: Outcome,
  secrets: readonly Resource<"Secret">[],
): void {
  const { hidden, open } = marksIn(textOf(input));
  const statuses = statusesOf({ snapshot, reports, held: [], hasProxy: translation.proxies.length > 0 });
  const redact = secretRedactor(secrets);
  const said = [
    JSON.stringify(reports),
    JSON.stringify(statuses),
    ...translation.proxies.map(({ snapshot }) => JSON.stringify(envoySnapshotJson(snapshot), redact)),
    ...ALL_KINDS.map((kind) => JSON.stringify(snapshot.list(kind), redact)),
  ];
  for (const value of hidden.difference(open)) {
    for (const text of said) {
      const at = text.indexOf(value);
      holds(at < 0, `a secret is shown: ${text.slice(Math.max(0, at - 200), at + 100)}`);
    }
  }
}
