import assert from "node:assert/strict";
import { decode, encode } from "../envoy/mod.ts";
import type { RoutePiece } from "./pieces.ts";
import { packVirtualHost } from "./virtual_host_bytes.ts";

const VIRTUAL_HOST = "envoy.config.route.v3.VirtualHost";
const ROUTE = "envoy.config.route.v3.Route";

const route = (body: string): RoutePiece => {
  const message = { match: { prefix: "/" }, directResponse: { status: 200, body: { inlineString: body } } };
  return {
    key: body,
    origin: { kind: "VirtualService", namespace: "ns", name: "vs", path: "" },
    bytes: encode(ROUTE, message),
    refs: {},
  };
};

Deno.test("a packed virtual host is its parts, and its routes are parts of it", () => {
  const bare: RoutePiece = { ...route(""), rejected: "hold", bytes: undefined };
  // Lengths of one, two and three bytes.
  const routes = [route("short"), bare, route("x".repeat(500)), route("y".repeat(20000))];
  const domains = ["a.test", "b.test"];
  const packed = packVirtualHost(encode(VIRTUAL_HOST, { name: "vs" }), domains, routes);
  const whole = decode(VIRTUAL_HOST, packed.joined);
  assert.deepEqual(whole.domains, domains);
  const messages = routes.flatMap(({ bytes }) => bytes ? [decode(ROUTE, bytes)] : []);
  assert.deepEqual(whole.routes, messages);
  assert.deepEqual(decode(VIRTUAL_HOST, packed.frame), { name: "vs" });
  assert.deepEqual(packed.routes.map(({ bytes }) => bytes), routes.map(({ bytes }) => bytes));
  for (const { bytes } of packed.routes) if (bytes) assert.equal(bytes.buffer, packed.joined.buffer);
});
