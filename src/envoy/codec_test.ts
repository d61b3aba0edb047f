import { deepEqual, equal, notDeepEqual, throws } from "node:assert/strict";
import { any, decode, encode, fromJson, joinFields, toJson, wrap } from "./codec.ts";
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
  deepEqual(
    encode("google.protobuf.Any", { typeUrl: "ab", value: new Uint8Array([7]) }),
    new Uint8Array([0x0a, 2, 97, 98, 0x12, 1, 7]),
  );
  deepEqual(
    encode("google.protobuf.Duration", { seconds: -1 }),
    new Uint8Array([8, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1]),
  );
  deepEqual(encode("google.protobuf.UInt32Value", { value: 300 }), new Uint8Array([8, 0xac, 2]));
  deepEqual(encode("google.protobuf.UInt32Value", { value: 0 }), new Uint8Array());
  deepEqual(encode("envoy.config.core.v3.Address", { pipe: {} }), new Uint8Array([0x12, 0]));
});

Deno.test("what decode gives is what encode took", () => {
  const given = virtualHost("a");
  deepEqual(decode("envoy.config.route.v3.VirtualHost", encode("envoy.config.route.v3.VirtualHost", given)), {
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
  deepEqual(one, two);
  notDeepEqual(
    one,
    encodeMetadata({ filterMetadata: { a: { x: 1, y: 3 }, b: {} }, typedFilterMetadata: { c: {}, d: {} } }),
  );
});

Deno.test("each message has bytes of its own", () => {
  const first = encode("envoy.config.core.v3.Pipe", { path: "first" });
  encode("envoy.config.core.v3.Pipe", { path: "second" });
  equal(decode("envoy.config.core.v3.Pipe", first).path, "first");
  equal(first.buffer.byteLength, first.length);
});

Deno.test("text and messages of every length are written whole", () => {
  for (const length of [0, 1, 63, 64, 65, 127, 128, 129, 16_383, 16_384, 2_100_000]) {
    for (const letter of ["a", "é", "語", "😀"]) {
      const path = letter.repeat(length);
      const bytes = encode("envoy.config.core.v3.Address", { pipe: { path } });
      equal(decode("envoy.config.core.v3.Address", bytes).pipe!.path, path || undefined);
    }
  }
});

Deno.test("enums are names both ways, and a number that has none stays a number", () => {
  const bytes = encode("envoy.config.cluster.v3.Cluster", { type: "EDS", lbPolicy: "LEAST_REQUEST" });
  deepEqual(decode("envoy.config.cluster.v3.Cluster", bytes), { type: "EDS", lbPolicy: "LEAST_REQUEST" });
  const newer = encode("envoy.config.cluster.v3.Cluster", { lbPolicy: 99 as never });
  deepEqual(decode("envoy.config.cluster.v3.Cluster", newer), { lbPolicy: 99 });
});

Deno.test("a 64-bit integer keeps every digit", () => {
  const round = (value: number | string) =>
    decode("google.protobuf.UInt64Value", encode("google.protobuf.UInt64Value", { value })).value;
  equal(round(2 ** 53 - 1), 2 ** 53 - 1);
  equal(round("18446744073709551615"), "18446744073709551615");
  const lowest = encode("google.protobuf.Duration", { seconds: "-9223372036854775808" });
  equal(decode("google.protobuf.Duration", lowest).seconds, "-9223372036854775808");
});

Deno.test("what is no such message is refused with the name of the field", () => {
  const cluster = (message: unknown) => () => encode("envoy.config.cluster.v3.Cluster", message as never);
  throws(cluster({ nam: "x" }), /envoy\.config\.cluster\.v3\.Cluster has no field "nam"/);
  throws(cluster({ type: "EDDS" }), /Cluster\.type: "EDDS" is no envoy\.config\.cluster\.v3\.Cluster\.DiscoveryType/);
  throws(cluster({ type: "a: b" }), /Cluster\.type: "a: b" is no /);
  throws(cluster({ metadata: { filterMetadata: { a: { b: NaN } } } }), /filterMetadata: NaN cannot be in JSON/);
  throws(cluster({ name: 5 }), /Cluster\.name: 5 is no string/);
  throws(cluster({ connectTimeout: "5s" }), /Cluster\.connectTimeout: an object is wanted/);
  throws(cluster({ type: "EDS", clusterType: { name: "x" } }), /only one of "type" and "clusterType" can be set/);
  throws(cluster({ perConnectionBufferLimitBytes: { value: -1 } }), /UInt32Value\.value: -1 is no uint32/);
  throws(cluster({ perConnectionBufferLimitBytes: { value: 1.5 } }), /UInt32Value\.value: 1\.5 is no uint32/);
  throws(cluster({ filters: {} }), /Cluster\.filters: an array is wanted/);
  throws(() => encode("google.protobuf.Nothing" as never, {} as never), /unknown message google\.protobuf\.Nothing/);
});

Deno.test("a refused message leaves nothing behind for the next", () => {
  throws(() => encode("envoy.config.cluster.v3.Cluster", { name: "left behind", type: "EDDS" as never }));
  deepEqual(encode("google.protobuf.BoolValue", { value: true }), new Uint8Array([8, 1]));
});

Deno.test("bytes that end too soon are refused, unknown fields are passed over", () => {
  const bytes = encode("envoy.config.route.v3.VirtualHost", virtualHost("a"));
  throws(() => decode("envoy.config.route.v3.VirtualHost", bytes.subarray(0, bytes.length - 1)), RangeError);
  const unknown = [0x98, 0x3f, 1, 0x9a, 0x3f, 1, 5, 0x9d, 0x3f, 1, 2, 3, 4, 0x99, 0x3f, 1, 2, 3, 4, 5, 6, 7, 8];
  deepEqual(decode("google.protobuf.BoolValue", new Uint8Array([8, 1, ...unknown])), { value: true });
});

Deno.test("of two fields of one oneof the later one in the bytes holds, and parts of a message are put together", () => {
  const encodeAction = (route: Message<"envoy.config.route.v3.RouteAction">) =>
    encode("envoy.config.route.v3.RouteAction", route);
  const bytes = new Uint8Array([
    ...encodeAction({ cluster: "a", timeout: { seconds: 1 } }),
    ...encodeAction({ clusterHeader: "x-cluster", timeout: { nanos: 5 } }),
  ]);
  deepEqual(decode("envoy.config.route.v3.RouteAction", bytes), {
    clusterHeader: "x-cluster",
    timeout: { seconds: 1, nanos: 5 },
  });
});

Deno.test("a map key that is __proto__ is only a key", () => {
  const bytes = fromJson("envoy.config.core.v3.Metadata", JSON.parse('{"filterMetadata": {"__proto__": {"a": 1}}}'));
  const { filterMetadata } = decode("envoy.config.core.v3.Metadata", bytes);
  deepEqual(Object.keys(filterMetadata!), ["__proto__"]);
  equal(Object.getPrototypeOf(filterMetadata), Object.prototype);
});

Deno.test("joinFields of encoded parts is the field of the whole", () => {
  const hosts = ["a", "b", "c"].map(virtualHost);
  const parts = hosts.map((host) => encode("envoy.config.route.v3.VirtualHost", host));
  const whole = encode("envoy.config.route.v3.RouteConfiguration", { virtualHosts: hosts });
  deepEqual(joinFields(2, parts), whole);
  deepEqual(joinFields(2, []), new Uint8Array());
});

Deno.test("bytes in place of a message are that message", () => {
  const resource = any("envoy.config.route.v3.VirtualHost", virtualHost("a"));
  const whole = encode("envoy.service.discovery.v3.DiscoveryResponse", { nonce: "1", resources: [resource] });
  const parts = { nonce: "1", resources: [encode("google.protobuf.Any", resource)] as never };
  deepEqual(encode("envoy.service.discovery.v3.DiscoveryResponse", parts), whole);
});

Deno.test("JSON of an encoded message, with every Any written out, gives the same bytes again", () => {
  const bytes = encode("envoy.config.route.v3.VirtualHost", virtualHost("a"));
  const json = toJson("envoy.config.route.v3.VirtualHost", bytes);
  deepEqual(json, {
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
  deepEqual(fromJson("envoy.config.route.v3.VirtualHost", json), bytes);
});

Deno.test("an Any of an unknown type stays bytes in JSON, there and back", () => {
  const message = { typeUrl: "type.googleapis.com/acme.Unknown", value: new Uint8Array([1, 2, 255]) };
  const bytes = encode("google.protobuf.Any", message);
  const json = toJson("google.protobuf.Any", bytes);
  deepEqual(json, { "@type": "type.googleapis.com/acme.Unknown", value: "AQL/" });
  deepEqual(fromJson("google.protobuf.Any", json), bytes);
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
  deepEqual(decode("envoy.config.cluster.v3.Cluster", bytes), {
    name: "a",
    connectTimeout: { nanos: 250_000_000 },
    lbPolicy: "RANDOM",
    perConnectionBufferLimitBytes: { value: 1024 },
    typedExtensionProtocolOptions: { a: any("google.protobuf.Duration", { seconds: 3 }) },
  });
});

Deno.test("JSON that is no such message is refused with its path", () => {
  const refused = (json: unknown, problem: RegExp) =>
    throws(() => fromJson("envoy.config.cluster.v3.Cluster", json), problem);
  refused(
    { circuitBreakers: { thresholds: [{ maxConections: 1 }] } },
    /^TypeError: circuitBreakers\.thresholds\[0\]\.maxConections: .* no such field/,
  );
  refused({ connectTimeout: 5 }, /connectTimeout: 5 is no duration/);
  refused({ lbPolicy: "X" }, /lbPolicy: "X" is none of ROUND_ROBIN, /);
  refused({ connectTimeout: "1s", connect_timeout: "1s" }, /connect_timeout: set twice/);
  refused(
    { transportSocket: { typedConfig: { "@type": "a/b.C", x: 1 } } },
    /typedConfig: the type b\.C is not known here/,
  );
  refused([], /\(root\): an object is wanted/);
});
