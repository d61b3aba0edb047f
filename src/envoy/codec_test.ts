import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { any, decode, encode, fieldChunks, fromJson, joinFields, toJson, wrap } from "./codec.ts";
import { duration } from "./duration.ts";
import type { Message } from "./names.ts";

type VirtualHost = Message<"envoy.config.route.v3.VirtualHost">;

const virtualHost = (name: string): VirtualHost => ({
  name,
  domains: [`${name}.example.com`, "ü.example.com"],
  routes: [{
    match: { prefix: "/" },
    route: { cluster: "petstore_default", timeout: duration("1.5s"), retryPolicy: { numRetries: wrap(0) } },
  }],
  metadata: { filterMetadata: { sluice: { kind: "VirtualService", rank: 1.5, tags: ["a", null, { b: true }] } } },
  typedPerFilterConfig: {
    "envoy.filters.http.cors": any("envoy.extensions.filters.http.cors.v3.CorsPolicy", { allowMethods: "GET" }),
  },
});

Deno.test("encode gives known bytes", () => {
  assert.deepEqual(
    encode("google.protobuf.Any", { typeUrl: "ab", value: new Uint8Array([7]) }),
    new Uint8Array([0x0a, 2, 97, 98, 0x12, 1, 7]),
  );
  assert.deepEqual(
    encode("google.protobuf.Duration", { seconds: -1 }),
    new Uint8Array([8, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1]),
  );
  assert.deepEqual(encode("google.protobuf.UInt32Value", { value: 300 }), new Uint8Array([8, 0xac, 2]));
  assert.deepEqual(encode("google.protobuf.UInt32Value", { value: 0 }), new Uint8Array());
  assert.deepEqual(encode("envoy.config.core.v3.Address", { pipe: {} }), new Uint8Array([0x12, 0]));
});

Deno.test("what decode gives is what encode took", () => {
  const given = virtualHost("a");
  assert.deepEqual(decode("envoy.config.route.v3.VirtualHost", encode("envoy.config.route.v3.VirtualHost", given)), {
    ...given,
    // A wrapper of a default is there and empty.
    routes: [{ ...given.routes![0]!, route: { ...given.routes![0]!.route, retryPolicy: { numRetries: {} } } }],
  });
});

Deno.test("the order of properties and map keys does not change the bytes", () => {
  const encodeMetadata = (message: Message<"envoy.config.core.v3.Metadata">) =>
    encode("envoy.config.core.v3.Metadata", message);
  const one = encodeMetadata({ filterMetadata: { a: { x: 1, y: 2 }, b: {} }, typedFilterMetadata: { c: {}, d: {} } });
  const two = encodeMetadata({ typedFilterMetadata: { d: {}, c: {} }, filterMetadata: { b: {}, a: { y: 2, x: 1 } } });
  assert.deepEqual(one, two);
  assert.notDeepEqual(
    one,
    encodeMetadata({ filterMetadata: { a: { x: 1, y: 3 }, b: {} }, typedFilterMetadata: { c: {}, d: {} } }),
  );
});

Deno.test("null is a value of JSON, and elsewhere the same as nothing", () => {
  const given = { key: "a", value: null };
  const bytes = encode("envoy.config.core.v3.KeyValuePair", given);
  assert.deepEqual(bytes, new Uint8Array([0x0a, 1, 97, 0x12, 2, 8, 0]));
  assert.deepEqual(decode("envoy.config.core.v3.KeyValuePair", bytes), given);
  assert.deepEqual(encode("envoy.config.core.v3.Pipe", { path: null as never }), new Uint8Array());
});

Deno.test("each message has bytes of its own", () => {
  const first = encode("envoy.config.core.v3.Pipe", { path: "first" });
  encode("envoy.config.core.v3.Pipe", { path: "second" });
  assert.equal(decode("envoy.config.core.v3.Pipe", first).path, "first");
  assert.equal(first.buffer.byteLength, first.length);
});

Deno.test("decoded bytes are a plain array of their own", () => {
  const bytes = Buffer.from(encode("google.protobuf.Any", { value: new Uint8Array([7, 8]) }));
  const { value } = decode("google.protobuf.Any", bytes);
  bytes.fill(0);
  assert.deepEqual(value, new Uint8Array([7, 8]));
});

Deno.test("text and messages of every length are written whole", () => {
  for (const length of [0, 1, 63, 64, 65, 127, 128, 129, 16_383, 16_384, 2_100_000]) {
    for (const letter of ["a", "é", "語", "😀"]) {
      const path = letter.repeat(length);
      const bytes = encode("envoy.config.core.v3.Address", { pipe: { path } });
      assert.equal(decode("envoy.config.core.v3.Address", bytes).pipe!.path, path || undefined);
    }
  }
});

Deno.test("enums are names both ways, and a number that has none stays a number", () => {
  const bytes = encode("envoy.config.cluster.v3.Cluster", { type: "EDS", lbPolicy: "LEAST_REQUEST" });
  assert.deepEqual(decode("envoy.config.cluster.v3.Cluster", bytes), { type: "EDS", lbPolicy: "LEAST_REQUEST" });
  const newer = encode("envoy.config.cluster.v3.Cluster", { lbPolicy: 99 as never });
  assert.deepEqual(decode("envoy.config.cluster.v3.Cluster", newer), { lbPolicy: 99 });
});

Deno.test("a 64-bit integer keeps every digit", () => {
  const round = (value: number | string) =>
    decode("google.protobuf.UInt64Value", encode("google.protobuf.UInt64Value", { value })).value;
  assert.equal(round(2 ** 53 - 1), 2 ** 53 - 1);
  assert.equal(round("18446744073709551615"), "18446744073709551615");
  const lowest = encode("google.protobuf.Duration", { seconds: "-9223372036854775808" });
  assert.equal(decode("google.protobuf.Duration", lowest).seconds, "-9223372036854775808");
});

Deno.test("what is no such message is refused with the name of the field", () => {
  const cluster = (message: unknown) => () => encode("envoy.config.cluster.v3.Cluster", message as never);
  assert.throws(cluster({ nam: "x" }), /envoy\.config\.cluster\.v3\.Cluster has no field "nam"/);
  assert.throws(
    cluster({ type: "EDDS" }),
    /Cluster\.type: "EDDS" is no envoy\.config\.cluster\.v3\.Cluster\.DiscoveryType/,
  );
  assert.throws(cluster({ type: "a: b" }), /Cluster\.type: "a: b" is no /);
  assert.throws(cluster({ metadata: { filterMetadata: { a: { b: NaN } } } }), /filterMetadata: NaN cannot be in JSON/);
  assert.throws(cluster({ name: 5 }), /Cluster\.name: 5 is no string/);
  assert.throws(cluster({ connectTimeout: "5s" }), /Cluster\.connectTimeout: an object is wanted/);
  assert.throws(
    cluster({ type: "EDS", clusterType: { name: "x" } }),
    /only one of "type" and "clusterType" can be set/,
  );
  assert.throws(cluster({ perConnectionBufferLimitBytes: { value: -1 } }), /UInt32Value\.value: -1 is no uint32/);
  assert.throws(cluster({ perConnectionBufferLimitBytes: { value: 1.5 } }), /UInt32Value\.value: 1\.5 is no uint32/);
  assert.throws(cluster({ filters: {} }), /Cluster\.filters: an array is wanted/);
  assert.throws(
    () => encode("google.protobuf.Nothing" as never, {} as never),
    /unknown message google\.protobuf\.Nothing/,
  );
});

Deno.test("a refused message leaves nothing behind for the next", () => {
  assert.throws(() => encode("envoy.config.cluster.v3.Cluster", { name: "left behind", type: "EDDS" as never }));
  assert.deepEqual(encode("google.protobuf.BoolValue", { value: true }), new Uint8Array([8, 1]));
});

Deno.test("bytes that end too soon are refused, unknown fields are passed over", () => {
  const bytes = encode("envoy.config.route.v3.VirtualHost", virtualHost("a"));
  assert.throws(() => decode("envoy.config.route.v3.VirtualHost", bytes.subarray(0, bytes.length - 1)), RangeError);
  const unknown = [0x98, 0x3f, 1, 0x9a, 0x3f, 1, 5, 0x9d, 0x3f, 1, 2, 3, 4, 0x99, 0x3f, 1, 2, 3, 4, 5, 6, 7, 8];
  assert.deepEqual(decode("google.protobuf.BoolValue", new Uint8Array([8, 1, ...unknown])), { value: true });
});

Deno.test("of two fields of one oneof the later one in the bytes holds, and parts of a message are put together", () => {
  const encodeAction = (route: Message<"envoy.config.route.v3.RouteAction">) =>
    encode("envoy.config.route.v3.RouteAction", route);
  const bytes = new Uint8Array([
    ...encodeAction({ cluster: "a", timeout: { seconds: 1 } }),
    ...encodeAction({ clusterHeader: "x-cluster", timeout: { nanos: 5 } }),
  ]);
  assert.deepEqual(decode("envoy.config.route.v3.RouteAction", bytes), {
    clusterHeader: "x-cluster",
    timeout: { seconds: 1, nanos: 5 },
  });
});

Deno.test("a map key that is __proto__ is only a key", () => {
  const bytes = fromJson("envoy.config.core.v3.Metadata", JSON.parse('{"filterMetadata": {"__proto__": {"a": 1}}}'));
  const { filterMetadata } = decode("envoy.config.core.v3.Metadata", bytes);
  assert.deepEqual(Object.keys(filterMetadata!), ["__proto__"]);
  assert.equal(Object.getPrototypeOf(filterMetadata), Object.prototype);
});

Deno.test("joinFields of encoded parts is the field of the whole", () => {
  const hosts = ["a", "b", "c"].map(virtualHost);
  const parts = hosts.map((host) => encode("envoy.config.route.v3.VirtualHost", host));
  const whole = encode("envoy.config.route.v3.RouteConfiguration", { virtualHosts: hosts });
  assert.deepEqual(joinFields(2, parts), whole);
  assert.deepEqual(joinFields(2, []), new Uint8Array());
  const chunks = parts.map((part) => [part.subarray(0, 3), part.subarray(3)]);
  assert.deepEqual(joinFields(2, chunks), whole);
  const name = encode("envoy.config.route.v3.RouteConfiguration", { name: "routes" });
  assert.deepEqual(joinFields(2, parts, name), new Uint8Array([...name, ...whole]));
});

Deno.test("a field of any length is read as it was written, whole or in chunks", () => {
  for (const length of [1, 127, 128, 16_383, 16_384, 2_097_152]) {
    const value = new Uint8Array(length).fill(7);
    assert.deepEqual(decode("google.protobuf.Any", joinFields(2, [value])), { value });
    assert.deepEqual(
      decode("google.protobuf.Any", joinChunks(fieldChunks(2, [value.subarray(1), value.subarray(0, 1)]))),
      {
        value,
      },
    );
  }
  assert.deepEqual(fieldChunks(16, new Uint8Array([7])), [new Uint8Array([0x82, 0x01, 1]), new Uint8Array([7])]);
});

const joinChunks = (chunks: readonly Uint8Array[]): Uint8Array => Buffer.concat(chunks);

Deno.test("JSON of an encoded message, with every Any written out, gives the same bytes again", () => {
  const bytes = encode("envoy.config.route.v3.VirtualHost", virtualHost("a"));
  const json = toJson("envoy.config.route.v3.VirtualHost", bytes);
  assert.deepEqual(json, {
    name: "a",
    domains: ["a.example.com", "ü.example.com"],
    routes: [{
      match: { prefix: "/" },
      route: { cluster: "petstore_default", timeout: "1.500s", retryPolicy: { numRetries: 0 } },
    }],
    metadata: { filterMetadata: { sluice: { kind: "VirtualService", rank: 1.5, tags: ["a", null, { b: true }] } } },
    typedPerFilterConfig: {
      "envoy.filters.http.cors": {
        "@type": "type.googleapis.com/envoy.extensions.filters.http.cors.v3.CorsPolicy",
        allowMethods: "GET",
      },
    },
  });
  assert.deepEqual(fromJson("envoy.config.route.v3.VirtualHost", json), bytes);
});

Deno.test("an Any of an unknown type stays bytes in JSON, there and back", () => {
  const message = { typeUrl: "type.googleapis.com/acme.Unknown", value: new Uint8Array([1, 2, 255]) };
  const bytes = encode("google.protobuf.Any", message);
  const json = toJson("google.protobuf.Any", bytes);
  assert.deepEqual(json, { "@type": "type.googleapis.com/acme.Unknown", value: "AQL/" });
  assert.deepEqual(fromJson("google.protobuf.Any", json), bytes);
});

Deno.test("JSON takes Envoy's own spelling: names with underscores, durations, enum numbers", () => {
  const bytes = fromJson("envoy.config.cluster.v3.Cluster", {
    name: "a",
    connect_timeout: "0.25s",
    lb_policy: 3,
    per_connection_buffer_limit_bytes: "1024",
    typed_extension_protocol_options: {
      a: { "@type": "type.googleapis.com/google.protobuf.Duration", value: "3s" },
    },
  });
  assert.deepEqual(decode("envoy.config.cluster.v3.Cluster", bytes), {
    name: "a",
    connectTimeout: { nanos: 250_000_000 },
    lbPolicy: "RANDOM",
    perConnectionBufferLimitBytes: { value: 1024 },
    typedExtensionProtocolOptions: { a: any("google.protobuf.Duration", { seconds: 3 }) },
  });
});

Deno.test("JSON that is no such message is refused with the name of the field", () => {
  const refused = (json: unknown, problem: RegExp) =>
    assert.throws(() => fromJson("envoy.config.cluster.v3.Cluster", json), problem);
  refused(
    { circuitBreakers: { thresholds: [{ maxConections: 1 }] } },
    /^TypeError: envoy\.config\.cluster\.v3\.CircuitBreakers\.Thresholds: unknown field: "maxConections"/,
  );
  refused({ connectTimeout: 5 }, /google\.protobuf\.Duration: expected duration string: 5/);
  refused({ lbPolicy: "X" }, /Cluster\.lbPolicy: unknown enum value: "X"/);
  refused({ connectTimeout: "1s", connect_timeout: "1s" }, /Cluster: duplicate field: "connect_timeout"/);
  refused({ transportSocket: { typedConfig: { "@type": "a/b.C", x: 1 } } }, /UnknownType: unknown field: "x"/);
  refused([], /Cluster: expected object/);
});

Deno.test("the order of keys in JSON does not change the bytes, in an Any neither", () => {
  const metadata = (filterMetadata: unknown) =>
    fromJson("google.protobuf.Any", { "@type": "a/envoy.config.core.v3.Metadata", filterMetadata });
  assert.deepEqual(metadata({ a: { x: 1, y: 2 }, b: {} }), metadata({ b: {}, a: { y: 2, x: 1 } }));
});
