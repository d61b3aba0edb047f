import assert from "node:assert/strict";
import type { Resource } from "./resource.ts";
import { servicePort } from "./service_port.ts";
import { serviceUpstreamName } from "./service_upstream_name.ts";
import { speaksHttp2 } from "./speaks_http2.ts";

const service = (...ports: NonNullable<Resource<"Service">["spec"]["ports"]>): Resource<"Service"> => ({
  kind: "Service",
  metadata: { namespace: "shop", name: "pets" },
  spec: { ports },
});

Deno.test("a Service's port is found by its number; of TCP and UDP on one number, TCP", () => {
  const udp = { port: 53, name: "dns", protocol: "UDP" };
  const tcp = { port: 53, name: "dns-tcp", protocol: "TCP" };
  assert.equal(servicePort(service(udp, tcp), 53), tcp);
  assert.equal(servicePort(service(udp), 53), "port 53 of Service shop/pets is UDP, and only TCP is served");
  assert.equal(servicePort(service(udp, tcp), 54), "Service shop/pets has no port 54 (it has 53, 53)");
  assert.equal(servicePort(service(), 54), "Service shop/pets has no port 54 (it has none at all)");
});

Deno.test("HTTP/2: the annotation decides, then appProtocol or the beginning of the port's name", () => {
  const annotation = (value: string) => ({ "gloo.solo.io/h2_service": value });
  for (const name of ["grpc", "grpc-web", "h2", "h2c", "http2", "http2-api"]) assert.equal(speaksHttp2({ name }), true);
  for (const name of ["http", "api-grpc", "", undefined]) assert.equal(speaksHttp2({ name }), undefined);
  assert.equal(speaksHttp2({ name: "http", appProtocol: "kubernetes.io/h2c" }), true);
  assert.equal(speaksHttp2({ name: "http", appProtocol: "GRPC" }), true);
  assert.equal(speaksHttp2({ name: "grpc", appProtocol: "https" }), true);
  assert.equal(speaksHttp2({ name: "http", appProtocol: "https" }), undefined);
  assert.equal(speaksHttp2({ name: "grpc" }, annotation("false")), false);
  assert.equal(speaksHttp2({ name: "http" }, annotation("true")), true);
  assert.equal(speaksHttp2({ name: "grpc" }, annotation("yes")), true);
});

Deno.test("Gloo's name of a Service's Upstream is cut at 63 characters, with a hash of the whole", () => {
  const [namespace, name] = ["n".repeat(30), "s".repeat(29)];
  assert.equal(serviceUpstreamName({ namespace, name }, 10), `${namespace}-${name}-10`);
  const long = serviceUpstreamName({ namespace, name }, 100);
  assert.equal(long, "nnnnnnnnnnnnnnnnnnnnnnnnnnnnnn--5e879c6b575c4db852f15a8ccd17f37");
  assert.equal(serviceUpstreamName({ namespace: "a", name: "b.c" }, 2), "a-b-c-2");
});
