import { encode, type Message, type MessageName, typeUrlOf } from "../envoy/mod.ts";
import type { Origin } from "../api/mod.ts";
import { type ResourceOrigin, type ResourceRefs, versionOf, type XdsResource } from "../xds/mod.ts";
import { messageOf } from "./hooks.ts";
import type { Faults } from "./origins.ts";
import { resourceOrigin } from "./pieces.ts";

/** An encoded resource with its version. */
export function xdsResource<N extends MessageName>(
  messageName: N,
  name: string,
  message: Message<N>,
  origins: readonly ResourceOrigin[],
  refs: ResourceRefs = {},
): XdsResource {
  const bytes = encode(messageName, message);
  return { typeUrl: typeUrlOf(messageName), name, version: versionOf(bytes), bytes, origins, refs };
}

/**
 * Encodes a message that holds fragments of plugins. What no message of that type can be is a plugin's bug: it becomes a
 * report, and there are no bytes.
 */
export function encodeOrReport<N extends MessageName>(
  name: N,
  message: Message<N>,
  origin: Origin,
  faults: Faults,
): Uint8Array | undefined {
  try {
    return encode(name, message);
  } catch (error) {
    faults.error("SLUICE-1303", origin, `${name} cannot be encoded: ${messageOf(error)}`);
    return undefined;
  }
}

/** `metadata` that says in Envoy whose YAML the message is (filter_metadata["sluice"]). */
export function originMetadata(origin: Origin): Message<"envoy.config.core.v3.Metadata"> {
  return { filterMetadata: { sluice: { ...resourceOrigin(origin) } } };
}

/** The message's metadata with the origin added. */
export function withOrigin(
  metadata: Message<"envoy.config.core.v3.Metadata"> | undefined,
  origin: Origin,
): Message<"envoy.config.core.v3.Metadata"> {
  return { ...metadata, filterMetadata: { ...metadata?.filterMetadata, sluice: { ...resourceOrigin(origin) } } };
}
