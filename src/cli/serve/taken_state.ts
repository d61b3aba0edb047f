import { parseAddress } from "../../address/mod.ts";
import { makeReport, type Report, type ResourceStatus, SOURCE_REF } from "../../report/mod.ts";
import { askReplicaState, type ReplicaToAsk } from "../../server/mod.ts";
import { LOG } from "../../state/mod.ts";
import type { Logger } from "../../telemetry/mod.ts";
import type { ServeConfig } from "../config.ts";
import { SERVED_FOLDER } from "../decided.ts";
import { serviceHost } from "../manifests/names.ts";
import type { ClusterCertificates } from "./cluster_certificates.ts";

/** How long a start waits for another replica, in milliseconds. */
const PATIENCE_MS = 5_000;

/** What became of asking another replica for its state. */
export type TakenState = { readonly taken: true } | { readonly taken: false; readonly why: string };

/** Where the state of a Sluice is kept. */
export const logPath = ({ stateDir }: ServeConfig): string => `${stateDir}/${SERVED_FOLDER}/${LOG}`;

/**
 * Puts the state of another replica where this one looks for its own, if it has none: what is held at its last good form is
 * nowhere else. Undefined where there is nobody to ask, or a state of its own. Never rejects.
 */
export async function takeState(
  config: ServeConfig,
  certificates: ClusterCertificates | undefined,
  logger: Logger,
): Promise<TakenState | undefined> {
  if (config.peer === undefined || isThere(logPath(config))) return undefined;
  try {
    const bytes = await askReplicaState(await replicaOf(config, config.peer, certificates));
    const path = logPath(config);
    await Deno.mkdir(path.slice(0, path.lastIndexOf("/")), { recursive: true, mode: 0o700 });
    await Deno.writeFile(`${path}.taken`, bytes, { mode: 0o600 });
    await Deno.rename(`${path}.taken`, path);
    logger.info("the state of another replica was taken", { peer: config.peer, bytes: bytes.length });
    return { taken: true };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    logger.info("no state was taken from another replica", { peer: config.peer, why });
    return { taken: false, why };
  }
}

/** How many resources a report names. */
const MOST_NAMED = 10;

/**
 * What could not be recovered, after the first sync: resources that are rejected now, and of which another replica may have a
 * last good form. None where its state was taken, or there was no need to.
 */
export function unrecovered(state: TakenState | undefined, statuses: readonly ResourceStatus[]): readonly Report[] {
  if (!state || state.taken) return [];
  const rejected = statuses.filter((status) => status.state === "Rejected").map(({ kind, namespace, name }) =>
    `${kind} ${namespace}/${name}`
  );
  if (rejected.length === 0) return [];
  const more = rejected.length > MOST_NAMED ? ` and ${rejected.length - MOST_NAMED} more` : "";
  const message =
    `no last good form is known here of what is rejected (${rejected.slice(0, MOST_NAMED).join(", ")}${more}): ` +
    `there was no state, and none could be taken from another replica: ${state.why}`;
  return [makeReport("warning", "SLUICE-1505", SOURCE_REF, "", message)];
}

/** How the other replica is asked, and what is shown to it. Rejects where there is nothing to show. */
async function replicaOf(
  { xdsTls, namespace }: ServeConfig,
  address: string,
  certificates: ClusterCertificates | undefined,
): Promise<ReplicaToAsk> {
  const timeoutMs = PATIENCE_MS;
  if (certificates) {
    const client = await certificates.asClient();
    if (!client) throw new Error("there is no certificate to show, as the API server does not answer");
    // All replicas show the name of their Service, whatever address they are reached at.
    const serverName = serviceHost(namespace);
    return { address, serverName, authorities: certificates.current().clientCa, ...client, timeoutMs };
  }
  const { cert, key, clientCa } = xdsTls!;
  const [certText, keyText, authorities] = await Promise.all(
    [cert, key, clientCa].map((path) => Deno.readTextFile(path)),
  );
  const parsed = parseAddress(address)!;
  const serverName = "host" in parsed ? { serverName: parsed.host } : {};
  return { address, ...serverName, authorities: authorities!, cert: certText!, key: keyText!, timeoutMs };
}

function isThere(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}
