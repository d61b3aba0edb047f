/** Clients that say goodbye, and then more. Without src/server/late_destroy.ts they end the process. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { startXdsServer } from "../../src/server/mod.ts";
import { createMetrics, silentLogger, systemClock } from "../../src/telemetry/mod.ts";
import { XdsCache } from "../../src/xds/mod.ts";
import { cluster, snapshot } from "../../src/xds/test_snapshot.ts";
import { waitFor } from "../envoy/harness.ts";
import { connect, names, node } from "./xds_client.ts";

const ROLE = "ns~proxy";
const ADS_PATH = "/envoy.service.discovery.v3.AggregatedDiscoveryService/StreamAggregatedResources";
const [HEADERS, RST_STREAM, SETTINGS, PING, GOAWAY] = [1, 3, 4, 6, 7];
const END_HEADERS = 4;

/** A frame of HTTP/2. */
function frame(type: number, stream: number, payload: Buffer = Buffer.alloc(0), flags = 0): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head.set([type, flags], 3);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

function numbers(...values: number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length);
  values.forEach((value, index) => bytes.writeUInt32BE(value, 4 * index));
  return bytes;
}

const text = (value: string): Buffer => Buffer.from([value.length, ...Buffer.from(value)]);
const REQUEST = Buffer.concat(
  Object.entries({
    ":method": "POST",
    ":scheme": "http",
    ":authority": "sluice",
    ":path": ADS_PATH,
    "content-type": "application/grpc",
    te: "trailers",
  }).map(([name, value]) => Buffer.concat([Buffer.alloc(1), text(name), text(value)])),
);
const PREFACE = Buffer.concat([Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), frame(SETTINGS, 0)]);

/** Some streams, goodbyes of each kind, and more after them, in one piece; another piece for each number. */
function farewell(number: number): Buffer {
  const streams = Array.from({ length: number % 5 }, (_, index) => 1 + 2 * index);
  const goodbyes = [0, 1, 2].map((index) => {
    const lastStream = [0, 1, 3, 0x7fffffff][(number + index) % 4]!;
    const error = [0, 1, 2, 11][(number * 7 + index) % 4]!;
    return frame(GOAWAY, 0, numbers(lastStream, error));
  });
  return Buffer.concat([
    ...streams.map((stream) => frame(HEADERS, stream, REQUEST, END_HEADERS)),
    ...goodbyes,
    ...streams.map((stream) => frame(RST_STREAM, stream, numbers(number % 3))),
    frame(PING, 0, Buffer.alloc(8)),
  ]);
}

Deno.test("clients that go on after their GOAWAY harm nobody", async () => {
  const cache = new XdsCache();
  cache.setSnapshot(ROLE, snapshot(cluster("a")));
  const server = await startXdsServer({
    address: "127.0.0.1:0",
    cache,
    clock: systemClock,
    logger: silentLogger,
    metrics: await createMetrics(),
  });
  const client = connect(server.address);
  try {
    const stream = client.stream();
    stream.send({ typeUrl: "type.googleapis.com/envoy.config.cluster.v3.Cluster", node: node(ROLE) });
    await stream.response(1);
    const port = Number(server.address.split(":")[1]);
    for (let number = 0; number < 300; number++) {
      using connection = await Deno.connect({ hostname: "127.0.0.1", port });
      await connection.write(PREFACE);
      // Its settings: it has taken in the preface, so that the rest comes in one piece.
      await connection.read(new Uint8Array(1024));
      await connection.write(farewell(number));
    }
    assert.deepEqual(names(await client.fetch("cluster", { node: node(ROLE) })), ["a"]);
    cache.setSnapshot(ROLE, snapshot(cluster("a"), cluster("b")));
    assert.deepEqual(names(await stream.response(2)), ["a", "b"]);
    await waitFor("the others to be gone", () => server.clients().length === 1);
  } finally {
    await client.close();
    await server.close(1_000);
  }
});
