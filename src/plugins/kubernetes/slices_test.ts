import assert from "node:assert/strict";
import type { Resource } from "../../api/mod.ts";
import { sliceAddresses } from "./slices.ts";

type Slice = Resource<"EndpointSlice">;
type Endpoint = NonNullable<Slice["spec"]["endpoints"]>[number];

const slice = (
  endpoints: readonly Endpoint[],
  ports: Slice["spec"]["ports"] = [{ name: "web", port: 8080 }],
): Slice => ({
  kind: "EndpointSlice",
  metadata: { namespace: "shop", name: "pets-1" },
  spec: { endpoints, ports },
});
const at = (address: string, conditions?: Endpoint["conditions"]): Endpoint => ({
  addresses: [address],
  ...(conditions && { conditions }),
});
const hosts = (slices: readonly Slice[], name: string | undefined = "web", every = false) =>
  sliceAddresses(slices, { ...(name !== undefined && { name }), port: 80 }, every).list
    .map(({ host, port }) => `${host}:${port}`);

Deno.test("ready means ready unless it says otherwise; what terminates serves only where nothing is ready", () => {
  const terminating = at("10.0.0.3", { ready: false, serving: true, terminating: true });
  const idle = [at("10.0.0.4", { ready: false }), at("10.0.0.5", { ready: false, serving: false, terminating: true })];
  const notYet = at("10.0.0.6", { ready: false, serving: true });
  assert.deepEqual(hosts([slice([at("10.0.0.1"), at("10.0.0.2", { ready: true }), terminating, ...idle, notYet])]), [
    "10.0.0.1:8080",
    "10.0.0.2:8080",
  ]);
  assert.deepEqual(hosts([slice([terminating, ...idle])]), ["10.0.0.3:8080"]);
  assert.deepEqual(hosts([slice(idle)]), []);
  assert.deepEqual(hosts([slice(idle)], "web", true), ["10.0.0.4:8080", "10.0.0.5:8080"]);
});

Deno.test("one ready endpoint in any slice is enough for those that terminate to be left alone", () => {
  const terminating = at("10.0.0.3", { ready: false, serving: true, terminating: true });
  assert.deepEqual(hosts([slice([terminating]), slice([at("10.0.0.9")])]), ["10.0.0.9:8080"]);
});

Deno.test("the port is that of the Service port's name, which may be no name; slices may differ in it", () => {
  const ports = [{ name: "admin", port: 9000 }, { name: "web", port: 8081 }];
  const slices = [slice([at("10.0.0.1")]), slice([at("10.0.0.2")], ports), slice([at("10.0.0.3")], [{ port: 1 }])];
  assert.deepEqual(hosts(slices), ["10.0.0.1:8080", "10.0.0.2:8081"]);
  assert.deepEqual(sliceAddresses(slices, { port: 80 }, false).list.map(({ host }) => host), ["10.0.0.3"]);
  assert.deepEqual(hosts([slice([at("10.0.0.1")], [{ name: "web", port: 53, protocol: "UDP" }])]), []);
  assert.deepEqual(hosts([slice([at("10.0.0.1")], [{ name: "web" }])]), [], "all ports: there is none to choose");
});

Deno.test("an endpoint that is in two slices is one; the order of slices and of endpoints says nothing", () => {
  const [a, b] = [{ ...at("10.0.0.2"), zone: "b" }, { ...at("10.0.0.2"), zone: "a" }];
  const [one, two] = [slice([at("10.0.0.3"), a]), slice([b, at("10.0.0.1")])];
  const [first, second] = [[one, two], [two, one]].map((slices) => sliceAddresses(slices, { name: "web" }, false).list);
  assert.deepEqual(first!.map(({ host }) => host), ["10.0.0.1", "10.0.0.2", "10.0.0.3"]);
  assert.equal(first![1]!.zone, "a");
  assert.deepEqual(first, second);
});

Deno.test("what Envoy cannot connect to is told", () => {
  const slices = [slice([at("name.example"), at("fe80::1%eth0"), at("10.0.0.1"), { addresses: [] }, {}])];
  assert.deepEqual(sliceAddresses(slices, { name: "web" }, false).unusable, ["fe80::1%eth0", "name.example"]);
  assert.deepEqual(hosts(slices), ["10.0.0.1:8080"]);
});
