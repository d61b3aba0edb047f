import {
  Client,
  credentials,
  type Server,
  type ServerWritableStream,
  type ServiceDefinition,
  status,
} from "@grpc/grpc-js";
import { Buffer } from "node:buffer";
import { accessTo } from "./access.ts";
import { peerNames } from "./peer_names.ts";
import type { ServerContext } from "./server_context.ts";

/** What a certificate must give access to, as if it were a role, to be handed a replica's state. */
export const REPLICA_ROLE = "sluice.dev/replica";

const PATH = "/sluice.v1.Replica/State";
/** The largest piece of the state that is sent in one message. */
const PIECE = 64 * 1024;
/** A state of this size is none that Sluice made. */
const MOST_BYTES = 512 * 1024 * 1024;

/** Bytes are sent as they are: both ends are Sluices of one version, and the state has a format number and checksums. */
const METHOD = {
  path: PATH,
  requestStream: false,
  responseStream: true,
  requestSerialize: (bytes: Uint8Array) => Buffer.from(bytes),
  requestDeserialize: (bytes: Buffer) => new Uint8Array(bytes),
  responseSerialize: (bytes: Uint8Array) => Buffer.from(bytes),
  responseDeserialize: (bytes: Buffer) => new Uint8Array(bytes),
} as const;

/** The state as it is now; undefined where there is none to give. */
export type StateSource = () => Promise<Uint8Array | undefined>;

/** Hands the state to other replicas: it holds private keys, so only to those whose certificate says that they are one. */
export function serveReplicaState(server: Server, state: StateSource, context: ServerContext): void {
  const answer = async (call: ServerWritableStream<Uint8Array, Uint8Array>): Promise<void> => {
    const fail = (code: status, details: string) => call.emit("error", { code, details });
    const access = accessTo(REPLICA_ROLE, peerNames(call), context.clients ?? {});
    if (!access.allowed) {
      context.logger.warn("a replica was turned away", { reason: access.reason, peer: call.getPeer() });
      return void fail(status.PERMISSION_DENIED, access.reason);
    }
    const bytes = await state();
    if (!bytes) return void fail(status.UNAVAILABLE, "there is no state yet");
    context.logger.info("the state is given to another replica", { peer: call.getPeer(), bytes: bytes.length });
    for (let at = 0; at < bytes.length; at += PIECE) {
      if (call.cancelled) return;
      if (!call.write(bytes.subarray(at, at + PIECE))) {
        await new Promise<void>((resolve) => call.once("drain", resolve));
      }
    }
    call.end();
  };
  const definition = { State: METHOD } as unknown as ServiceDefinition;
  server.addService(definition, {
    State: (call: ServerWritableStream<Uint8Array, Uint8Array>) =>
      void answer(call).catch((error) => {
        context.logger.error("the state could not be given to another replica", { error: String(error) });
        call.emit("error", { code: status.INTERNAL, details: "the state cannot be read" });
      }),
  });
}

export interface ReplicaToAsk {
  /** `HOST:PORT`. */
  readonly address: string;
  /** The name that its certificate must have, where that is not the host's. */
  readonly serverName?: string;
  /** PEM. */
  readonly authorities: string;
  readonly cert: string;
  readonly key: string;
  /** How long the whole may take, in milliseconds. */
  readonly timeoutMs: number;
}

/** The state of another replica. Rejects where none can be reached, or it has none to give, in words. */
export function askReplicaState(replica: ReplicaToAsk): Promise<Uint8Array> {
  const { address, serverName, authorities, cert, key, timeoutMs } = replica;
  const tls = credentials.createSsl(Buffer.from(authorities), Buffer.from(key), Buffer.from(cert));
  const name = serverName === undefined
    ? {}
    : { "grpc.ssl_target_name_override": serverName, "grpc.default_authority": serverName };
  const client = new Client(address, tls, {
    ...name,
    "grpc.enable_http_proxy": 0,
    "grpc.enable_retries": 0,
    "grpc.use_local_subchannel_pool": 1,
  });
  const call = client.makeServerStreamRequest(
    METHOD.path,
    METHOD.requestSerialize,
    METHOD.responseDeserialize,
    new Uint8Array(),
    { deadline: Date.now() + timeoutMs },
  );
  return new Promise<Uint8Array>((resolve, reject) => {
    const pieces: Uint8Array[] = [];
    let length = 0;
    call.on("data", (piece: Uint8Array) => {
      pieces.push(piece);
      length += piece.length;
      if (length > MOST_BYTES) call.cancel();
    });
    call.on("error", (error: { readonly details?: string }) => reject(new Error(error.details ?? String(error))));
    call.on("end", () => {
      const whole = new Uint8Array(length);
      let at = 0;
      for (const piece of pieces) {
        whole.set(piece, at);
        at += piece.length;
      }
      resolve(whole);
    });
  }).finally(() => client.close());
}
