import type { ResourceId } from "../api/mod.ts";
import type { Report } from "../report/mod.ts";
import type { AdmissionRequest, AdmissionResponse, AdmissionStatus } from "./admission_review.ts";
import type { Verdict } from "./verdict.ts";

/** So many faults are told of one request. */
const MOST_TOLD = 10;
/** The API server may cut a warning that is longer, in characters. */
const LONGEST_WARNING = 256;
/** Of all warnings together the API server hands on so many characters, those of other webhooks among them. */
const LONGEST_WARNINGS = 4096;

const UNJUDGED = "Sluice could read this, but did not check it against the other resources: they are not read yet";

/** The answer to a request on which this verdict was given. */
export function responseTo(request: AdmissionRequest, verdict: Verdict): AdmissionResponse {
  if (!verdict.allowed) return { allowed: false, status: refusal(request, [...verdict.errors, ...verdict.warnings]) };
  const said = [
    ...verdict.errors.map((report) => `${breaks(report.ref, request) ? "breaks " : ""}${sentence(report, request)}`),
    ...verdict.warnings.map((report) => sentence(report, request)),
  ];
  return { allowed: true, ...warned(verdict.unjudged ? [UNJUDGED, ...said] : said) };
}

/** `warnings` of a response, with what the API server would cut off cut off here. */
export function warned(sentences: readonly string[]): Pick<AdmissionResponse, "warnings"> {
  const warnings: string[] = [];
  let length = 0;
  for (const sentence of sentences) {
    const text = shortened(sentence);
    const left = sentences.length - warnings.length;
    if (warnings.length === MOST_TOLD || length + text.length > LONGEST_WARNINGS / 2) {
      warnings.push(`and ${left} more`);
      break;
    }
    warnings.push(text);
    length += text.length;
  }
  return warnings.length > 0 ? { warnings } : {};
}

/**
 * `Invalid` with a cause for each field where something is wrong with the resource itself, which kubectl prints as a list;
 * else `Forbidden`, as the resource is right and others would suffer.
 */
function refusal(request: AdmissionRequest, reports: readonly Report[]): AdmissionStatus {
  const told = reports.slice(0, MOST_TOLD);
  const own = told.filter(({ ref }) => isOwn(ref, request));
  const others = told.filter(({ ref }) => !isOwn(ref, request));
  const more = reports.length > told.length ? [`and ${reports.length - told.length} more`] : [];
  const ofOthers = others.length > 0 ? [`${breaking(request)}${sentences(others, request)}`] : [];
  const message = [...own.map((report) => sentence(report, request)), ...ofOthers, ...more].join("; ");
  if (own.length === 0) return { status: "Failure", code: 403, reason: "Forbidden", message };
  const causes = [
    ...own.map((report) => ({ reason: INVALID, message: wordsOf(report), field: fieldOf(report) })),
    ...ofOthers.map((message) => ({ reason: INVALID, message, field: "" })),
  ];
  const { kind: { group, kind }, name } = request;
  const details = { group, kind, name: name || own[0]!.ref.name, causes };
  return { status: "Failure", code: 422, reason: "Invalid", message, details };
}

const INVALID = "FieldValueInvalid";

const VERBS: Readonly<Record<string, string>> = { CREATE: "creating", UPDATE: "updating", DELETE: "deleting" };

/** `deleting Upstream gloo-system/shop breaks others: `; of a List it is not said which are its own items. */
function breaking({ operation, kind: { kind }, namespace, name }: AdmissionRequest): string {
  if (kind.endsWith("List")) return "";
  return `${VERBS[operation]} ${kind} ${name === "" ? `in ${namespace}` : `${namespace}/${name}`} breaks others: `;
}

const sentences = (reports: readonly Report[], request: AdmissionRequest): string =>
  reports.map((report) => sentence(report, request)).join("; ");

/** `spec.virtualHost.routes[0]: what is wrong (SLUICE-1234)`; of another resource with its name in front. */
function sentence(report: Report, request: AdmissionRequest): string {
  const { ref } = report;
  const field = fieldOf(report);
  if (isOwn(ref, request)) return `${field === "" ? "" : `${field}: `}${wordsOf(report)}`;
  return `${ref.kind} ${ref.namespace}/${ref.name}${field === "" ? "" : ` ${field}`}: ${wordsOf(report)}`;
}

const wordsOf = ({ message, code }: Report): string => `${message} (${code})`;

/** Paths of reports start at the spec, those of decoding may lie outside of it. */
function fieldOf({ ref, path }: Report): string {
  if (ref.kind === "Secret" || ref.kind === "Artifact" || /^(apiVersion|kind|metadata|status)\b/.test(path)) {
    return path;
  }
  return path === "" ? "spec" : `spec.${path}`;
}

const isOwn = ({ kind, namespace, name }: ResourceId, request: AdmissionRequest): boolean =>
  request.kind.kind === kind && request.namespace === namespace && (request.name === "" || request.name === name);

function shortened(text: string): string {
  return text.length <= LONGEST_WARNING ? text : `${text.slice(0, LONGEST_WARNING - 1)}…`;
}

const breaks = (ref: ResourceId, request: AdmissionRequest): boolean =>
  !request.kind.kind.endsWith("List") && !isOwn(ref, request);
