import { ApiClient, isConflict, isNotFound, serviceAccount } from "../../kubernetes/mod.ts";
import type { PatchStep, SecretStore, WebhookStore } from "../../certificates/mod.ts";
import type { Clock, Metrics } from "../../telemetry/mod.ts";
import type { ClusterConfig } from "../config.ts";
import { VERSION } from "../version.ts";
import { askedCredentials, type AskMain } from "./asked_credentials.ts";

/** The way to the API server, which the xDS server needs for its certificate before anything else is loaded. */
export function openLink(
  { server, serviceAccount: folder }: ClusterConfig,
  askMain: AskMain,
  clock: Clock,
  metrics: Metrics,
): ApiClient {
  const credentials = folder === undefined ? askedCredentials(askMain, clock) : serviceAccount(server, folder, clock);
  return new ApiClient({ credentials, userAgent: `sluice/${VERSION}`, clock, metrics });
}

interface StoredSecret {
  readonly type: string;
  readonly data?: Readonly<Record<string, string>>;
  readonly metadata: { readonly resourceVersion: string };
}

interface StoredWebhooks {
  readonly webhooks?: readonly { readonly clientConfig: { readonly caBundle?: string } }[];
  readonly metadata: { readonly resourceVersion: string };
}

const JSON_PATCH = "application/json-patch+json";
const WEBHOOKS = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations";

/** The Secrets of a namespace, for certificates. */
export function secretStore(api: ApiClient, namespace: string): SecretStore {
  const path = `/api/v1/namespaces/${namespace}/secrets`;
  return {
    async get(name) {
      const secret = await found(api.request<StoredSecret>("GET", `${path}/${name}`));
      return secret && {
        type: secret.type,
        data: mapped(secret.data ?? {}, atob),
        resourceVersion: secret.metadata.resourceVersion,
      };
    },
    async create(name, data, type) {
      const body = { apiVersion: "v1", kind: "Secret", metadata: { name }, type, data: mapped(data, btoa) };
      try {
        await api.request("POST", path, { body });
        return "created";
      } catch (error) {
        if (isConflict(error)) return "exists";
        throw error;
      }
    },
    async update(name, data, resourceVersion) {
      const steps = [
        { op: "replace", path: "/metadata/resourceVersion", value: resourceVersion },
        { op: "replace", path: "/data", value: mapped(data, btoa) },
      ];
      return await patched(api, `${path}/${name}`, steps) ? "updated" : "conflict";
    },
  };
}

/** The ValidatingWebhookConfigurations of the cluster, for the authorities that they are to trust. */
export function webhookStore(api: ApiClient): WebhookStore {
  return {
    async get(name) {
      const object = await found(api.request<StoredWebhooks>("GET", `${WEBHOOKS}/${name}`));
      return object && {
        resourceVersion: object.metadata.resourceVersion,
        bundles: (object.webhooks ?? []).map(({ clientConfig }) => clientConfig.caBundle),
      };
    },
    async patch(name, steps: readonly PatchStep[]) {
      return await patched(api, `${WEBHOOKS}/${name}`, steps) ? "patched" : "conflict";
    },
  };
}

async function found<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

/** False where the object is another one by now, or gone. */
async function patched(api: ApiClient, path: string, steps: readonly unknown[]): Promise<boolean> {
  try {
    await api.request("PATCH", path, { contentType: JSON_PATCH, body: steps });
    return true;
  } catch (error) {
    if (isConflict(error) || isNotFound(error)) return false;
    throw error;
  }
}

const mapped = (data: Readonly<Record<string, string>>, by: (text: string) => string): Record<string, string> =>
  Object.fromEntries(Object.entries(data).map(([key, value]) => [key, by(value)]));
