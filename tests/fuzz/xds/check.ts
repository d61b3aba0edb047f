/** What must hold of everything that a server says to a client, whatever the client said. */
import { decode, nameOf, TYPE_URL } from "../../../src/envoy/mod.ts";
import { holds } from "../target.ts";
import type { StreamScript } from "./script.ts";

const NAMED_BY: Readonly<Record<string, string>> = { [TYPE_URL.endpoint]: "clusterName" };

/** What a response names. */
interface Response {
  readonly typeUrl: string;
  readonly nonce: string;
  readonly names: readonly string[];
  readonly removed: readonly string[];
}

/**
 * Responses of one stream: no name twice, nothing of another type, nonces that differ, and no more of them than the client
 * gave reasons for.
 */
export function checkResponses({ path, messages: sent }: StreamScript, messages: readonly Uint8Array[]): void {
  const read = /\/Delta/.test(path) ? readDelta : readSotw;
  const responses = messages.map(read);
  const most = 2 * sent.length + 8;
  holds(responses.length <= most, `${responses.length} responses to ${sent.length} requests`);
  const nonces = responses.map(({ nonce }) => nonce);
  holds(path.includes("/Fetch") || new Set(nonces).size === nonces.length, `a nonce comes twice: ${nonces.join()}`);
  for (const { typeUrl, names, removed } of responses) {
    const all = [...names, ...removed];
    holds(new Set(all).size === all.length, `a name comes twice in one response of ${typeUrl}: ${all.join()}`);
  }
}

/** The secrets that a stream was sent are those of the role that its client said first; none where it said none. */
export function checkSecrets(
  { path, messages: [first] }: StreamScript,
  messages: readonly Uint8Array[],
  secretsOf: ReadonlyMap<string, ReadonlySet<string>>,
): void {
  const request = (first?.sotw ?? first?.delta) as { node?: { metadata?: { role?: unknown } } } | undefined;
  // What the server read may be another thing than what is written here.
  if (request === undefined || first?.damage !== undefined || first?.length !== undefined) return;
  if ((first?.delta !== undefined) !== /\/Delta/.test(path)) return;
  const allowed = secretsOf.get(String(request.node?.metadata?.role));
  for (const { typeUrl, names } of messages.map(/\/Delta/.test(path) ? readDelta : readSotw)) {
    if (typeUrl !== TYPE_URL.secret) continue;
    for (const name of names) {
      holds(allowed?.has(name), `the secret ${name} was sent to ${JSON.stringify(request.node)}`);
    }
  }
}

function readSotw(bytes: Uint8Array): Response {
  const { typeUrl = "", nonce = "", resources = [] } = decode("envoy.service.discovery.v3.DiscoveryResponse", bytes);
  return { typeUrl, nonce, names: resources.map((any) => nameIn(any, typeUrl)), removed: [] };
}

function readDelta(bytes: Uint8Array): Response {
  const response = decode("envoy.service.discovery.v3.DeltaDiscoveryResponse", bytes);
  const { typeUrl = "", nonce = "", resources = [], removedResources = [] } = response;
  const names = resources.map(({ name = "", resource }) => {
    const inside = nameIn(resource ?? {}, typeUrl);
    holds(name === inside, `a resource is called ${name} and is ${inside}`);
    return name;
  });
  return { typeUrl, nonce, names, removed: removedResources };
}

function nameIn(any: { readonly typeUrl?: string; readonly value?: unknown }, typeUrl: string): string {
  holds(any.typeUrl === typeUrl, `a response of ${typeUrl} has a resource of ${any.typeUrl}`);
  const name = nameOf(typeUrl);
  holds(name, `a response has the type ${typeUrl}`);
  const message = decode(name, any.value as Uint8Array) as Record<string, unknown>;
  return String(message[NAMED_BY[typeUrl] ?? "name"] ?? "");
}
