import {
  type DeltaDiscoveryRequest,
  type DeltaDiscoveryResponse,
  type DiscoveryRequest,
  type DiscoveryResponse,
  encode,
} from "../envoy/mod.ts";
import type { DeltaRequest, Outgoing, SotwRequest, Update, XdsResource } from "../xds/mod.ts";

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

/** A DiscoveryResponse. */
export function sotwResponse(update: Update, typeUrl: string, nonce: string): DiscoveryResponse {
  return { versionInfo: update.version, typeUrl, nonce, resources: update.resources.map(packed) };
}

/** A DeltaDiscoveryResponse. */
export function deltaResponse(outgoing: Outgoing): DeltaDiscoveryResponse {
  return {
    systemVersionInfo: outgoing.version,
    typeUrl: outgoing.typeUrl,
    nonce: outgoing.nonce,
    resources: outgoing.resources.map(packedWithName),
    removedResources: outgoing.removed,
  };
}

/** Each resource is packed once for all streams, as long as it lives. */
const packedOnce = new WeakMap<XdsResource, Uint8Array>();
const packedWithNameOnce = new WeakMap<XdsResource, Uint8Array>();

/** The bytes of a google.protobuf.Any that holds the resource. */
function packed(resource: XdsResource): Uint8Array {
  return once(packedOnce, resource, () => {
    return encode("google.protobuf.Any", { typeUrl: resource.typeUrl, value: resource.bytes });
  });
}

/** The bytes of an envoy.service.discovery.v3.Resource that holds the resource. */
function packedWithName(resource: XdsResource): Uint8Array {
  return once(packedWithNameOnce, resource, () => {
    const { typeUrl, name, version, bytes } = resource;
    return encode("envoy.service.discovery.v3.Resource", { name, version, resource: { typeUrl, value: bytes } });
  });
}

function once(
  known: WeakMap<XdsResource, Uint8Array>,
  resource: XdsResource,
  make: () => Uint8Array,
): Uint8Array {
  let bytes = known.get(resource);
  if (bytes === undefined) known.set(resource, bytes = make());
  return bytes;
}
