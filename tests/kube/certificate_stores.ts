/** The stores that certificates want, over Deno's fetch, as somebody whom the API server knows by name. */
import type {
  PatchStep,
  SecretObject,
  SecretStore,
  WebhookConfiguration,
  WebhookStore,
} from "../../src/certificates/mod.ts";
import type { KubeReady } from "./kube_server.ts";

type Json = Record<string, unknown>;

const WEBHOOKS = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations";

/** Asks on behalf of `user` by impersonation, so that the rights of `user` decide. Counts what it wrote. */
export class CertificateStores {
  readonly writes: string[] = [];
  readonly secrets: SecretStore;
  readonly webhooks: WebhookStore;
  readonly #ready: KubeReady;
  readonly #user: string;
  readonly #client: Deno.HttpClient;

  constructor(ready: KubeReady, namespace: string, user: string) {
    this.#ready = ready;
    this.#user = user;
    this.#client = Deno.createHttpClient({ caCerts: [Deno.readTextFileSync(ready.ca)] });
    this.secrets = this.#secretStore(`/api/v1/namespaces/${namespace}/secrets`);
    this.webhooks = this.#webhookStore();
  }

  close(): void {
    this.#client.close();
  }

  #secretStore(path: string): SecretStore {
    return {
      get: async (name) => {
        const { status, body } = await this.#ask("GET", `${path}/${name}`, [404]);
        return status === 404 ? undefined : secretOf(body);
      },
      create: async (name, data, type) => {
        const secret = { apiVersion: "v1", kind: "Secret", metadata: { name }, type, data: encoded(data) };
        const { status } = await this.#ask("POST", path, [409], secret);
        if (status !== 409) this.writes.push(name);
        return status === 409 ? "exists" : "created";
      },
      update: async (name, data, resourceVersion) => {
        const steps = [
          { op: "replace", path: "/metadata/resourceVersion", value: resourceVersion },
          { op: "replace", path: "/data", value: encoded(data) },
        ];
        const { status } = await this.#ask("PATCH", `${path}/${name}`, [404, 409], steps);
        if (status === 200) this.writes.push(name);
        return status === 200 ? "updated" : "conflict";
      },
    };
  }

  #webhookStore(): WebhookStore {
    return {
      get: async (name) => {
        const { status, body } = await this.#ask("GET", `${WEBHOOKS}/${name}`, [404]);
        return status === 404 ? undefined : webhookOf(body);
      },
      patch: async (name, steps: readonly PatchStep[]) => {
        const { status } = await this.#ask("PATCH", `${WEBHOOKS}/${name}`, [404, 409], steps);
        if (status === 200) this.writes.push(name);
        return status === 200 ? "patched" : "conflict";
      },
    };
  }

  async #ask(method: string, path: string, taken: number[], body?: unknown): Promise<{ status: number; body: Json }> {
    const response = await fetch(this.#ready.url + path, {
      method,
      headers: {
        authorization: `Bearer ${this.#ready.token}`,
        "impersonate-user": this.#user,
        "content-type": method === "PATCH" ? "application/json-patch+json" : "application/json",
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      client: this.#client,
    });
    const answer = await response.json() as Json;
    if (!response.ok && !taken.includes(response.status)) throw new Error(String(answer.message));
    return { status: response.ok ? 200 : response.status, body: answer };
  }
}

function secretOf({ type, data, metadata }: Json): SecretObject {
  const texts = Object.entries(data as Record<string, string> ?? {}).map(([key, value]) => [key, atob(value)]);
  return {
    type: type as string,
    data: Object.fromEntries(texts),
    resourceVersion: (metadata as { resourceVersion: string }).resourceVersion,
  };
}

function webhookOf({ webhooks, metadata }: Json): WebhookConfiguration {
  return {
    resourceVersion: (metadata as { resourceVersion: string }).resourceVersion,
    bundles: (webhooks as { clientConfig: { caBundle?: string } }[]).map(({ clientConfig }) => clientConfig.caBundle),
  };
}

function encoded(data: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(data).map(([key, value]) => [key, btoa(value)]));
}
