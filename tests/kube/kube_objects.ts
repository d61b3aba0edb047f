/** Objects as `sluice manifests` prints them, and applying them as kubectl does. */
import assert from "node:assert/strict";
import { run } from "../../src/cli/test_terminal.ts";
import { parseYaml } from "../../src/watchers/mod.ts";
import { waitFor } from "../envoy/harness.ts";
import { KubeServer } from "./kube_server.ts";

/** A parsed manifest. */
export interface KubeObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  // deno-lint-ignore no-explicit-any
  readonly [part: string]: any;
}

/** Controllers are users of their own here, as in a cluster, so that what is said about them can be tried. */
const AS_IN_A_CLUSTER = ["-controller-manager-arg=--use-service-account-credentials=true"];

/** Runs a test with an API server that knows Gloo's kinds. */
export async function withKube(
  test: (server: KubeServer, applier: KubeApplier) => Promise<void>,
): Promise<void> {
  const server = await KubeServer.start(...AS_IN_A_CLUSTER);
  try {
    const applier = new KubeApplier(server);
    const all = await printedManifests("--crds");
    await applier.applyDefinitions(all.filter(({ kind }) => kind === "CustomResourceDefinition"));
    await test(server, applier);
  } finally {
    server.closeClient();
    await server.stop();
  }
}

/** Namespaces with nothing in them. */
export async function makeNamespaces(server: KubeServer, ...names: readonly string[]): Promise<void> {
  for (const name of names) {
    await server.apply(`/api/v1/namespaces/${name}`, { apiVersion: "v1", kind: "Namespace", metadata: { name } });
  }
}

/** What the command line prints, document by document. */
export async function printedManifests(...words: readonly string[]): Promise<KubeObject[]> {
  const { code, out, err } = await run(["manifests", ...words]);
  assert.deepEqual([code, err], [0, ""], words.join(" "));
  return out.split(/^---$/m).map((text) => {
    const result = parseYaml(text);
    assert.ok("value" in result, text);
    return result.value as KubeObject;
  });
}

interface ApiResource {
  readonly name: string;
  readonly kind: string;
  readonly namespaced: boolean;
  readonly verbs: readonly string[];
}

/** Knows the paths of kinds from the API server's own discovery. */
export class KubeApplier {
  readonly #server: KubeServer;
  readonly #resources = new Map<string, readonly ApiResource[]>();

  constructor(server: KubeServer) {
    this.#server = server;
  }

  /** The path of an object. */
  async pathOf({ apiVersion, kind, metadata }: KubeObject): Promise<string> {
    const base = basePath(apiVersion);
    const resource = (await this.#resourcesOf(apiVersion)).find((one) => one.kind === kind && !one.name.includes("/"));
    if (!resource) throw new Error(`the API server has no ${kind} of ${apiVersion}`);
    const scope = resource.namespaced ? `/namespaces/${metadata.namespace}` : "";
    return `${base}${scope}/${resource.name}/${metadata.name}`;
  }

  /** Server-side apply with strict checking of fields; as a dry run nothing is kept. */
  async apply(object: KubeObject, how: { readonly dryRun: boolean }): Promise<void> {
    const flags = `fieldManager=kubectl&fieldValidation=Strict&force=true${how.dryRun ? "&dryRun=All" : ""}`;
    const path = `${await this.pathOf(object)}?${flags}`;
    const answer = await this.#server.raw("PATCH", path, object, "application/apply-patch+yaml");
    const text = await answer.text();
    assert.ok(answer.ok, `${object.kind} ${object.metadata.name}: ${text}`);
    // What strict checking lets pass, such as a field that is deprecated, comes as a warning.
    assert.equal(answer.headers.get("warning"), null, `${object.kind} ${object.metadata.name}`);
  }

  /** Namespaces first, then all as a dry run, then all in earnest. */
  async applyAll(objects: readonly KubeObject[]): Promise<void> {
    for (const object of objects) if (object.kind === "Namespace") await this.apply(object, { dryRun: false });
    for (const object of objects) await this.apply(object, { dryRun: true });
    for (const object of objects) await this.apply(object, { dryRun: false });
  }

  /** Applies definitions of kinds and waits until the kinds can be used. */
  async applyDefinitions(definitions: readonly KubeObject[]): Promise<void> {
    for (const definition of definitions) await this.apply(definition, { dryRun: false });
    for (const definition of definitions) {
      const path = await this.pathOf(definition);
      const established = ({ status }: KubeObject): boolean =>
        (status?.conditions ?? []).some((one: { type: string; status: string }) =>
          one.type === "Established" && one.status === "True"
        );
      await waitFor(`${definition.metadata.name} to be established`, async () => {
        return established(await this.#server.request<KubeObject>("GET", path));
      });
      const { group, versions } = definition.spec;
      const apiVersion = `${group}/${versions[0].name}`;
      const served = async (): Promise<boolean> => {
        this.#resources.delete(apiVersion);
        const { plural } = definition.spec.names;
        if (!(await this.#resourcesOf(apiVersion)).some(({ name }) => name === plural)) return false;
        // For a moment its storage still answers that it initializes.
        const answer = await this.#server.raw("GET", `${basePath(apiVersion)}/${plural}`);
        await answer.body?.cancel();
        return answer.ok;
      };
      await waitFor(`${definition.metadata.name} to be served`, served);
    }
  }

  /** All resources and subresources of the API server, with their groups. */
  async allResources(): Promise<(ApiResource & { readonly group: string })[]> {
    const { groups } = await this.#server.request<
      { groups: { name: string; preferredVersion: { groupVersion: string } }[] }
    >("GET", "/apis");
    const versions = ["v1", ...groups.map(({ preferredVersion }) => preferredVersion.groupVersion)];
    const lists = await Promise.all(versions.map(async (version) => {
      const group = version.includes("/") ? version.split("/")[0]! : "";
      return (await this.#resourcesOf(version)).map((one) => ({ ...one, group }));
    }));
    return lists.flat();
  }

  async #resourcesOf(apiVersion: string): Promise<readonly ApiResource[]> {
    const known = this.#resources.get(apiVersion);
    if (known) return known;
    const { resources } = await this.#server.request<{ resources: readonly ApiResource[] }>(
      "GET",
      basePath(apiVersion),
    );
    this.#resources.set(apiVersion, resources);
    return resources;
  }
}

function basePath(apiVersion: string): string {
  return apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
}

/** A token for a ServiceAccount, as a pod gets one. */
export async function tokenFor(server: KubeServer, namespace: string, name: string): Promise<string> {
  const { status } = await server.request<{ status: { token: string } }>(
    "POST",
    `/api/v1/namespaces/${namespace}/serviceaccounts/${name}/token`,
    { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", spec: {} },
  );
  return status.token;
}

/** Asks the API server as a ServiceAccount, with a token that the server gives for it. */
export async function asAccount(server: KubeServer, namespace: string, name: string): Promise<AccountClient> {
  const token = await tokenFor(server, namespace, name);
  const client = Deno.createHttpClient({ caCerts: [await Deno.readTextFile(server.ready.ca)] });
  return {
    async ask(method, path, body, contentType = "application/json") {
      const response = await fetch(server.ready.url + path, {
        method,
        headers: { authorization: `Bearer ${token}`, "content-type": contentType },
        ...(body !== undefined && { body: JSON.stringify(body) }),
        client,
      });
      const text = await response.text();
      return { status: response.status, text };
    },
    [Symbol.dispose]: () => client.close(),
  };
}

/** What {@link asAccount} gives. */
export interface AccountClient extends Disposable {
  ask(
    method: string,
    path: string,
    body?: unknown,
    contentType?: string,
  ): Promise<{ readonly status: number; readonly text: string }>;
}

/** Stand-ins for the kinds of cert-manager that are used: the fields that its own definitions have, and no others. */
export function certManagerDefinitions(): KubeObject[] {
  const text = { type: "string" };
  const object = (properties: object, required: readonly string[] = []) => ({ type: "object", properties, required });
  const issuerRef = object({ name: text, kind: text, group: text }, ["name"]);
  const certificate = object({
    secretName: text,
    commonName: text,
    dnsNames: { type: "array", items: text },
    usages: {
      type: "array",
      items: { ...text, enum: ["signing", "digital signature", "key encipherment", "server auth", "client auth"] },
    },
    isCA: { type: "boolean" },
    duration: text,
    renewBefore: text,
    privateKey: object({
      algorithm: { ...text, enum: ["RSA", "ECDSA", "Ed25519"] },
      size: { type: "integer" },
      rotationPolicy: { ...text, enum: ["Never", "Always"] },
    }),
    issuerRef,
  }, ["secretName", "issuerRef"]);
  const issuer = object({ selfSigned: object({}), ca: object({ secretName: text }, ["secretName"]) });
  const definition = (kind: string, spec: object): KubeObject => ({
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `${kind.toLowerCase()}s.cert-manager.io` },
    spec: {
      group: "cert-manager.io",
      scope: "Namespaced",
      names: { kind, listKind: `${kind}List`, plural: `${kind.toLowerCase()}s`, singular: kind.toLowerCase() },
      versions: [{ name: "v1", served: true, storage: true, schema: { openAPIV3Schema: object({ spec }, ["spec"]) } }],
    },
  });
  return [definition("Issuer", issuer), definition("Certificate", certificate)];
}
