/** Puts CRDs on the API server of the tests, and documents under them. */
import { apiVersionOf, type Kind, KINDS } from "../../src/api/mod.ts";
import { plugins } from "../../src/plugins/mod.ts";
import { createSchema, type CustomResourceDefinition } from "../../src/schema/mod.ts";
import type { KubeServer } from "./kube_server.ts";

export const schema = createSchema(plugins);

export const CRDS_PATH = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";

/** A Kubernetes object as far as tests look at it. */
export interface KubeObject {
  readonly apiVersion: string;
  readonly kind: Kind;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly spec?: unknown;
  readonly status?: unknown;
}

/** A CRD as far as tests look at it. */
export interface Crd {
  readonly metadata: { readonly name: string };
  readonly spec: { readonly names: { readonly kind: Kind } };
  readonly status: {
    readonly conditions: readonly { readonly type: string; readonly status: string; readonly message: string }[];
  };
}

/** Server-side apply of these CRDs; gives them back when objects of their kinds are served. */
export async function applyCrds(
  server: KubeServer,
  crds: readonly CustomResourceDefinition[] = schema.customResourceDefinitions(),
  manager = "sluice",
): Promise<Crd[]> {
  for (const crd of crds) await server.apply(`${CRDS_PATH}/${nameOf(crd)}`, crd, manager);
  return await Promise.all(crds.map((crd) => served(server, nameOf(crd))));
}

const nameOf = (crd: CustomResourceDefinition): string => (crd.metadata as { readonly name: string }).name;

async function served(server: KubeServer, name: string): Promise<Crd> {
  for (;;) {
    const crd = await server.request<Crd>("GET", `${CRDS_PATH}/${name}`);
    const established = crd.status?.conditions?.some(({ type, status }) => type === "Established" && status === "True");
    if (!established) continue;
    const list = await server.raw("GET", collectionPath(crd.spec.names.kind));
    await list.body?.cancel();
    if (list.ok) return crd;
  }
}

/** `/apis/gateway.solo.io/v1/virtualservices`, or within a namespace. */
export function collectionPath(kind: Kind, namespace?: string): string {
  const within = namespace === undefined ? "" : `namespaces/${namespace}/`;
  return `/apis/${apiVersionOf(kind)}/${within}${KINDS[kind].plural}`;
}

export function objectPath({ kind, metadata }: KubeObject): string {
  return `${collectionPath(kind, metadata.namespace)}/${metadata.name}`;
}

/** Makes namespaces that may be there already. */
export async function makeNamespaces(server: KubeServer, names: Iterable<string>): Promise<void> {
  for (const name of new Set(names)) {
    await server.apply(`/api/v1/namespaces/${name}`, { apiVersion: "v1", kind: "Namespace", metadata: { name } });
  }
}

/** What of an object has to come back: the rest the API server adds. The object has to be one that decodes. */
export function essence(object: unknown) {
  const { resource, reports } = schema.decode(object, { defaultNamespace: "gloo-system" });
  if (!resource) throw new Error(reports.map(({ message }) => message).join("\n"));
  const { name, namespace, labels, annotations } = resource.metadata;
  return { kind: resource.kind, spec: resource.spec, name, namespace, labels, annotations };
}

/** What creating an object comes to: the object as it is served, or the words of the API server. A `trial` is not kept. */
export async function create(
  server: KubeServer,
  object: KubeObject,
  fieldValidation: "Strict" | "Ignore" = "Strict",
  trial = false,
): Promise<{ readonly object: KubeObject } | { readonly refusal: string }> {
  const query = `fieldValidation=${fieldValidation}${trial ? "&dryRun=All" : ""}`;
  const path = `${collectionPath(object.kind, object.metadata.namespace)}?${query}`;
  const response = await server.raw("POST", path, object);
  const answer = await response.json();
  return response.ok ? { object: answer } : { refusal: answer.message };
}
