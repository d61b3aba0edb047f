/** What a client that speaks no proper HTTP/2 or gRPC does to the xDS server: nothing that others notice. */
import assert from "node:assert/strict";
import { decode, encode, TYPE_URL } from "../../src/envoy/mod.ts";
import { startXdsServer } from "../../src/server/mod.ts";
import { createLogger, createMetrics, systemClock } from "../../src/telemetry/mod.ts";
import { XdsCache } from "../../src/xds/mod.ts";
import { cluster, endpoints, snapshot } from "../../src/xds/test_snapshot.ts";
import { joined } from "../fuzz/bytes.ts";
import { Connection } from "../fuzz/xds/connection.ts";
import { FLAG, FRAME, frame, grpcMessage } from "../fuzz/xds/h2.ts";
import { within } from "../fuzz/target.ts";
import { bytesOfScript, type StreamScript } from "../fuzz/xds/script.ts";

const ROLE = "ns~proxy";
const ADS = "envoy.service.discovery.v3.AggregatedDiscoveryService";
const NODE = { id: "malformed", metadata: { role: ROLE } };
/** A frame of headers on stream 0, which no connection survives. */
const NO_HTTP2 = frame(FRAME.headers, FLAG.endHeaders, 0, new Uint8Array([0xff]));

const opening = (path: string, more: Partial<StreamScript> = {}): Uint8Array =>
  bytesOfScript({ streams: [{ path, messages: [], end: "none", ...more }] });

/** Runs it with a server, and then sees that the server serves. */
async function withServer(play: (address: string, lines: string[]) => Promise<void>): Promise<void> {
  const cache = new XdsCache();
  cache.setSnapshot(ROLE, snapshot(cluster("a"), endpoints("a", 1)));
  const lines: string[] = [];
  const logger = createLogger({ format: "text", level: "warn", clock: systemClock, write: (line) => lines.push(line) });
  const server = await startXdsServer({
    ...{ address: "127.0.0.1:0", cache, clock: systemClock, logger, metrics: await createMetrics() },
  });
  try {
    await play(server.address, lines);
    const connection = await Connection.open(server.address);
    const sotw = { node: NODE, typeUrl: TYPE_URL.cluster };
    await connection.send(opening(`${ADS}/StreamAggregatedResources`, { messages: [{ sotw }] }));
    await connection.stream(1).has(1);
    const answer = decode("envoy.service.discovery.v3.DiscoveryResponse", connection.stream(1).messages[0]!);
    assert.equal(answer.resources?.length, 1);
    await connection.close();
    assert.deepEqual(lines, []);
  } finally {
    await server.close(100);
  }
}

const WRONG: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "an unknown method": {},
  "a wrong content type": { "content-type": "text/html" },
};
for (const [what, headers] of Object.entries(WRONG)) {
  Deno.test(`${what}, and bytes that are no HTTP/2 right behind it, end that connection alone`, () =>
    withServer(async (address) => {
      for (let times = 0; times < 5; times++) {
        const connection = await Connection.open(address);
        await connection.send(joined(opening("no.Such/Method", { headers }), NO_HTTP2));
        await connection.gone;
        await connection.close();
      }
    }));
}

Deno.test("a connection that is closed while its first streams are opened", () =>
  withServer(async (address) => {
    for (let times = 0; times < 10; times++) {
      const connection = await Connection.open(address);
      await connection.send(opening(times % 2 === 0 ? "no.Such/Method" : `${ADS}/StreamAggregatedResources`));
      await connection.close();
    }
  }));

Deno.test("bytes that are nothing at all", () =>
  withServer(async (address) => {
    for (
      const text of ["GET / HTTP/1.1\r\n\r\n", "\0".repeat(64), "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "\x16\x03\x01"]
    ) {
      const connection = await Connection.open(address);
      await connection.send(joined(new TextEncoder().encode(text), NO_HTTP2));
      await connection.closeWrite();
      await connection.gone;
      await connection.close();
    }
  }));

Deno.test("a request that cannot be read, behind some that are being answered: the client is told of the end", () =>
  withServer(async (address) => {
    const connection = await Connection.open(address);
    const ask = (...names: string[]) => ({ delta: { typeUrl: TYPE_URL.endpoint, resourceNamesSubscribe: names } });
    const first = { delta: { ...ask("a").delta, node: NODE } };
    const unreadable = { bytes: new Uint8Array([0x0f]).toBase64() };
    await connection.send(opening(`${ADS}/DeltaAggregatedResources`, {
      messages: [first, ask("x".repeat(5_000), "b"), ask("c"), unreadable],
    }));
    await within(20, "the client is still waiting", connection.stream(1).ended);
    await connection.close();
  }));

Deno.test("a message that never comes to its end holds up nobody else", () =>
  withServer(async (address) => {
    const connection = await Connection.open(address);
    const bytes = encode("envoy.service.discovery.v3.DiscoveryRequest", { node: NODE, typeUrl: TYPE_URL.cluster });
    await connection.send(joined(
      opening(`${ADS}/StreamAggregatedResources`),
      frame(FRAME.data, 0, 1, grpcMessage(bytes, 1_000_000)),
    ));
    const other = await Connection.open(address);
    await other.send(opening(`${ADS}/StreamAggregatedResources`, { messages: [{ bytes: bytes.toBase64() }] }));
    await other.stream(1).has(1);
    await Promise.all([connection.close(), other.close()]);
  }));
