import assert from "node:assert/strict";
import { headerNameFault, headerTextFault, modifiableHeaderFault } from "./header_checks.ts";

Deno.test("names of headers are RFC 9110 tokens, pseudo headers among them", () => {
  for (const good of ["x-a", "X_A.b", ":path", "!#$%&'*+-.^_`|~"]) assert.equal(headerNameFault(good), undefined, good);
  for (const bad of ["", "a b", "a:b", "x-é", "a\n", ":", "a(b)"]) assert.ok(headerNameFault(bad), bad);
});

Deno.test("Envoy keeps pseudo headers and Host to itself", () => {
  for (const bad of [":authority", ":path", "host", "Host", "HOST", "a b"]) assert.ok(modifiableHeaderFault(bad), bad);
  assert.equal(modifiableHeaderFault("x-host"), undefined);
});

Deno.test("text of a header holds no line break, no NUL, and 16384 bytes at most", () => {
  for (const good of ["", "é", "a\tb", "x".repeat(16384)]) assert.equal(headerTextFault(good), undefined);
  for (const bad of ["a\nb", "a\rb", "a\0b", "x".repeat(16385), "é".repeat(8193)]) assert.ok(headerTextFault(bad));
});

Deno.test("no message shows a value, nor a name that may have swallowed one", () => {
  for (const text of ["hunter2\n", "x-token: hunter2", ": hunter2", "x-token hunter2", "host:hunter2"]) {
    for (const fault of [headerNameFault, modifiableHeaderFault, headerTextFault]) {
      assert.doesNotMatch(fault(text) ?? "", /hunter2/, text);
    }
  }
});
