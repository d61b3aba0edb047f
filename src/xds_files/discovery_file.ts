import { decode, encode, joinFields } from "../envoy/mod.ts";
import { versionOf } from "../xds/mod.ts";
import { concat } from "./wire.ts";

/** Numbers in `DiscoveryResponse` and `google.protobuf.Any`. */
const RESOURCES = 2;
const ANY_VALUE = 2;

/**
 * What is in a file: a DiscoveryResponse in protobuf's binary form, which Envoy reads where a path ends in `.pb`. Its version
 * is a hash of its resources, so that the `version` gauges of two Envoys tell whether they hold the same.
 */
export function discoveryFile(
  typeUrl: string,
  resources: readonly Uint8Array[],
): { readonly version: string; readonly bytes: Uint8Array } {
  const type = encode("google.protobuf.Any", { typeUrl });
  const packed = joinFields(RESOURCES, resources.map((bytes) => joinFields(ANY_VALUE, [bytes], type)));
  const version = versionOf(packed);
  const head = encode("envoy.service.discovery.v3.DiscoveryResponse", { versionInfo: version, typeUrl });
  return { version, bytes: concat([head, packed]) };
}

/** The resources in such a file. Throws where it is none. */
export function readDiscoveryFile(bytes: Uint8Array): Uint8Array[] {
  const { resources = [] } = decode("envoy.service.discovery.v3.DiscoveryResponse", bytes);
  return resources.map(({ value }) => value as Uint8Array);
}
