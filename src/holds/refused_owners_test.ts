import assert from "node:assert/strict";
import type { Origin } from "../api/mod.ts";
import type { ClientHold } from "../xds/mod.ts";
import { joinFields } from "../envoy/mod.ts";
import { ownersOf } from "./refused_owners.ts";
import type { ServedPieces } from "./served.ts";

const at = (name: string, path = ""): Origin => ({ kind: "VirtualService", namespace: "ns", name, path });
const bytes = (...values: number[]) => new Uint8Array(values);
const piece = (origin: Origin, own: Uint8Array) => ({ key: origin.path, origin, bytes: own, refs: {} });
const chain = (origin: Origin, own: Uint8Array) => ({ ...piece(origin, own), match: {} });

const route = (name: string, path: string, value: number) => piece(at(name, path), bytes(value));
const ROUTES = [route("a", "virtualHost.routes[0]", 1), route("table", "routes[3]", 2)];
const PIECES = {
  listeners: [
    {
      ...piece(at("gateway"), bytes(8)),
      name: "one",
      filterChains: [chain(at("gateway", "httpGateway"), bytes(18, 1, 7))],
    },
    {
      ...piece(at("gateway"), bytes(8)),
      name: "two",
      filterChains: [chain(at("a", "sslConfig"), bytes(18, 1, 1)), chain(at("b", "sslConfig"), bytes(18, 1, 2))],
    },
  ],
  routes: [{
    ...piece(at("gateway", "httpGateway"), bytes(1)),
    name: "rc",
    virtualHosts: [{ ...piece(at("a", "virtualHost"), bytes(2)), name: "rc/a", routes: ROUTES }],
    faultyHosts: [],
  }],
  clusters: [{ ...piece(at("up"), bytes(3)), name: "up", refs: { secrets: ["files"] } }],
  endpoints: [],
  secrets: [{ name: "cert", typeUrl: "", version: "", bytes: bytes(), origins: [at("secret")], refs: {} }],
} as unknown as ServedPieces;

const part = (type: "listener" | "virtualHost", name: string, ...parts: Uint8Array[]) =>
  ({ what: "part", type, name, configuration: "rc", parts }) as unknown as ClientHold;
const whole = (type: string, name: string) => ({ what: "resource", type, name, configuration: "rc" }) as ClientHold;
const owners = (hold: ClientHold) => ownersOf(PIECES, hold).map(({ name, path }) => `${name} ${path}`.trim());

/** A filter chain as it is in a listener: its match comes before the rest. */
const matched = (rest: Uint8Array) => new Uint8Array([...joinFields(1, [bytes(10, 1, 120)]), ...rest]);

Deno.test("a refused route is its owner's, also where it was delegated; a host is the VirtualService's", () => {
  assert.deepEqual(owners(part("virtualHost", "rc/a", bytes(2))), ["table routes[3]"]);
  assert.deepEqual(owners(part("virtualHost", "rc/a", bytes(1), bytes(2))), [
    "a virtualHost.routes[0]",
    "table routes[3]",
  ]);
  assert.deepEqual(owners(whole("virtualHost", "rc/a")), ["a virtualHost"]);
  assert.deepEqual(owners(part("virtualHost", "rc/a", bytes(9))), [], "what is not served any more is nobody's fault");
});

Deno.test("a refused filter chain is that of its host; a listener with one chain is told of once", () => {
  assert.deepEqual(owners(part("listener", "two", matched(bytes(18, 1, 2)))), ["b sslConfig"]);
  assert.deepEqual(owners(whole("listener", "two")), ["gateway"]);
  assert.deepEqual(owners(whole("listener", "one")), ["gateway httpGateway"]);
});

Deno.test("a secret is its owner's; one of files is the fault of who names them", () => {
  assert.deepEqual(owners(whole("secret", "cert")), ["secret"]);
  assert.deepEqual(owners(whole("secret", "files")), ["up"]);
  assert.deepEqual(owners(whole("cluster", "up")), ["up"]);
  assert.deepEqual(owners(whole("route", "rc")), ["gateway httpGateway"]);
});
