import assert from "node:assert/strict";
import { speaksHttp2 } from "./speaks_http2.ts";

Deno.test("HTTP/2 is told by the beginning of the port's name or by its application protocol", () => {
  for (const name of ["grpc", "grpc-web", "h2", "h2-api", "http2"]) assert.ok(speaksHttp2({ name }), name);
  for (const name of ["", "http", "api-grpc", "GRPC"]) assert.ok(!speaksHttp2({ name }), name);
  for (const appProtocol of ["http2", "grpc", "grpc-web", "kubernetes.io/h2c"]) {
    assert.ok(speaksHttp2({ name: "web", appProtocol }), appProtocol);
  }
  for (const appProtocol of ["http", "kubernetes.io/ws", "mysql"]) {
    assert.ok(!speaksHttp2({ appProtocol }), appProtocol);
  }
});
