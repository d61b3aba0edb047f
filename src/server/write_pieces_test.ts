import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import {
  Client,
  credentials,
  Server,
  ServerCredentials,
  type ServerDuplexStream,
  type ServiceDefinition,
} from "@grpc/grpc-js";
import { xdsMethods } from "../envoy/mod.ts";
import { writeInPieces } from "./write_pieces.ts";

const PIECE = 16 * 1024;
const MOST_QUEUED = 1000;

type Drain = () => void;

/** A gRPC call over an HTTP/2 stream that keeps what is written, and says so when it is told to. */
function scene() {
  const written: Uint8Array[] = [];
  const ends: ((error?: Error | null) => void)[] = [];
  const drains: Drain[] = [];
  const socket = {
    writableLength: 0,
    writableNeedDrain: false,
    once: (_: "drain", callback: Drain) => drains.push(callback),
  };
  const stream = {
    destroyed: false,
    session: { socket },
    write(bytes: Uint8Array, callback: (error?: Error | null) => void): boolean {
      written.push(bytes);
      ends.push(callback);
      return true;
    },
  };
  const pieces = writeInPieces({ call: { stream } }, () => MOST_QUEUED)!;
  return { written, stream, socket, pieces, drains, end: (error?: Error) => ends.shift()!(error) };
}

/** As gRPC sends it: not compressed, and its length. */
function framed(message: Uint8Array): Buffer {
  const frame = Buffer.alloc(5);
  frame.writeUInt32BE(message.length, 1);
  return Buffer.concat([frame, message]);
}

Deno.test("a large message goes piece by piece, the next when the one before is off, and says once that it is off", () => {
  const { written, stream, end } = scene();
  const message = Uint8Array.from({ length: 2 * PIECE + 5 }, (_, index) => index % 251);
  let off = 0;
  stream.write(message, () => off++);
  assert.equal(written.length, 1);
  end();
  end();
  assert.equal(off, 0);
  assert.deepEqual(written.map(({ length }) => length), [PIECE, PIECE, 5]);
  end();
  assert.equal(off, 1);
  assert.deepEqual(written.flatMap((piece) => [...piece]), [...message]);
});

Deno.test("a small message goes as it is; what fails ends the rest", () => {
  const { written, stream, end } = scene();
  const small = new Uint8Array(PIECE);
  stream.write(small, () => {});
  assert.deepEqual(written, [small]);
  end();
  const errors: unknown[] = [];
  stream.write(new Uint8Array(2 * PIECE), (error) => errors.push(error));
  const lost = new Error("the stream is gone");
  end(lost);
  assert.deepEqual(errors, [lost]);
  assert.equal(written.length, 2);
});

Deno.test("a body follows the head of its message as if gRPC had framed both, and is not copied", () => {
  const head = Uint8Array.from([1, 2, 3]);
  for (const length of [0, 10, PIECE - 8, PIECE, 3 * PIECE]) {
    const { written, stream, pieces, end } = scene();
    const body = Uint8Array.from({ length }, (_, index) => index % 251);
    pieces.follow(body);
    let off = 0;
    stream.write(framed(head), () => off++);
    for (let piece = 0; piece < written.length; piece++) end();
    assert.equal(off, 1);
    assert.deepEqual(Buffer.concat(written), framed(Buffer.concat([head, body])));
    assert.equal(written.every((piece) => piece.length <= PIECE), true);
    assert.equal(written.slice(1).every((piece) => piece.buffer === body.buffer), true);
    stream.write(framed(head), () => {});
    assert.deepEqual(written.at(-1), framed(head));
  }
});

Deno.test("the next piece, and the next message, wait until the connection has passed on what is queued, where that is much", () => {
  const { written, stream, socket, drains, end } = scene();
  let off = 0;
  socket.writableNeedDrain = true;
  socket.writableLength = MOST_QUEUED;
  stream.write(new Uint8Array(3 * PIECE), () => off++);
  end();
  assert.equal(written.length, 2);
  socket.writableLength++;
  const other = scene();
  other.stream.session.socket = socket;
  other.stream.write(new Uint8Array(2 * PIECE), () => {});
  end();
  other.end();
  assert.deepEqual([written.length, other.written.length, drains.length], [2, 1, 1]);
  drains.shift()!();
  assert.deepEqual([written.length, other.written.length], [3, 2]);
  end();
  assert.deepEqual([off, drains.length], [0, 1]);
  drains.shift()!();
  assert.equal(off, 1);
});

Deno.test("a stream that is gone waits for no connection", () => {
  const { stream, socket, end } = scene();
  let off = 0;
  socket.writableNeedDrain = true;
  socket.writableLength = MOST_QUEUED + 1;
  stream.write(new Uint8Array(1), () => off++);
  stream.destroyed = true;
  end();
  assert.equal(off, 1);
});

Deno.test("a call in which no stream is found is left alone", () => {
  const call = { call: {} };
  assert.equal(writeInPieces(call, () => MOST_QUEUED), undefined);
  assert.deepEqual(call, { call: {} });
});

Deno.test("grpc-js has the stream of a call where it is looked for", async () => {
  const method = xdsMethods("envoy.service.discovery.v3.AggregatedDiscoveryService").stream!;
  const server = new Server();
  const found = Promise.withResolvers<boolean>();
  server.addService({ stream: method } as unknown as ServiceDefinition, {
    stream: (call: ServerDuplexStream<unknown, unknown>) => {
      found.resolve(writeInPieces(call, () => MOST_QUEUED) !== undefined);
      call.end();
    },
  });
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync(
      "127.0.0.1:0",
      ServerCredentials.createInsecure(),
      (error, port) => error ? reject(error) : resolve(port),
    );
  });
  const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure());
  const call = client.makeBidiStreamRequest(method.path, method.requestSerialize, method.responseDeserialize as never);
  const ended = new Promise((resolve) => call.on("end", resolve));
  call.on("data", () => {});
  call.end();
  assert.equal(await found.promise, true);
  await ended;
  client.close();
  server.forceShutdown();
});
