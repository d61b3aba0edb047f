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

/** A gRPC server with a stream of xDS, each call of which is handed to `opened`. */
async function serving(
  opened: (call: ServerDuplexStream<unknown, unknown>) => void,
  work: (port: number, path: string) => Promise<void>,
): Promise<void> {
  const method = xdsMethods("envoy.service.discovery.v3.AggregatedDiscoveryService").stream!;
  const server = new Server();
  server.addService({ stream: method } as unknown as ServiceDefinition, { stream: opened });
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync(
      "127.0.0.1:0",
      ServerCredentials.createInsecure(),
      (error, port) => error ? reject(error) : resolve(port),
    );
  });
  try {
    await work(port, method.path);
  } finally {
    server.forceShutdown();
  }
}

const raw = (bytes: Buffer): Buffer => bytes;

Deno.test("grpc-js has the stream of a call where it is looked for", async () => {
  const found = Promise.withResolvers<boolean>();
  const opened = (call: ServerDuplexStream<unknown, unknown>) => {
    found.resolve(writeInPieces(call, () => MOST_QUEUED) !== undefined);
    call.end();
  };
  await serving(opened, async (port, path) => {
    const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure());
    const call = client.makeBidiStreamRequest(path, raw, raw);
    const ended = new Promise((resolve) => call.on("end", resolve));
    call.on("data", () => {});
    call.end();
    assert.equal(await found.promise, true);
    await ended;
    client.close();
  });
});

/** What a client says that opens a stream and lets 1 GiB come without a word: frames of HTTP/2. */
function opening(path: string): Uint8Array {
  const frame = (type: number, flags: number, stream: number, payload: Buffer): Buffer => {
    const head = Buffer.alloc(9);
    head.writeUIntBE(payload.length, 0, 3);
    head.set([type, flags], 3);
    head.writeUInt32BE(stream, 5);
    return Buffer.concat([head, payload]);
  };
  const text = (value: string): Buffer => Buffer.from([value.length, ...Buffer.from(value)]);
  const headers = {
    ":method": "POST",
    ":scheme": "http",
    ":authority": "sluice",
    ":path": path,
    "content-type": "application/grpc",
    te: "trailers",
  };
  const window = Buffer.from([0x40, 0, 0, 0]);
  return Buffer.concat([
    Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    frame(4, 0, 0, Buffer.concat([Buffer.from([0, 4]), window])),
    frame(8, 0, 0, window),
    frame(
      1,
      4,
      1,
      Buffer.concat(
        Object.entries(headers).map(([name, value]) => Buffer.concat([Buffer.alloc(1), text(name), text(value)])),
      ),
    ),
  ]);
}

Deno.test("a client that does not read is sent what its connection holds and no more, while others are sent all", async () => {
  const body = new Uint8Array(64 * 1024 * 1024);
  const sent: number[] = [];
  const opened = (call: ServerDuplexStream<unknown, unknown>) => {
    const index = sent.push(0) - 1;
    const { stream } =
      (call as unknown as { call: { stream: { write(bytes: Uint8Array, callback: () => void): boolean } } }).call;
    const write = stream.write.bind(stream);
    stream.write = (bytes, callback) => {
      sent[index]! += bytes.length;
      return write(bytes, callback);
    };
    writeInPieces(call, () => MOST_QUEUED)!.follow(body);
    call.on("error", () => {});
    call.write({});
  };
  await serving(opened, async (port, path) => {
    using deaf = await Deno.connect({ hostname: "127.0.0.1", port });
    await deaf.write(opening(path));
    const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure(), {
      "grpc.max_receive_message_length": -1,
    });
    for (let round = 0; round < 2; round++) {
      const call = client.makeBidiStreamRequest(path, raw, raw);
      call.on("error", () => {});
      const message = await new Promise<Buffer>((resolve) => call.on("data", resolve));
      assert.equal(message.length, body.length);
      call.cancel();
    }
    client.close();
  });
  const [least, ...others] = sent.toSorted((one, other) => one - other);
  assert.equal(0 < least! && least! < body.length / 2, true, `${least} bytes`);
  assert.deepEqual(others, [body.length + 5, body.length + 5]);
});
