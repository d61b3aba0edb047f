import assert from "node:assert/strict";
import { shape } from "../api/mod.ts";
import { createSchema } from "./schema.ts";

const { bool, duration, message, uint32 } = shape;
const at = { defaultNamespace: "gloo-system" };

const timeouts = { name: "timeouts", options: { route: { timeout: duration() } } };

const virtualService = (options: unknown) => ({
  apiVersion: "gateway.solo.io/v1",
  kind: "VirtualService",
  metadata: { name: "default" },
  spec: { virtualHost: { routes: [{ directResponseAction: { status: 200 }, options }] } },
});

Deno.test("plugins fill the holes of messages", () => {
  const { decode } = createSchema([timeouts]);
  assert.deepEqual(decode(virtualService({ timeout: "5s" }), at).reports, []);
  assert.deepEqual(createSchema([]).decode(virtualService({ timeout: "5s" }), at).reports.map(({ path }) => path), [
    "virtualHost.routes[0].options.timeout",
  ]);
});

Deno.test("two plugins that own one field are a bug that is found at once", () => {
  const other = { name: "other", options: { route: { timeout: bool() } } };
  assert.throws(() => createSchema([timeouts, other]), /plugins timeouts and other both own route\.timeout/);
});

Deno.test("a plugin that owns a field of the kind itself is a bug", () => {
  const greedy = { name: "greedy", options: { upstream: { sslConfig: bool() } } };
  assert.throws(() => createSchema([greedy]), /plugin greedy owns upstream\.sslConfig/);
});

Deno.test("a delegated gateway's connection manager settings are those of the listener's option", () => {
  const settings = message({ maxRequestHeadersKb: uint32() });
  const { decode } = createSchema([
    { name: "hcm", options: { httpListener: { httpConnectionManagerSettings: settings } } },
  ]);
  const gateway = (httpConnectionManagerSettings: unknown) => ({
    apiVersion: "gateway.solo.io/v1",
    kind: "Gateway",
    metadata: { name: "g" },
    spec: { hybridGateway: { delegatedHttpGateways: { httpConnectionManagerSettings } } },
  });
  assert.deepEqual(decode(gateway({ maxRequestHeadersKb: 8 }), at).reports, []);
  assert.equal(decode(gateway({ nothing: 8 }), at).reports[0]?.code, "SLUICE-1002");
});

Deno.test("it is known who owns a field", () => {
  const { registry } = createSchema([timeouts]);
  assert.equal(registry.ownerOf("route", "timeout"), "timeouts");
  assert.equal(registry.ownerOf("route", "retries"), undefined);
});
