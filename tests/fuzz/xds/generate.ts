/** Clients of any manners: scripts made from nothing, and changes to scripts. */
import { TYPE_URL } from "../../../src/envoy/mod.ts";
import type { Random } from "../../incremental/random.ts";
import { bytesOf, damaged } from "../bytes.ts";
import { bytesOfScript, endings, type MessageScript, readScript, type Script, type StreamScript } from "./script.ts";
import { ADS, CLUSTERS, OTHER_ROLE, ROLE } from "./stage.ts";
import { joined } from "../bytes.ts";

const SERVICES = [
  ...[ADS, ADS, ADS, ADS, "envoy.service.listener.v3.ListenerDiscoveryService"],
  ...["envoy.service.cluster.v3.ClusterDiscoveryService", "envoy.service.route.v3.RouteDiscoveryService"],
  ...["envoy.service.endpoint.v3.EndpointDiscoveryService", "envoy.service.secret.v3.SecretDiscoveryService"],
];
const METHODS: Readonly<Record<string, string>> = {
  [ADS]: "AggregatedResources",
  "envoy.service.listener.v3.ListenerDiscoveryService": "Listeners",
  "envoy.service.cluster.v3.ClusterDiscoveryService": "Clusters",
  "envoy.service.route.v3.RouteDiscoveryService": "Routes",
  "envoy.service.endpoint.v3.EndpointDiscoveryService": "Endpoints",
  "envoy.service.secret.v3.SecretDiscoveryService": "Secrets",
};
const SECRETS = ["own", "others", "unused"].map((name) => `gloo-system/${name}`);
const NAMES = [
  ...CLUSTERS,
  ...[
    "*",
    "*",
    "",
    "nobody",
    "__proto__",
    "constructor",
    "é\u0000",
    "x".repeat(5_000),
    "a/b",
    "listener-for-invalid-envoy",
  ],
  ...SECRETS,
];
const TYPES = [...Object.values(TYPE_URL), ...Object.values(TYPE_URL), "", "type.googleapis.com/x.Y", "__proto__"];
const ROLES = [ROLE, ROLE, ROLE, OTHER_ROLE, "nobody~x", "", "__proto__", 7, null, { a: [] }];

/** Names that the snapshots have, besides those that are known beforehand. */
export function scriptFrom(random: Random, known: readonly string[]): Script {
  const streams = Array.from({ length: random.pick([1, 1, 1, 2, 3, 8]) }, () => streamFrom(random, known));
  return { streams };
}

function streamFrom(random: Random, known: readonly string[]): StreamScript {
  const service = random.pick(SERVICES);
  const kind = random.weighed<string>([[5, () => "Stream"], [5, () => "Delta"], [1, () => "Fetch"]]);
  const path = random.oneIn(30)
    ? random.pick([
      "",
      "x",
      "x/y",
      `${service}/`,
      "%2e%2e/x",
      "grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
    ])
    : `${service}/${kind}${METHODS[service]}`;
  const type = random.pick(TYPES);
  const messages = random.upTo(
    random.pick([1, 4, 12, 60]),
    () => messageFrom(random, kind === "Delta", random.oneIn(2) ? type : random.pick(TYPES), known),
  );
  const first = messages[0];
  const node = nodeFrom(random);
  const form = first && (first.sotw !== undefined ? "sotw" : first.delta !== undefined ? "delta" : undefined);
  if (first && form) messages[0] = { ...first, [form]: { ...first[form] as object, ...node } };
  const headers = random.oneIn(10) ? { headers: headersFrom(random) } : {};
  const end = random.pick(["half", "half", "half", "reset", "none"] as const);
  return { path, ...headers, messages, end };
}

function headersFrom(random: Random): Record<string, string> {
  const name = random.pick([
    "content-type",
    "te",
    ":method",
    ":scheme",
    ":authority",
    "grpc-encoding",
    "grpc-timeout",
    "x",
  ]);
  const value = random.pick([
    ...[
      "",
      "application/json",
      "application/grpc+proto",
      "application/grpc-web",
      "GET",
      "gzip",
      "1n",
      "99999999H",
      "-1S",
    ],
    ...["0m", "\u0000", "x".repeat(20_000), "é"],
  ]);
  return { [name]: value };
}

function nodeFrom(random: Random): object {
  if (random.oneIn(12)) return {};
  const agent = random.pick([
    {},
    { userAgentName: "envoy", userAgentBuildVersion: { version: { majorNumber: 1, minorNumber: 40 } } },
    { userAgentName: "x".repeat(1_000), userAgentVersion: "\n" },
  ]);
  return { node: { id: `fuzz-${random.below(5)}`, metadata: { role: random.pick(ROLES) }, ...agent } };
}

function messageFrom(random: Random, delta: boolean, typeUrl: string, known: readonly string[]): MessageScript {
  const names = () =>
    random.upTo(random.pick([1, 3, 12]), () => random.oneIn(3) ? random.pick(known) : random.pick(NAMES));
  const common = {
    typeUrl,
    ...random.maybe(2, () => ({ responseNonce: random.pick(["1", "2", "3", "4", "5", "6", "7", "8", "99", "x", ""]) })),
    ...random.maybe(
      5,
      () => ({ errorDetail: { code: random.below(20), message: random.pick(["", ...known, ...NAMES]) } }),
    ),
    ...random.maybe(20, () => nodeFrom(random)),
  };
  const request = (random.oneIn(15) ? !delta : delta)
    ? {
      delta: {
        ...common,
        ...random.maybe(2, () => ({ resourceNamesSubscribe: names() })),
        ...random.maybe(3, () => ({ resourceNamesUnsubscribe: names() })),
        ...random.maybe(4, () => ({ initialResourceVersions: Object.fromEntries(names().map((name) => [name, "v"])) })),
      },
    }
    : {
      sotw: {
        ...common,
        ...random.maybe(2, () => ({ resourceNames: names() })),
        ...random.maybe(3, () => ({ versionInfo: random.pick(["", "1", "x".repeat(100)]) })),
      },
    };
  return {
    ...request,
    ...random.maybe(25, () => ({ damage: random.upTo(4, () => [random.below(500), 1 + random.below(255)] as const) })),
    ...random.maybe(60, () => ({ length: random.pick([0, 1, 5, 100_000, 2 ** 31, 2 ** 32 - 1]) })),
    ...random.maybe(60, () => ({ flag: random.pick([1, 2, 255]) })),
    ...random.maybe(8, () => ({ cut: random.below(40) })),
  };
}

/** A script made from others, or bytes. */
export function mutateScript(random: Random, pool: readonly Uint8Array[], known: readonly string[]): Uint8Array {
  return random.weighed<Uint8Array>([
    [6, () => written(scriptFrom(random, known))],
    [3, () => written(changed(random, readScript(random.pick(pool)), known))],
    [
      2,
      () =>
        raw(damaged(random, wireOf(random.oneIn(2) ? scriptFrom(random, known) : readScript(random.pick(pool))), pool)),
    ],
  ]);
}

const written = (script: Script): Uint8Array => bytesOf(JSON.stringify(script));
const raw = (bytes: Uint8Array): Uint8Array => written({ raw: bytes.toBase64() });

function wireOf(script: Script): Uint8Array {
  return joined(bytesOfScript(script), endings(script));
}

function changed(random: Random, script: Script, known: readonly string[]): Script {
  if ("raw" in script || script.streams.length === 0) return scriptFrom(random, known);
  const streams = [...script.streams];
  const at = random.below(streams.length);
  const stream = streams[at]!;
  const messages = [...stream.messages];
  const spot = random.below(messages.length + 1);
  const delta = /\/Delta/.test(stream.path);
  random.weighed<unknown>([
    [4, () => messages.splice(spot, 0, messageFrom(random, delta, random.pick(TYPES), known))],
    [2, () => messages.splice(spot, 1)],
    [2, () => messages.splice(spot, 0, ...messages.slice(random.below(messages.length + 1)))],
    [1, () => messages.reverse()],
    [1, () => messages.splice(spot, 0, { bytes: damaged(random, new Uint8Array(40), [new Uint8Array(9)]).toBase64() })],
  ]);
  streams[at] = { ...stream, messages: messages.slice(0, 200) };
  return { streams: random.oneIn(6) ? [...streams, stream].slice(0, 20) : streams };
}
