import { type ServerDuplexStream, status } from "@grpc/grpc-js";
import { type DeltaDiscoveryRequest, type DiscoveryRequest, TYPE_URL } from "../envoy/mod.ts";
import { type ClientInfo, type Outgoing, XdsStream, type XdsStreamOptions, type XdsType } from "../xds/mod.ts";
import type { NackInfo, XdsVariant } from "../xds/mod.ts";
import { accessTo } from "./access.ts";
import { peerNames } from "./peer_names.ts";
import type { ServerContext } from "./server_context.ts";
import { type Node, nodeOf } from "./xds_messages.ts";

/** What the log says of a client whose role nobody set. */
export const UNKNOWN_ROLE = "an xDS client asks for a role that has no proxy";

/** How one of the two forms of xDS reads requests and writes responses. */
export interface Variant<Message, Request, Response> {
  readonly name: XdsVariant;
  readonly newState: (node: Node) => XdsStreamOptions<Request>["newState"];
  readonly request: (message: Message) => Request;
  readonly response: (outgoing: Outgoing) => Response;
}

/** A client that was let in. */
interface Client<Request> {
  readonly node: Node;
  readonly certificate: string | undefined;
  readonly stream: XdsStream<Request>;
}

/** Ends a stream with a gRPC status. */
class StreamRefused extends Error {
  constructor(readonly code: status, message: string) {
    super(message);
  }
}

/** One gRPC stream: lets the client in, hands its requests to an XdsStream and writes what that gives, one response at a time. */
export class ClientStream<Message extends DiscoveryRequest | DeltaDiscoveryRequest, Request, Response> {
  readonly #call: ServerDuplexStream<Message, Response>;
  readonly #variant: Variant<Message, Request, Response>;
  readonly #service: "ads" | XdsType;
  readonly #context: ServerContext;
  readonly #connectedAt: number;
  #client: Client<Request> | undefined;
  #endWrite: (() => void) | undefined;
  #cancelTurn: (() => void) | undefined;
  #closed = false;

  constructor(
    call: ServerDuplexStream<Message, Response>,
    variant: Variant<Message, Request, Response>,
    service: "ads" | XdsType,
    context: ServerContext,
  ) {
    this.#call = call;
    this.#variant = variant;
    this.#service = service;
    this.#context = context;
    this.#connectedAt = context.clock.now();
    call.on("data", (message: Message) => this.#guard(() => this.#received(message)));
    call.on("end", () => {
      if (!this.#closed) call.end();
      this.#close();
    });
    call.on("error", () => this.#close());
    call.on("close", () => this.#close());
    call.on("cancelled", () => this.#close());
  }

  /** What people may know of this stream; undefined before its first message. */
  info(): ClientInfo | undefined {
    if (this.#client === undefined) return undefined;
    const { node, certificate, stream } = this.#client;
    return {
      nodeId: node.id,
      role: node.role,
      known: this.#context.cache.has(node.role),
      peer: this.#call.getPeer(),
      certificate,
      variant: this.#variant.name,
      service: this.#service,
      userAgent: node.userAgent,
      connectedAt: this.#connectedAt,
      waitingFor: stream.waitingFor(),
      types: stream.types(),
    };
  }

  /** Ends the stream; the client should connect again, here or elsewhere. */
  stop(): void {
    this.#refuse(new StreamRefused(status.UNAVAILABLE, "the xDS server stops"));
  }

  #received(message: Message): void {
    if (this.#closed) return;
    this.#client ??= this.#admit(message);
    this.#client.stream.receive(this.#typeUrl(message), this.#variant.request(message));
  }

  #admit(message: Message): Client<Request> {
    const { cache, clock, limits, logger, view, clients } = this.#context;
    const node = nodeOf(message);
    if (node === undefined) throw new StreamRefused(status.INVALID_ARGUMENT, "the first request must have a node");
    const access = accessTo(node.role, peerNames(this.#call), clients);
    if (!access.allowed) {
      logger.warn("an xDS client was turned away", {
        reason: access.reason,
        node: node.id,
        peer: this.#call.getPeer(),
      });
      throw new StreamRefused(status.PERMISSION_DENIED, access.reason);
    }
    const stream = new XdsStream<Request>({
      source: cache.source(node.role),
      newState: this.#variant.newState(node),
      clock,
      limits,
      view,
      onWork: () => this.#guard(() => this.#pump()),
      onNack: (nack) => this.#refused(node, nack),
      onLate: (clusters) =>
        logger.warn("clusters are not ready in time; their routes go out all the same", { clusters, ...about(node) }),
    });
    const fields = { ...about(node), peer: this.#call.getPeer(), service: this.#service, variant: this.#variant.name };
    if (cache.has(node.role) || !cache.rolesKnown) logger.info("an xDS client connected", fields);
    else logger.warn(UNKNOWN_ROLE, { ...fields, roles: cache.roles() });
    return { node, certificate: access.certificate, stream };
  }

  #typeUrl(message: Message): string {
    const own = this.#service === "ads" ? undefined : TYPE_URL[this.#service];
    const typeUrl = message.typeUrl || own;
    if (typeUrl === undefined) throw new StreamRefused(status.INVALID_ARGUMENT, "a request has no type_url");
    if (own !== undefined && typeUrl !== own) {
      throw new StreamRefused(status.INVALID_ARGUMENT, `this service serves ${own}, not ${typeUrl}`);
    }
    return typeUrl;
  }

  /** Writes the newest state, one response at a time: the next is made only when this one is off. */
  #pump(): void {
    if (this.#closed || this.#client === undefined || this.#endWrite !== undefined || this.#cancelTurn !== undefined) {
      return;
    }
    const { turns, counters } = this.#context;
    if (!turns.open) {
      this.#cancelTurn = turns.wait(() => {
        this.#cancelTurn = undefined;
        this.#guard(() => this.#pump());
      });
      return;
    }
    const outgoing = this.#client.stream.take();
    if (outgoing === undefined) return;
    counters.sent(outgoing.typeUrl);
    const endTurn = turns.begin(outgoing.resources.reduce((sum, { bytes }) => sum + bytes.length, 0));
    this.#endWrite = endTurn;
    this.#call.write(this.#variant.response(outgoing), () => {
      this.#endWrite = undefined;
      endTurn();
      this.#guard(() => this.#pump());
    });
  }

  #refused(node: Node, nack: NackInfo): void {
    const { counters, logger, cache } = this.#context;
    counters.refused(nack.type, cache.has(node.role) ? node.role : "unknown");
    logger.error("an Envoy refused configuration", { ...about(node), ...nack });
  }

  /** A fault in one stream ends that stream, never the process. */
  #guard(work: () => void): void {
    try {
      work();
    } catch (error) {
      if (!(error instanceof StreamRefused)) {
        this.#context.logger.error("an xDS stream failed", { error: String(error), peer: this.#call.getPeer() });
      }
      this.#refuse(
        error instanceof StreamRefused ? error : new StreamRefused(status.INTERNAL, "the xDS server failed"),
      );
    }
  }

  #refuse({ code, message }: StreamRefused): void {
    if (this.#closed) return;
    this.#close();
    this.#call.emit("error", { code, details: message });
  }

  #close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#client?.stream.close();
    this.#endWrite?.();
    this.#cancelTurn?.();
    if (this.#client !== undefined) {
      this.#context.logger.info("an xDS client is gone", { ...about(this.#client.node), peer: this.#call.getPeer() });
    }
    this.#context.closed(this);
  }
}

function about({ role, id, userAgent }: Node): Readonly<Record<string, string>> {
  return { role, node: id, userAgent };
}
