import assert from "node:assert/strict";
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

/** A gRPC call over an HTTP/2 stream that keeps what is written, and says so when it is told to. */
function scene() {
  const written: Uint8Array[] = [];
  const ends: ((error?: Error | null) => void)[] = [];
  const stream = {
    write(bytes: Uint8Array, callback: (error?: Error | null) => void): boolean {
      written.push(bytes);
      ends.push(callback);
      return true;
    },
  };
  assert.equal(writeInPieces({ call: { stream } }), true);
  return { written, stream, end: (error?: Error) => ends.shift()!(error) };
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
  assert.equal(written[0], small);
  end();
  const errors: unknown[] = [];
  stream.write(new Uint8Array(2 * PIECE), (error) => errors.push(error));
  const lost = new Error("the stream is gone");
  end(lost);
  assert.deepEqual(errors, [lost]);
  assert.equal(written.length, 2);
});

Deno.test("a call in which no stream is found is left alone", () => {
  const call = { call: {} };
  assert.equal(writeInPieces(call), false);
  assert.deepEqual(call, { call: {} });
});

Deno.test("grpc-js has the stream of a call where it is looked for", async () => {
  const method = xdsMethods("envoy.service.discovery.v3.AggregatedDiscoveryService").stream!;
  const server = new Server();
  const found = Promise.withResolvers<boolean>();
  server.addService({ stream: method } as unknown as ServiceDefinition, {
    stream: (call: ServerDuplexStream<unknown, unknown>) => {
      found.resolve(writeInPieces(call));
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
