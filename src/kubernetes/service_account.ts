import type { Clock } from "../telemetry/mod.ts";
import type { Credentials, CredentialsSource } from "./credentials.ts";

/** Where Kubernetes mounts them in a pod. */
export const SERVICE_ACCOUNT_FOLDER = "/var/run/secrets/kubernetes.io/serviceaccount";

/** How long files are believed, in milliseconds. The kubelet replaces a token when a fifth of its life is left. */
const FRESH_MS = 10_000;

/**
 * The credentials of a pod: `token` and `ca.crt` of a folder, read again when they may have changed.
 * https://kubernetes.io/docs/tasks/run-application/access-api-from-pod/
 */
export function serviceAccount(server: string, folder: string, clock: Clock): CredentialsSource {
  let known: { readonly credentials: Credentials; readonly at: number } | undefined;
  const read = async (): Promise<Credentials> => {
    const [token, ca] = await Promise.all([
      Deno.readTextFile(`${folder}/token`),
      Deno.readTextFile(`${folder}/ca.crt`),
    ]);
    return { server, headers: { authorization: `Bearer ${token.trim()}` }, caCerts: [ca] };
  };
  return {
    async current() {
      if (known && clock.elapsed() - known.at < FRESH_MS) return known.credentials;
      // A folder that cannot be read for a moment does not make a token bad.
      const credentials = await read().catch((error) => {
        if (known) return known.credentials;
        throw error;
      });
      known = { credentials, at: clock.elapsed() };
      return credentials;
    },
    renew(refused) {
      if (known?.credentials === refused) known = undefined;
    },
  };
}
