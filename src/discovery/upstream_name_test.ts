import assert from "node:assert/strict";
import { sanitizeName, upstreamName } from "./upstream_name.ts";

Deno.test("an Upstream is named after namespace, Service and port", () => {
  assert.equal(upstreamName({ namespace: "default", name: "kubernetes" }, 443), "default-kubernetes-443");
});

// Pairs of names as Solo's library has them in its own tests.
Deno.test("a name of more than 63 characters is shortened to the one that Gloo gives", () => {
  assert.equal(sanitizeName("a".repeat(300)), "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa-4e5475d125a33c6190718e75adc1b70");
  assert.equal(sanitizeName("a".repeat(301)), "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa-c73301b7b71679067b02cff4cdc5e70");
  assert.equal(sanitizeName("a".repeat(63)), "a".repeat(63));
  assert.equal(sanitizeName("a".repeat(64)).length, 63);
  const long = { namespace: "a-team-with-a-long-name", name: "a-service-with-an-even-longer-name-it" };
  assert.equal(upstreamName(long, 8080).slice(0, 32), "a-team-with-a-long-name-a-servi-");
  assert.notEqual(upstreamName(long, 8080), upstreamName(long, 8081));
});

Deno.test("what is in no name of Kubernetes becomes a dash or goes", () => {
  const pairs = [
    ["Abc", "abc"],
    ["bb*b", "bb-b"],
    ["bb/b", "bb-b"],
    ["bb.b", "bb-b"],
    ["bb:b", "bb-b"],
    ["bb_b", "bb-b"],
    ["bb b", "bb-b"],
    ["bb[b]", "bbb"],
    ["bb\nb", "bbb"],
    [`a"a'`, "aa"],
    ["-abc", "-abc"],
  ] as const;
  assert.deepEqual(pairs.map(([given]) => sanitizeName(given)), pairs.map(([, name]) => name));
});
