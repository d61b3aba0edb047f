import type {
  DeltaDiscoveryRequest,
  DeltaDiscoveryResponse,
  DiscoveryRequest,
  DiscoveryResponse,
} from "../envoy/mod.ts";
import type { DeltaRequest, Outgoing, SotwRequest, Update } from "../xds/mod.ts";

/** What a client says of itself in its first message. */
export interface Node {
  readonly id: string;
  /** node.metadata.role; empty where it is not a string. */
  readonly role: string;
  /** `envoy 1.40.0` */
  readonly userAgent: string;
  readonly isEnvoy: boolean;
}

/** The node of a request; undefined where it has none (only the first message of a stream must have one). */
export function nodeOf(request: DiscoveryRequest | DeltaDiscoveryRequest): Node | undefined {
  const { node } = request;
  if (node === undefined) return undefined;
  const role = node.metadata?.role;
  const build = node.userAgentBuildVersion?.version;
  const version = build === undefined
    ? node.userAgentVersion ?? ""
    : `${build.majorNumber ?? 0}.${build.minorNumber ?? 0}.${build.patch ?? 0}`;
  const name = node.userAgentName ?? "";
  return {
    id: node.id ?? "",
    role: typeof role === "string" ? role : "",
    userAgent: `${name} ${version}`.trim(),
    isEnvoy: name === "envoy",
  };
}

/** The parts of a DiscoveryRequest that stream state reads. */
export function sotwRequest(request: DiscoveryRequest): SotwRequest {
  return {
    version: request.versionInfo ?? "",
    names: request.resourceNames ?? [],
    nonce: request.responseNonce ?? "",
    ...(request.errorDetail === undefined ? {} : { error: request.errorDetail.message ?? "" }),
  };
}

/** The parts of a DeltaDiscoveryRequest that stream state reads. */
export function deltaRequest(request: DeltaDiscoveryRequest): DeltaRequest {
  return {
    subscribe: request.resourceNamesSubscribe ?? [],
    unsubscribe: request.resourceNamesUnsubscribe ?? [],
    initialVersions: new Map(Object.entries(request.initialResourceVersions ?? {})),
    nonce: request.responseNonce ?? "",
    ...(request.errorDetail === undefined ? {} : { error: request.errorDetail.message ?? "" }),
  };
}

/** A DiscoveryResponse; the resources' bytes are passed on as they are. */
export function sotwResponse(update: Update, typeUrl: string, nonce: string): DiscoveryResponse {
  return {
    versionInfo: update.version,
    typeUrl,
    nonce,
    resources: update.resources.map(({ bytes }) => ({ typeUrl, value: bytes })),
  };
}

/** A DeltaDiscoveryResponse; the resources' bytes are passed on as they are. */
export function deltaResponse(outgoing: Outgoing): DeltaDiscoveryResponse {
  const { typeUrl } = outgoing;
  return {
    systemVersionInfo: outgoing.version,
    typeUrl,
    nonce: outgoing.nonce,
    resources: outgoing.resources.map(({ name, version, bytes }) => ({
      name,
      version,
      resource: { typeUrl, value: bytes },
    })),
    removedResources: outgoing.removed,
  };
}
