import assert from "node:assert/strict";
import type { Resource } from "../api/mod.ts";
import { REDACTED, secretRedactor } from "./mod.ts";

const secret = (spec: Resource<"Secret">["spec"]): Resource<"Secret"> => ({
  kind: "Secret",
  metadata: { name: "s", namespace: "n" },
  spec,
});

Deno.test("redaction: a secret is hidden wherever it turns up, as text, inside text and as base64", () => {
  const replacer = secretRedactor([secret({ header: { headers: { token: "s3cr3t-token" } } })]);
  const shown = {
    itself: "s3cr3t-token",
    inside: "Bearer s3cr3t-token",
    base64: btoa("s3cr3t-token"),
    deep: [{ value: "s3cr3t-token" }],
    other: "harmless",
  };
  assert.deepEqual(JSON.parse(JSON.stringify(shown, replacer)), {
    itself: REDACTED,
    inside: REDACTED,
    base64: REDACTED,
    deep: [{ value: REDACTED }],
    other: "harmless",
  });
});

Deno.test("redaction: a secret with a percent sign is hidden in the form that Envoy wants, and so are secrets in other kinds", () => {
  const replacer = secretRedactor([secret({ header: { headers: { token: "50%off-today" } } })]);
  const shown = JSON.stringify({ a: "50%%off-today", b: { hashedPassword: "x1", salt: "y2", realm: "z" } }, replacer);
  assert.equal(shown, JSON.stringify({ a: REDACTED, b: { hashedPassword: REDACTED, salt: REDACTED, realm: "z" } }));
});

Deno.test("redaction: certificates stay readable, keys do not; a very short secret hides only itself", () => {
  const replacer = secretRedactor([
    secret({ tls: { certChain: "CHAIN", privateKey: "PRIVATE", rootCa: "ROOT" } }),
    secret({ credentials: { username: "u", password: "ab" } }),
  ]);
  const shown = { chain: "CHAIN", key: "PRIVATE", root: "ROOT", password: "ab", word: "about" };
  assert.deepEqual(JSON.parse(JSON.stringify(shown, replacer)), {
    chain: "CHAIN",
    key: REDACTED,
    root: "ROOT",
    password: REDACTED,
    word: "about",
  });
});
