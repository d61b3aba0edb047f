import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { generate } from "selfsigned";
import { accessTo } from "./access.ts";
import { certificateNames } from "./certificate_names.ts";

async function namesIn(
  commonName: string,
  altNames: readonly { type: 1 | 2 | 6; value: string }[] = [],
): Promise<string[]> {
  const extensions = altNames.length === 0
    ? [{ name: "basicConstraints" as const, cA: false }]
    : [{ name: "subjectAltName" as const, altNames: [...altNames] }];
  const attributes = [{ name: "organizationName", value: "Org" }, { name: "commonName", value: commonName }];
  const { cert } = await generate(attributes, { keyType: "ec", algorithm: "sha256", extensions });
  return certificateNames(new X509Certificate(cert).raw);
}

Deno.test("the names of a certificate are its alternative names, or else its common name", async () => {
  assert.deepEqual(await namesIn("edge"), ["edge"]);
  const alternatives = [
    { type: 2 as const, value: "edge.example" },
    { type: 6 as const, value: "spiffe://cluster/ns/edge" },
    { type: 1 as const, value: "edge@example.com" },
  ];
  assert.deepEqual(await namesIn("ignored", alternatives), alternatives.map(({ value }) => value));
});

Deno.test("a comma within a name does not make two names of it", async () => {
  assert.deepEqual(await namesIn("x", [{ type: 6, value: "spiffe://x/y, DNS:admin" }]), ["spiffe://x/y, DNS:admin"]);
});

Deno.test("bytes that are no certificate are refused", () => {
  assert.throws(() => certificateNames(new Uint8Array([0x30, 0x82, 0xff, 0xff, 0x01])), /not a certificate/);
});

Deno.test("a role belongs to the names that it is given to", () => {
  const roles = { edge: ["ns~edge"], ops: ["*"] };
  assert.deepEqual(accessTo("ns~edge", ["nobody", "edge"], roles), { allowed: true, certificate: "edge" });
  assert.deepEqual(accessTo("any", ["ops"], roles), { allowed: true, certificate: "ops" });
  assert.equal(accessTo("ns~other", ["edge"], roles).allowed, false);
  assert.equal(accessTo("ns~edge", [], roles).allowed, false);
  assert.equal(accessTo("ns~edge", ["constructor", "__proto__"], roles).allowed, false);
  assert.deepEqual(accessTo("ns~edge", [], undefined), { allowed: true, certificate: undefined });
});
