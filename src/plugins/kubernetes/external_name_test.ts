import assert from "node:assert/strict";
import { externalNameFault } from "./external_name.ts";

Deno.test("a name that DNS knows may be led to, Envoy's own machine may not", () => {
  for (const name of ["pets.example.com", "pets.example.com.", "a", "_srv.x", "192.0.2.1", "2001:db8::1"]) {
    assert.equal(externalNameFault(name), undefined, name);
  }
  const own = ["localhost", "LOCALHOST.", "x.localhost", "127.0.0.1", "127.9.9.9", "169.254.169.254", "0.0.0.0"];
  for (const name of [...own, "::1", "::", "fe80::1", "::ffff:127.0.0.1"]) {
    assert.match(externalNameFault(name) ?? "", /the machine of Envoy itself/, name);
  }
  for (const name of ["", "a b", "http://a", "a/b", "-a", "a:80"]) assert.ok(externalNameFault(name), name);
});
