import {
  type DeltaDiscoveryRequest,
  type DeltaDiscoveryResponse,
  type DiscoveryRequest,
  type DiscoveryResponse,
  encode,
  fieldChunks,
} from "../envoy/mod.ts";
import type { DeltaRequest, Outgoing, SotwRequest, XdsResource } from "../xds/mod.ts";

/** Field numbers of `value` in google.protobuf.Any and of `resource` in envoy.service.discovery.v3.Resource. */
const ANY_VALUE = 2;
const RESOURCE_ANY = 2;

/** What a response says besides its resources. */
export type ResponseHead = Pick<Outgoing, "version" | "typeUrl" | "nonce">;

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

/** A DiscoveryResponse; `resources` as encoded by {@link packed}. */
export function sotwResponse({ version, typeUrl, nonce }: ResponseHead, resources: Uint8Array): DiscoveryResponse {
  return { versionInfo: version, typeUrl, nonce, resources };
}

/** A DeltaDiscoveryResponse; `resources` as encoded by {@link packedWithName}. */
export function deltaResponse(
  { version, typeUrl, nonce, removed }: Outgoing,
  resources: Uint8Array,
): DeltaDiscoveryResponse {
  return { systemVersionInfo: version, typeUrl, nonce, resources, removedResources: removed };
}

/** The bytes of a google.protobuf.Any that holds the resource; its own bytes are not copied. */
export function packed({ typeUrl, bytes }: XdsResource): Uint8Array[] {
  let head = heads.get(typeUrl);
  if (head === undefined) heads.set(typeUrl, head = encode("google.protobuf.Any", { typeUrl }));
  return [head, ...fieldChunks(ANY_VALUE, bytes)];
}

/** Of a google.protobuf.Any, all but its value; by the type in it. */
const heads = new Map<string, Uint8Array>();

/** The bytes of an envoy.service.discovery.v3.Resource that holds the resource; its own bytes are not copied. */
export function packedWithName(resource: XdsResource): Uint8Array[] {
  const { name, version } = resource;
  const head = encode("envoy.service.discovery.v3.Resource", { name, version });
  return [head, ...fieldChunks(RESOURCE_ANY, packed(resource))];
}
