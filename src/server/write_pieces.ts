import { Buffer } from "node:buffer";

/** What is needed of an HTTP/2 stream. */
interface Writable {
  readonly destroyed?: boolean;
  readonly writableEnded?: boolean;
  /** Undefined once the stream is gone. */
  readonly session?: { readonly socket: Socket } | undefined;
  write(bytes: Uint8Array, callback: WriteCallback): boolean;
}

/** What is needed of the connection under it. */
interface Socket {
  /** Bytes that were written to it and that it has not passed on. */
  readonly writableLength: number;
  /** It will tell of `drain` when it has passed on all of them. */
  readonly writableNeedDrain: boolean;
  once(event: "drain", callback: () => void): unknown;
}

type WriteCallback = (error?: Error | null) => void;

/** Bytes of one write to an HTTP/2 stream. */
const PIECE = 16 * 1024;

/** Of a gRPC message before its bytes: whether it is compressed, and its length in 32 bits. */
const LENGTH_AT = 1;

/** Writes the messages of one gRPC call. */
export interface PieceWriter {
  /** The bytes of the message that is written next to the call are to go on with these, which are not copied. */
  follow(body: Uint8Array): void;
}

/**
 * Lets messages of a gRPC call go to its HTTP/2 stream piece by piece. There is no public way to the stream of a call; where
 * it is not found, messages go as ever, and undefined is given. Three things are amiss with large messages otherwise:
 * - gRPC copies each message for each call, so that what is sent to a thousand clients needs a thousand times its memory;
 *   here the body that they share is put behind a head of their own;
 * - Deno's HTTP/2 keeps for as long as a stream lives the memory that its largest write needed (2.9: 1.9 MB after one of
 *   1.3 MB), and xDS streams live for days;
 * - it says that a write is off although its bytes are queued for a connection whose client does not read, without bound
 *   (2.9); here the next piece waits until the queue of the connection is empty, once it is longer than it may be.
 *
 * @param mostQueued How many bytes may be queued for a connection; it may be asked each time.
 */
export function writeInPieces(call: object, mostQueued: () => number): PieceWriter | undefined {
  const stream = (call as { readonly call?: { readonly stream?: Writable } }).call?.stream;
  if (stream === undefined) return undefined;
  const write = stream.write.bind(stream);
  let body: Uint8Array | undefined;
  stream.write = (head, callback) => {
    const pieces = body === undefined ? cut(head) : cutMessage(head, body);
    body = undefined;
    // Where gRPC has ended the stream for a request that cannot be read, a write would keep it from ever telling the client.
    if (stream.writableEnded) {
      callback(new Error("the stream has ended"));
      return false;
    }
    const next: WriteCallback = (error) => {
      const piece = error ? undefined : pieces.next().value;
      if (piece === undefined) return callback(error);
      write(piece, (error) => error ? next(error) : whenRead(stream, mostQueued(), next));
    };
    next();
    return true;
  };
  return {
    follow: (bytes) => {
      body = bytes;
    },
  };
}

/** The message of which gRPC framed the head alone, with its body. */
function* cutMessage(framedHead: Uint8Array, body: Uint8Array): Generator<Uint8Array, undefined> {
  const beginning = body.subarray(0, Math.max(0, PIECE - framedHead.length));
  const first = Buffer.concat([framedHead, beginning]);
  first.writeUInt32BE(first.readUInt32BE(LENGTH_AT) + body.length, LENGTH_AT);
  yield* cut(first);
  yield* cut(body.subarray(beginning.length));
}

function* cut(bytes: Uint8Array): Generator<Uint8Array, undefined> {
  for (let at = 0; at < bytes.length; at += PIECE) yield bytes.subarray(at, at + PIECE);
}

/** Calls back at once where no more than this is queued for the connection, else once nothing is. */
function whenRead(stream: Writable, most: number, callback: () => void): void {
  const socket = stream.destroyed ? undefined : stream.session?.socket;
  if (!socket?.writableNeedDrain || socket.writableLength <= most) return callback();
  const others = waiting.get(socket);
  if (others !== undefined) return void others.push(callback);
  const all = [callback];
  waiting.set(socket, all);
  socket.once("drain", () => {
    waiting.delete(socket);
    for (const go of all) go();
  });
}

/** Those that wait, by connection, which several streams may share. */
const waiting = new WeakMap<Socket, (() => void)[]>();
