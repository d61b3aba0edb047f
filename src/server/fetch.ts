import { type sendUnaryData, type ServerUnaryCall, status } from "@grpc/grpc-js";
import { type DiscoveryRequest, type DiscoveryResponse, resourcesField, TYPE_URL } from "../envoy/mod.ts";
import { fetchUpdate, type SnapshotType } from "../xds/mod.ts";
import { accessTo } from "./access.ts";
import { peerNames } from "./peer_names.ts";
import type { ServerContext } from "./server_context.ts";
import { nodeOf, packed, sotwResponse } from "./xds_messages.ts";

/** Answers a unary Fetch with the present state. */
export function answerFetch(
  call: ServerUnaryCall<DiscoveryRequest, DiscoveryResponse>,
  callback: sendUnaryData<DiscoveryResponse>,
  type: SnapshotType,
  context: ServerContext,
): void {
  const fail = (code: status, details: string) => callback({ code, details });
  try {
    const { request } = call;
    const node = nodeOf(request);
    if (node === undefined) return fail(status.INVALID_ARGUMENT, "the request must have a node");
    if (request.typeUrl && request.typeUrl !== TYPE_URL[type]) {
      return fail(status.INVALID_ARGUMENT, `this service serves ${TYPE_URL[type]}, not ${request.typeUrl}`);
    }
    const access = accessTo(node.role, peerNames(call), context.clients);
    if (!access.allowed) {
      context.logger.warn("an xDS client was turned away", {
        reason: access.reason,
        node: node.id,
        peer: call.getPeer(),
      });
      return fail(status.PERMISSION_DENIED, access.reason);
    }
    const snapshot = context.cache.source(node.role).current();
    if (snapshot === undefined) return fail(status.UNAVAILABLE, "there is no configuration for this role yet");
    const seen = context.view?.(snapshot) ?? snapshot;
    const { version, resources } = fetchUpdate(seen, type, request.resourceNames ?? []);
    const head = { version, typeUrl: TYPE_URL[type], nonce: "" };
    callback(null, sotwResponse(head, resourcesField(resources.map(packed))));
  } catch (error) {
    context.logger.error("an xDS Fetch failed", { error: String(error), peer: call.getPeer() });
    fail(status.INTERNAL, "the xDS server failed");
  }
}
