import { apiVersionOf, GLOO_KINDS, KINDS } from "../api/mod.ts";
import type { Kind } from "../api/mod.ts";
import type { DecodeHint } from "../report/mod.ts";
import { camelCase } from "./shapes.ts";
import type { Fields } from "./shapes.ts";
import { distance, nearest } from "./suggest.ts";

/** What a document is: the layout it is written in, and its kind. */
export type Identity =
  | { readonly layout: "manifest" | "bare"; readonly kind: Kind }
  | { readonly layout: "core"; readonly kind: "Secret" | "Artifact" }
  | { readonly layout: "kubernetes"; readonly kind: Kind }
  | { readonly layout: "list" }
  | { readonly layout: "other"; readonly name: string }
  | Unclear;

/** `kind` is what the document or its place says, if not quite rightly; a fault must not be pinned on a guess. */
interface Unclear {
  readonly layout: "unclear";
  readonly kind: Kind | undefined;
  readonly path: string;
  readonly message: string;
}

type Document = Readonly<Record<string, unknown>>;
type FieldsOfKind = (kind: Kind) => Fields;

/** How far a misspelt kind or group may be from the right one to be taken for it. */
const MISSPELT = 3;

/** Groups in which every kind of ours is meant to be ours: a VirtualService of Istio's is not. */
const GROUPS: ReadonlySet<string> = new Set(GLOO_KINDS.map((kind) => KINDS[kind].group));

export function identify(document: Document, hint: DecodeHint, fieldsOf: FieldsOfKind): Identity {
  const { apiVersion, kind } = document;
  if (apiVersion === undefined && kind === undefined) {
    if (hint.kind) return { layout: "bare", kind: hint.kind };
    const guess = guessKind(document, fieldsOf);
    return misspeltKey(document) ??
      unclear(undefined, "", `this says no apiVersion and kind${guess ? `: ${tellKind(guess)}` : ""}`);
  }
  if (typeof kind !== "string" || kind === "") {
    return misspeltKey(document) ?? unclear(hint.kind, "kind", "kind is missing");
  }
  if (typeof apiVersion !== "string" || apiVersion === "") {
    const known = kindNamed(kind);
    const advice = known ? `: write ${apiVersionOf(known)}` : "";
    return unclear(known ?? hint.kind, "apiVersion", `apiVersion is missing${advice}`);
  }
  return identifyManifest(document, apiVersion, kind);
}

function identifyManifest(document: Document, apiVersion: string, kind: string): Identity {
  if (kind.endsWith("List") && Array.isArray(document.items)) return { layout: "list" };
  if (apiVersion === "v1" && kind === "Secret") return { layout: "core", kind: "Secret" };
  if (apiVersion === "v1" && kind === "ConfigMap") return { layout: "core", kind: "Artifact" };
  if (isKubernetesKind(kind) && apiVersion === apiVersionOf(kind)) return { layout: "kubernetes", kind };
  const group = apiVersion.slice(0, Math.max(0, apiVersion.lastIndexOf("/")));
  const known = kindNamed(kind);
  if (known && apiVersion === apiVersionOf(known)) return { layout: "manifest", kind: known };
  if (known && (GROUPS.has(group) || distance(KINDS[known].group, group) <= MISSPELT)) {
    return unclear(known, "apiVersion", `${apiVersion} is not known for a ${known}, write ${apiVersionOf(known)}`);
  }
  const meant = GLOO_KINDS.find((other) => KINDS[other].group === group && distance(other, kind) <= MISSPELT);
  if (meant) return unclear(meant, "kind", `${kind} is not known, did you mean ${meant}?`);
  return { layout: "other", name: `${apiVersion} ${kind}` };
}

/** `knd: VirtualService`, unless the group says that it is somebody else's. */
function misspeltKey(document: Document): Unclear | undefined {
  const key = Object.keys(document).find((key) => key !== "kind" && nearest(key, ["kind"]));
  const kind = key === undefined ? undefined : kindNamed(document[key]);
  if (key === undefined || !kind) return undefined;
  const { apiVersion } = document;
  if (typeof apiVersion === "string" && identifyManifest(document, apiVersion, kind).layout === "other") {
    return undefined;
  }
  return unclear(kind, key, `kind is missing; did you mean it by ${key}?`);
}

const unclear = (kind: Kind | undefined, path: string, message: string): Unclear => ({
  layout: "unclear",
  kind,
  path,
  message,
});

const kindNamed = (name: unknown): Kind | undefined =>
  typeof name === "string" && Object.hasOwn(KINDS, name) && !isKubernetesKind(name) ? name as Kind : undefined;

const isKubernetesKind = (name: string): name is Kind =>
  Object.hasOwn(KINDS, name) && KINDS[name as Kind].owner === "kubernetes";

const tellKind = (kind: Kind): string =>
  `for a ${kind} write apiVersion: ${apiVersionOf(kind)} and kind: ${kind}, or keep it under ${KINDS[kind].plural}/`;

/** The kind that has most of the fields at the top of a document (or of its spec). */
function guessKind(document: Document, fieldsOf: FieldsOfKind): Kind | undefined {
  const { spec } = document;
  const names = Object.keys(typeof spec === "object" && spec !== null ? spec : document).map(camelCase);
  let best: Kind | undefined;
  let most = 0;
  for (const kind of GLOO_KINDS) {
    const fields = fieldsOf(kind);
    const count = names.filter((name) => Object.hasOwn(fields, name)).length;
    if (count > most) [best, most] = [kind, count];
  }
  return best;
}
