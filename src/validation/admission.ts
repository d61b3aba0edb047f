import { GLOO_KINDS, KINDS, type ResourceId } from "../api/mod.ts";
import { type DecodeResource, type DecodeResult, isSourceRef, type Report } from "../report/mod.ts";
import type { Logger } from "../telemetry/mod.ts";
import { type AdmissionRequest, type AdmissionResponse, readReview, reviewWith } from "./admission_review.ts";
import { sameContent, sameSpec, skipsValidation } from "./content.ts";
import type { Validator } from "./validator.ts";
import type { Change, Verdict } from "./verdict.ts";
import { responseTo, warned } from "./words.ts";

export interface AdmissionOptions {
  readonly validator: Pick<Validator, "validate">;
  readonly decode: DecodeResource;
  readonly logger: Logger;
}

/** What became of a request, for metrics: `skipped` where there was nothing to judge. */
export type Outcome = "allowed" | "refused" | "unjudged" | "skipped";

/** The review to send back, or what is wrong with the one that came. */
export type Reviewed =
  | { readonly review: unknown; readonly outcome: Outcome }
  | { readonly fault: string };

interface Answer {
  readonly response: AdmissionResponse;
  readonly outcome: Outcome;
}

const SKIPPED: Answer = { response: { allowed: true }, outcome: "skipped" };

/** Answers AdmissionReviews (admission.k8s.io v1 and v1beta1), given as parsed JSON. Rejects only where Sluice has a fault. */
export function createAdmission(options: AdmissionOptions): (body: unknown) => Promise<Reviewed> {
  return async (body) => {
    const read = readReview(body);
    if ("fault" in read) return read;
    const { response, outcome } = await answer(read.request, options);
    return { review: reviewWith(read.apiVersion, read.request.uid, response), outcome };
  };
}

async function answer(request: AdmissionRequest, options: AdmissionOptions): Promise<Answer> {
  if (!isOurs(request)) return SKIPPED;
  const { operation, object, oldObject } = request;
  if (operation === "DELETE" && isClearedAway(request)) return SKIPPED;
  if (skipsValidation(operation === "DELETE" ? oldObject : object)) return skippedOnPurpose();
  if (operation === "UPDATE" && object && oldObject && sameContent(oldObject, object)) return SKIPPED;
  const read = readChange(request, options.decode);
  const verdict = read.errors.length > 0
    ? unreadable(request, read.errors)
    : withAsides(await options.validator.validate(read.change, { dryRun: request.dryRun }), read.asides);
  tell(request, verdict, options.logger);
  return {
    response: responseTo(request, verdict),
    outcome: verdict.unjudged ? "unjudged" : verdict.allowed ? "allowed" : "refused",
  };
}

const GROUPS: ReadonlySet<string> = new Set(GLOO_KINDS.map((kind) => KINDS[kind].group));
const CORE: readonly string[] = ["Secret", "ConfigMap", "List", "SecretList", "ConfigMapList"];
const OPERATIONS: readonly string[] = ["CREATE", "UPDATE", "DELETE"];

function isOurs({ operation, subResource, kind: { group, kind } }: AdmissionRequest): boolean {
  if (!OPERATIONS.includes(operation) || subResource !== "") return false;
  return group === "" ? CORE.includes(kind) : GROUPS.has(group);
}

const CLEANERS: readonly string[] = ["namespace-controller", "generic-garbage-collector"];

/** What goes with its namespace or its owner: that is decided already, and a refusal would keep a namespace from ending. */
const isClearedAway = ({ user }: AdmissionRequest): boolean =>
  CLEANERS.some((name) => user === `system:serviceaccount:kube-system:${name}`);

const skippedOnPurpose = (): Answer => ({
  response: { allowed: true, ...warned(["not validated: the annotation gateway.solo.io/skip_validation says so"]) },
  outcome: "skipped",
});

/** What a request comes to, with what could not be read of it. */
interface ChangeRead {
  readonly change: Change;
  readonly errors: readonly Report[];
  /** What is wrong with Secrets and ConfigMaps: they may be somebody else's, so it is told only where others suffer. */
  readonly asides: readonly Report[];
}

const withAsides = (verdict: Verdict, asides: readonly Report[]): Verdict =>
  verdict.errors.length === 0 ? verdict : { ...verdict, warnings: [...verdict.warnings, ...asides] };

function readChange(request: AdmissionRequest, decode: DecodeResource): ChangeRead {
  const { operation, object, namespace } = request;
  const hint = { defaultNamespace: namespace || "default" };
  if (operation === "DELETE") return { change: { put: [], removed: idsOf(request, decode) }, errors: [], asides: [] };
  const decoded = flat(decode(object, hint));
  const put = decoded.flatMap(({ resource }) => resource ?? []);
  const lost = decoded.filter(({ resource, id }) => !resource && id && isCore(id)).map(({ id }) => id!);
  // A Secret that Sluice cannot read is somebody else's, unless somebody refers to it.
  const skipped = decoded.some((one) => one.skipped !== undefined) ? idsOf(request, decode) : [];
  const reports = decoded.flatMap(({ reports }) => reports);
  const [asides, found] = [reports.filter(({ ref }) => isCore(ref)), reports.filter(({ ref }) => !isCore(ref))];
  return {
    change: { put, removed: [...lost, ...skipped], found: found.filter(({ severity }) => severity === "warning") },
    errors: found.filter(({ severity }) => severity === "error"),
    asides: asides.map((report): Report => ({ ...report, severity: "warning" })),
  };
}

const flat = (result: DecodeResult): readonly DecodeResult[] => result.items?.flatMap(flat) ?? [result];

const isCore = ({ kind }: ResourceId): boolean => kind === "Secret" || kind === "Artifact";

/** The resources that a request names, whether they can be read or not. Of a collection each comes with its old object alone. */
function idsOf({ kind: { kind }, namespace, name, ...given }: AdmissionRequest, decode: DecodeResource): ResourceId[] {
  const own = kind === "ConfigMap" ? "Artifact" : GLOO_KINDS.find((known) => known === kind);
  if (own && name !== "") return [{ kind: own, namespace, name }];
  const object = given.object ?? given.oldObject;
  return flat(decode(object, { defaultNamespace: namespace || "default" })).flatMap(({ id }) => id ?? []);
}

/** What cannot be read is refused in each mode, but where it could not be read before either and its spec stays. */
function unreadable({ oldObject, object }: AdmissionRequest, errors: readonly Report[]): Verdict {
  const allowed = oldObject !== undefined && object !== undefined && sameSpec(oldObject, object);
  return { allowed, errors, warnings: [] };
}

function tell(
  { kind: { kind }, namespace, name, operation, dryRun }: AdmissionRequest,
  verdict: Verdict,
  logger: Logger,
) {
  if (verdict.errors.length === 0 && verdict.allowed) return;
  const [first] = [...verdict.errors, ...verdict.warnings];
  const whose = first && !isSourceRef(first.ref) ? `${first.ref.kind} ${first.ref.namespace}/${first.ref.name}: ` : "";
  const what = verdict.allowed ? "let through although faulty" : "refused";
  logger.warn(`${operation} of ${kind} ${namespace}/${name} ${what}: ${whose}${first?.message}`, {
    code: first?.code,
    path: first?.path,
    ...(dryRun && { dryRun }),
  });
}
