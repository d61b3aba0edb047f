/** `AdmissionReview` of admission.k8s.io, v1 and v1beta1, as far as it is read and written here. */

type Json = Readonly<Record<string, unknown>>;

/** What the API server asks. */
export interface AdmissionRequest {
  readonly uid: string;
  readonly operation: string;
  readonly kind: { readonly group: string; readonly version: string; readonly kind: string };
  /** `status`, `scale`; "" for the resource itself. */
  readonly subResource: string;
  readonly name: string;
  readonly namespace: string;
  /** The resource as it would be; undefined where it is deleted. */
  readonly object: Json | undefined;
  /** As it was; undefined where it is new. */
  readonly oldObject: Json | undefined;
  readonly dryRun: boolean;
  /** Who asks, `system:serviceaccount:…`. */
  readonly user: string;
}

/** What is answered. */
export interface AdmissionResponse {
  readonly allowed: boolean;
  readonly status?: AdmissionStatus;
  readonly warnings?: readonly string[];
}

/** A `Status` of Kubernetes. */
export interface AdmissionStatus {
  readonly status: "Failure";
  readonly code: number;
  readonly reason: "Invalid" | "Forbidden";
  readonly message: string;
  readonly details?: {
    readonly group: string;
    readonly kind: string;
    readonly name: string;
    readonly causes: readonly Cause[];
  };
}

interface Cause {
  readonly reason: string;
  readonly message: string;
  readonly field: string;
}

/** A review with its request, or what is wrong with it. */
export type ReviewRead =
  | { readonly apiVersion: string; readonly request: AdmissionRequest }
  | { readonly fault: string };

const VERSIONS: readonly unknown[] = ["admission.k8s.io/v1", "admission.k8s.io/v1beta1"];

/** Reads a review out of parsed JSON. */
export function readReview(body: unknown): ReviewRead {
  const { apiVersion, kind, request } = mapping(body) ?? {};
  if (kind !== "AdmissionReview" || !VERSIONS.includes(apiVersion)) {
    return { fault: `this is no AdmissionReview of ${VERSIONS.join(" or ")}` };
  }
  const asked = mapping(request);
  if (!asked || text(asked.uid) === "") return { fault: "the AdmissionReview has no request with a uid" };
  const { group, version, kind: name } = mapping(asked.kind) ?? {};
  return {
    apiVersion: text(apiVersion),
    request: {
      uid: text(asked.uid),
      operation: text(asked.operation),
      kind: { group: text(group), version: text(version), kind: text(name) },
      subResource: text(asked.subResource),
      name: text(asked.name),
      namespace: text(asked.namespace),
      object: mapping(asked.object),
      oldObject: mapping(asked.oldObject),
      dryRun: asked.dryRun === true,
      user: text(mapping(asked.userInfo)?.username),
    },
  };
}

/** The review that goes back. */
export function reviewWith(apiVersion: string, uid: string, response: AdmissionResponse): Json {
  return { apiVersion, kind: "AdmissionReview", response: { uid, ...response } };
}

export function mapping(value: unknown): Json | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? value as Json : undefined;
}

const text = (value: unknown): string => typeof value === "string" ? value : "";
