import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { decode, encode } from "../../../src/envoy/mod.ts";
import {
  content,
  contents,
  eachField,
  field,
  nodeBytes,
  requestBytes,
  resourceName,
  resourceValue,
  responseHead,
  TYPE_URL,
  usesVhds,
} from "./wire.ts";

const any = { typeUrl: TYPE_URL.route, value: encode("envoy.config.route.v3.RouteConfiguration", { name: "r" }) };

Deno.test("requests are what the codec reads", () => {
  const node = nodeBytes("light-1", "gloo-system~gateway-proxy");
  const request = { typeUrl: TYPE_URL.endpoint, names: ["a", "b".repeat(200)], node, nonce: "7", version: "3" };
  const sotw = decode("envoy.service.discovery.v3.DiscoveryRequest", requestBytes("sotw", request));
  assert.deepEqual(
    [sotw.typeUrl, sotw.resourceNames, sotw.responseNonce, sotw.versionInfo],
    [TYPE_URL.endpoint, ["a", "b".repeat(200)], "7", "3"],
  );
  assert.deepEqual(
    [sotw.node?.id, sotw.node?.userAgentName, sotw.node?.metadata],
    ["light-1", "envoy", { role: "gloo-system~gateway-proxy" }],
  );
  const delta = decode("envoy.service.discovery.v3.DeltaDiscoveryRequest", requestBytes("delta", request));
  assert.deepEqual(
    [delta.typeUrl, delta.resourceNamesSubscribe, delta.responseNonce, delta.node?.id],
    [TYPE_URL.endpoint, ["a", "b".repeat(200)], "7", "light-1"],
  );
});

Deno.test("an acknowledgement of a wildcard names nothing", () => {
  const bytes = requestBytes("delta", { typeUrl: TYPE_URL.cluster, nonce: "1" });
  assert.deepEqual(
    decode("envoy.service.discovery.v3.DeltaDiscoveryRequest", bytes).resourceNamesSubscribe ?? [],
    [],
  );
});

Deno.test("type, nonce, version and names are read from responses of the codec", () => {
  const sotw = Buffer.from(encode("envoy.service.discovery.v3.DiscoveryResponse", {
    ...{ typeUrl: TYPE_URL.route, nonce: "9", versionInfo: "v", resources: [any] },
  }));
  assert.deepEqual(responseHead(sotw), { typeUrl: TYPE_URL.route, nonce: "9", version: "v" });
  assert.deepEqual(contents(sotw, 2).map((one) => resourceName("sotw", one)), ["r"]);
  const delta = Buffer.from(encode("envoy.service.discovery.v3.DeltaDiscoveryResponse", {
    ...{ typeUrl: TYPE_URL.route, nonce: "9", systemVersionInfo: "v" },
    ...{ resources: [{ name: "n", version: "1", resource: any }], removedResources: ["gone"] },
  }));
  assert.deepEqual(responseHead(delta), { typeUrl: TYPE_URL.route, nonce: "9", version: "v" });
  assert.deepEqual(contents(delta, 2).map((one) => resourceName("delta", one)), ["n"]);
  assert.deepEqual(resourceValue("delta", content(delta, 2)), Buffer.from(any.value));
});

Deno.test("a route configuration tells whether its virtual hosts come by VHDS", () => {
  const of = (vhds: boolean) =>
    Buffer.from(encode("envoy.config.route.v3.RouteConfiguration", {
      name: "r",
      ...(vhds ? { vhds: { configSource: { ads: {} } } } : {}),
    }));
  assert.equal(usesVhds(of(true)), true);
  assert.equal(usesVhds(of(false)), false);
});

Deno.test("what is no message is refused", () => {
  assert.throws(() => eachField(Buffer.from([0x0a, 0x05, 0x01]), () => {}), RangeError);
  assert.throws(() => eachField(Buffer.from([0x0a]), () => {}), RangeError);
  assert.throws(() => eachField(Buffer.from([0x0f]), () => {}), RangeError);
});

Deno.test("numbers, and fields of other wire types, are passed over", () => {
  const found: number[] = [];
  const mixed = Buffer.concat([
    ...[Buffer.from([0x08, 0xac, 0x02]), Buffer.from([0x11, 1, 2, 3, 4, 5, 6, 7, 8]), field(3, "x")],
    ...[Buffer.from([0x25, 1, 2, 3, 4]), field(5, "")],
  ]);
  eachField(mixed, (number) => void found.push(number));
  assert.deepEqual(found, [3, 5]);
});
