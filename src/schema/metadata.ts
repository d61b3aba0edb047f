import { KINDS, metadata as metadataShape, shape } from "../api/mod.ts";
import type { Kind, Metadata, ResourceId } from "../api/mod.ts";
import { isMapping } from "./compile.ts";
import type { Compiler } from "./compile.ts";
import type { Cursor } from "./cursor.ts";
import type { DecodeHint } from "../report/mod.ts";

/** The identity as far as it can be read, for reports. */
export function idOf(document: Readonly<Record<string, unknown>>, kind: Kind, hint: DecodeHint): ResourceId {
  const metadata = isMapping(document.metadata) ? document.metadata : {};
  const name = typeof metadata.name === "string" && metadata.name !== "" ? metadata.name : hint.name ?? "";
  if (KINDS[kind].clusterScoped) return { kind, namespace: "", name };
  const namespace = typeof metadata.namespace === "string" && metadata.namespace !== ""
    ? metadata.namespace
    : hint.namespace ?? hint.defaultNamespace;
  return { kind, namespace, name };
}

const { free, list, map, message, string, timestamp, boolValue } = shape;

/** What Kubernetes puts into metadata beside what Sluice keeps. */
const notKept = {
  uid: free(),
  selfLink: free(),
  generateName: free(),
  managedFields: free(),
  finalizers: free(),
  deletionTimestamp: free(),
  deletionGracePeriodSeconds: free(),
};

const kubernetesMetadata = message({
  ...metadataShape.fields,
  ...notKept,
  ownerReferences: list(message({
    apiVersion: string(),
    kind: string(),
    name: string(),
    uid: string(),
    controller: boolValue(),
    blockOwnerDeletion: boolValue(),
  })),
});

/** Of an EndpointSlice and a Pod, labels alone: annotations of the former change with every sync of its controller. */
const someMetadata = message({ labels: map(string()) });
const annotatedMetadata = message({
  ...someMetadata.fields,
  annotations: map(string()),
  creationTimestamp: timestamp(),
});
const WITHOUT_ANNOTATIONS: ReadonlySet<Kind> = new Set<Kind>(["EndpointSlice", "Pod"]);

/** Decodes what Sluice goes by of the `metadata` of an object of Kubernetes' own, which the API server has checked. */
export function kubernetesMetadataDecoder(compiler: Compiler) {
  const some = compiler.compile(someMetadata);
  const annotated = compiler.compile(annotatedMetadata);
  return (given: unknown, { kind, namespace, name }: ResourceId, at: Cursor): Metadata => {
    at.push("metadata");
    const kept = (WITHOUT_ANNOTATIONS.has(kind) ? some : annotated)(given ?? {}, at) as object | undefined;
    if (name === "") at.error("SLUICE-1006", "metadata.name is missing");
    at.pop();
    return Object.freeze({ ...kept, name, namespace });
  };
}

const LABEL = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
const SUBDOMAIN = new RegExp(`^${LABEL}(\\.${LABEL})*$`);
const DNS_LABEL = new RegExp(`^${LABEL}$`);

/** Decodes `metadata`; the name and namespace are those of the identity, and are checked. */
export function metadataDecoder(compiler: Compiler) {
  const decode = compiler.compile(kubernetesMetadata);
  return (given: unknown, id: ResourceId, at: Cursor): Metadata | undefined => {
    at.push("metadata");
    const { ...kept } = decode(given ?? {}, at) as Record<string, unknown> | undefined ?? {};
    for (const field of Object.keys(notKept)) delete kept[field];
    if (id.name === "") at.error("SLUICE-1006", "metadata.name is missing");
    else if (id.name.length > 253 || !SUBDOMAIN.test(id.name)) {
      at.push("name");
      at.error(
        "SLUICE-1006",
        `${id.name.slice(0, 80)} is no name: use up to 253 of a-z, 0-9, '-' and '.', alphanumeric at both ends`,
      );
      at.pop();
    }
    if (id.namespace.length > 63 || !DNS_LABEL.test(id.namespace)) {
      at.push("namespace");
      at.error(
        "SLUICE-1006",
        `${id.namespace.slice(0, 80)} is no namespace: use up to 63 of a-z, 0-9 and '-', alphanumeric at both ends`,
      );
      at.pop();
    }
    at.pop();
    return Object.freeze({ ...kept, name: id.name, namespace: id.namespace });
  };
}
