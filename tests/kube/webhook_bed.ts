/** A Kubernetes API server that asks a webhook of ours, which judges by a configuration that is given to it. */
import { type Certificate, createAuthority, issueCertificate } from "../../scripts/certificates.ts";
import { type AnyResource, apiVersionOf, GLOO_KINDS, type Kind, KINDS } from "../../src/api/mod.ts";
import { plugins } from "../../src/plugins/mod.ts";
import { createSchema } from "../../src/schema/mod.ts";
import { startWebhookServer, type WebhookServer } from "../../src/server/mod.ts";
import { ApiSnapshot } from "../../src/snapshot/mod.ts";
import { TranslatorSyncer } from "../../src/syncer/mod.ts";
import { createMetrics, rest, silentLogger, systemClock } from "../../src/telemetry/mod.ts";
import { createAdmission, Validator } from "../../src/validation/mod.ts";
import { KubeServer } from "./kube_server.ts";

export const NAMESPACE = "gloo-system";
const schema = createSchema(plugins);

export type Manifest = Readonly<Record<string, unknown>> & {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace: string };
};

export function manifest(kind: Kind, name: string, spec: object): Manifest {
  return { apiVersion: apiVersionOf(kind), kind, metadata: { name, namespace: NAMESPACE }, spec };
}

/** `/apis/gloo.solo.io/v1/namespaces/gloo-system/upstreams`, with a name that of the object. */
export function pathOf({ kind, metadata }: Manifest, named: boolean): string {
  const { group, version, plural } = KINDS[kind as Kind];
  const api = kind === "Secret" ? "/api/v1" : `/apis/${group}/${version}`;
  const path = `${api}/namespaces/${metadata.namespace}/${plural}`;
  return named ? `${path}/${metadata.name}` : path;
}

/** What the API server answered. */
export interface KubeAnswer {
  readonly code: number;
  /** Of a Status, `message`; "" of an object. */
  readonly message: string;
  readonly causes: readonly { readonly field: string; readonly message: string }[];
  readonly warnings: readonly string[];
  /** As the API server has it, or a Status. */
  readonly object: Manifest;
}

export class WebhookBed implements AsyncDisposable {
  readonly kube: KubeServer;
  readonly #syncer: TranslatorSyncer;
  #snapshot = new ApiSnapshot(0, {});
  #server!: WebhookServer;

  private constructor(kube: KubeServer, metrics: Awaited<ReturnType<typeof createMetrics>>) {
    this.kube = kube;
    this.#syncer = new TranslatorSyncer({
      cache: { setSnapshot() {} },
      plugins,
      settingsOf,
      writeNamespace: NAMESPACE,
      sourceReports: () => [],
      locate: () => undefined,
      statusWriters: [],
      clock: systemClock,
      logger: silentLogger,
      metrics,
    });
  }

  /** Starts both, with the CRDs and a ValidatingWebhookConfiguration that names the webhook by its URL. */
  static async start(): Promise<WebhookBed> {
    const [kube, metrics, authority] = [
      await KubeServer.start(),
      await createMetrics(),
      await createAuthority("webhook"),
    ];
    const bed = new WebhookBed(kube, metrics);
    const certificate = await issueCertificate(authority, { commonName: "webhook", ipAddresses: ["127.0.0.1"] });
    const validator = new Validator({
      incremental: bed.#syncer.incremental,
      synced: () => bed.#syncer.synced,
      plugins,
      settingsOf,
      writeNamespace: NAMESPACE,
      clock: systemClock,
    });
    bed.#server = await startWebhookServer({
      address: "127.0.0.1:0",
      certificate: () => certificate,
      review: createAdmission({ validator, decode: schema.decode, logger: silentLogger }),
      clock: systemClock,
      logger: silentLogger,
      metrics,
    });
    await bed.#install(authority);
    return bed;
  }

  /** The configuration that the webhook judges by gets these. */
  async sync(...documents: readonly Manifest[]): Promise<void> {
    const changes = new Map<Kind, Map<string, AnyResource>>();
    for (const document of documents) {
      const { resource } = schema.decode(document, { defaultNamespace: NAMESPACE });
      const { kind, metadata: { namespace, name } } = resource!;
      if (!changes.has(kind)) changes.set(kind, new Map());
      changes.get(kind)!.set(`${namespace}/${name}`, resource!);
    }
    this.#snapshot = this.#snapshot.with(changes);
    await this.#syncer.sync(this.#snapshot);
    await this.#syncer.statusesWritten();
  }

  async create(document: Manifest, dryRun = false): Promise<KubeAnswer> {
    return await this.#ask("POST", pathOf(document, false), dryRun, document);
  }

  async replace(document: Manifest, dryRun = false): Promise<KubeAnswer> {
    const { metadata: { resourceVersion } } = await this.kube.request<{ metadata: { resourceVersion: string } }>(
      "GET",
      pathOf(document, true),
    );
    const body = { ...document, metadata: { ...document.metadata, resourceVersion } };
    return await this.#ask("PUT", pathOf(document, true), dryRun, body);
  }

  async delete(document: Manifest, dryRun = false): Promise<KubeAnswer> {
    return await this.#ask("DELETE", pathOf(document, true), dryRun);
  }

  async #ask(method: string, path: string, dryRun: boolean, body?: unknown): Promise<KubeAnswer> {
    const response = await this.kube.raw(method, `${path}${dryRun ? "?dryRun=All" : ""}`, body);
    const answer = await response.json();
    return {
      object: answer,
      code: response.status,
      message: response.ok ? "" : answer.message,
      causes: answer.details?.causes?.map(({ field, message }: KubeAnswer["causes"][number]) => ({ field, message })) ??
        [],
      warnings: [...(response.headers.get("warning") ?? "").matchAll(/299 - "((?:[^"\\]|\\.)*)"/g)].map(([, text]) =>
        text!
      ),
    };
  }

  async #install(authority: Certificate): Promise<void> {
    const namespace = { apiVersion: "v1", kind: "Namespace", metadata: { name: NAMESPACE } };
    await this.kube.apply(`/api/v1/namespaces/${NAMESPACE}`, namespace);
    for (const crd of schema.customResourceDefinitions()) {
      const { name } = crd.metadata as { name: string };
      await this.kube.apply(`/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${name}`, crd);
    }
    const rule = (groups: string[], ...resources: string[]) => ({
      operations: ["CREATE", "UPDATE", "DELETE"],
      apiGroups: groups,
      apiVersions: ["*"],
      resources,
    });
    await this.kube.apply("/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/sluice", {
      apiVersion: "admissionregistration.k8s.io/v1",
      kind: "ValidatingWebhookConfiguration",
      metadata: { name: "sluice" },
      webhooks: [{
        name: "validation.sluice.test",
        admissionReviewVersions: ["v1", "v1beta1"],
        sideEffects: "NoneOnDryRun",
        failurePolicy: "Fail",
        clientConfig: { url: `https://${this.#server.address}/validation`, caBundle: btoa(authority.cert) },
        rules: [rule(["gateway.solo.io", "gloo.solo.io"], "*"), rule([""], "secrets")],
      }],
    });
    await this.#untilAsked();
  }

  /** The API server takes up CRDs and webhooks some moments after it was told. Before the first sync each answer has a warning. */
  async #untilAsked(): Promise<void> {
    const probe = manifest("Upstream", "probe", { static: { hosts: [{ addr: "10.0.0.1", port: 80 }] } });
    while ((await this.create(probe, true)).warnings.length === 0) await rest(systemClock, 20);
    for (const kind of GLOO_KINDS.filter((kind) => KINDS[kind].crd)) {
      while ((await this.#ask("GET", pathOf(manifest(kind, "", {}), false), false)).code !== 200) {
        await rest(systemClock, 20);
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.close(0);
    this.kube.closeClient();
    await this.kube.stop();
  }
}

const settingsOf = (snapshot: ApiSnapshot) =>
  snapshot.get("Settings", { name: "default", namespace: NAMESPACE })?.spec ?? {};
