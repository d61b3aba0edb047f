import { type ServerDuplexStream, status } from "@grpc/grpc-js";
import { type Chunks, type DeltaDiscoveryRequest, type DiscoveryRequest, TYPE_URL } from "../envoy/mod.ts";
import {
  type ClientInfo,
  INLINE,
  type NackInfo,
  type Outgoing,
  type RefusingClient,
  type RouteView,
  type SnapshotType,
} from "../xds/mod.ts";
import { type XdsResource, XdsStream, type XdsStreamOptions, type XdsVariant } from "../xds/mod.ts";
import { accessTo } from "./access.ts";
import { peerNames } from "./peer_names.ts";
import type { ServerContext } from "./server_context.ts";
import { type PieceWriter, writeInPieces } from "./write_pieces.ts";
import { type Node, nodeOf } from "./xds_messages.ts";

/** What the log says of a client whose role nobody set. */
export const UNKNOWN_ROLE = "an xDS client asks for a role that has no proxy";

const NOTHING = new Uint8Array();

/** How one of the two forms of xDS reads requests and writes responses. */
export interface Variant<Message, Request, Response> {
  readonly name: XdsVariant;
  readonly newState: (node: Node) => XdsStreamOptions<Request>["newState"];
  readonly request: (message: Message) => Request;
  readonly pack: (resource: XdsResource) => Chunks;
  /** `resources` is the field of that name, encoded. */
  readonly response: (outgoing: Outgoing, resources: Uint8Array) => Response;
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
  readonly #service: "ads" | SnapshotType;
  readonly #context: ServerContext;
  readonly #connectedAt: number;
  readonly #pieces: PieceWriter | undefined;
  #client: Client<Request> | undefined;
  /** The response on its way. Its body is kept for those who are about to be sent the same; see ResponseBodies. */
  #write: { readonly body: Uint8Array; readonly end: () => void } | undefined;
  #cancelTurn: (() => void) | undefined;
  /** Something was written since a change was last told of wholly. */
  #wrote = false;
  #closed = false;

  constructor(
    call: ServerDuplexStream<Message, Response>,
    variant: Variant<Message, Request, Response>,
    service: "ads" | SnapshotType,
    context: ServerContext,
  ) {
    this.#call = call;
    this.#variant = variant;
    this.#service = service;
    this.#context = context;
    this.#connectedAt = context.clock.now();
    this.#pieces = writeInPieces(call, context.mostQueued);
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
      holds: stream.holds(),
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
    const { cache, clock, limits, logger, refusals, view, clients } = this.#context;
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
    const client: RefusingClient = { role: node.role, nodeId: node.id, userAgent: node.userAgent };
    const stream = new XdsStream<Request>({
      source: cache.source(node.role),
      newState: this.#variant.newState(node),
      routeView: this.#routeView(node),
      clock,
      limits,
      view,
      onWork: () => this.#guard(() => this.#pump()),
      onNack: (nack) => this.#refused(node, nack),
      refusals: {
        remembered: refusals.connected(client),
        suspected: (key) => refusals.suspected(key),
        onHolds: (holds) => refusals.keep(client, holds),
      },
      onLate: (clusters) =>
        logger.warn("clusters are not ready in time; their routes go out all the same", { clusters, ...about(node) }),
    });
    const fields = { ...about(node), peer: this.#call.getPeer(), service: this.#service, variant: this.#variant.name };
    if (cache.has(node.role) || !cache.rolesKnown) logger.info("an xDS client connected", fields);
    else logger.warn(UNKNOWN_ROLE, { ...fields, roles: cache.roles() });
    return { node, certificate: access.certificate, stream };
  }

  /** Virtual hosts apart are for Envoys that ask for all types on one stream, as only then their order is sure. */
  #routeView({ isEnvoy }: Node): RouteView {
    return this.#variant.name === "delta" && this.#service === "ads" && isEnvoy ? this.#context.routeView() : INLINE;
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
    if (this.#closed || this.#client === undefined || this.#write !== undefined || this.#cancelTurn !== undefined) {
      return;
    }
    const { turns, counters, bodies } = this.#context;
    if (!turns.open) {
      this.#cancelTurn = turns.wait(() => {
        this.#cancelTurn = undefined;
        this.#guard(() => this.#pump());
      });
      return;
    }
    const outgoing = this.#client.stream.take();
    if (outgoing === undefined) return this.#told(this.#client);
    const body = bodies[this.#variant.name].of(outgoing.resources);
    counters.sent(outgoing.typeUrl, body.length);
    const end = turns.begin(body.length);
    this.#write = { body, end };
    this.#pieces?.follow(body);
    this.#call.write(this.#variant.response(outgoing, this.#pieces === undefined ? body : NOTHING), () => {
      end();
      this.#write = undefined;
      this.#wrote = true;
      this.#guard(() => this.#pump());
    });
  }

  /** Nothing is left to write: the time of a change ends here, if it brought this client anything. */
  #told({ stream }: Client<Request>): void {
    const since = stream.told();
    if (since !== undefined && this.#wrote) this.#context.counters.told(this.#context.clock.elapsed() - since);
    if (since !== undefined) this.#wrote = false;
  }

  #refused(node: Node, nack: NackInfo): void {
    const { counters, logger, cache, hide } = this.#context;
    counters.refused(nack.type, cache.has(node.role) ? node.role : "unknown");
    logger.error("an Envoy refused configuration", { ...about(node), ...nack, detail: hide(nack.detail) });
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
    if (this.#client !== undefined) this.#left(this.#client);
    this.#write?.end();
    this.#cancelTurn?.();
    this.#context.closed(this);
  }

  #left({ node, stream }: Client<Request>): void {
    stream.close();
    this.#context.refusals.left({ role: node.role, nodeId: node.id, userAgent: node.userAgent });
    this.#context.logger.info("an xDS client is gone", { ...about(node), peer: this.#call.getPeer() });
  }
}

function about({ role, id, userAgent }: Node): Readonly<Record<string, string>> {
  return { role, node: id, userAgent };
}
