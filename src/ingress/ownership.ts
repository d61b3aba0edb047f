import type { Lookup, Resource } from "../api/mod.ts";
import { CONTROLLER, type IngressSettings } from "./settings.ts";

/** From before there was `spec.ingressClassName`; where it is set it goes before that, as Kubernetes asks. */
const CLASS_ANNOTATION = "kubernetes.io/ingress.class";
const DEFAULT_ANNOTATION = "ingressclass.kubernetes.io/is-default-class";

/**
 * Whether an Ingress is one of ours: by its annotation, else by the IngressClass that it names, else, where it names none,
 * by the default IngressClass. An IngressClass is ours by its controller; where there is no such object (files, old
 * clusters) the name decides.
 */
export function isOurs(
  { metadata, spec }: Resource<"Ingress">,
  lookup: Lookup,
  { classNames }: Pick<IngressSettings, "classNames">,
): boolean {
  const annotation = metadata.annotations?.[CLASS_ANNOTATION];
  if (annotation) return classNames.includes(annotation);
  const name = spec.ingressClassName;
  if (!name) return defaultClass(lookup)?.spec.controller === CONTROLLER;
  const found = lookup.get("IngressClass", { namespace: "", name });
  return found ? found.spec.controller === CONTROLLER : classNames.includes(name);
}

/** Of several the newest, then the first by name, as the API server chooses when an Ingress is created. */
function defaultClass(lookup: Lookup): Resource<"IngressClass"> | undefined {
  let found: Resource<"IngressClass"> | undefined;
  for (const one of lookup.select("IngressClass", {})) {
    if (one.metadata.annotations?.[DEFAULT_ANNOTATION] !== "true") continue;
    if (!found || createdOf(one) > createdOf(found)) found = one;
  }
  return found;
}

/** RFC 3339 in UTC without its `Z`, so that fractions of a second sort after the whole. */
const createdOf = ({ metadata }: Resource): string => (metadata.creationTimestamp ?? "").replace(/Z$/, "");
