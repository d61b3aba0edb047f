import assert from "node:assert/strict";
import {
  type JsonGeneralName,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from "../certificates/x509.ts";
import { accessTo } from "./access.ts";
import { certificateNames } from "./certificate_names.ts";

async function namesIn(commonName: string, altNames: JsonGeneralName[] = []): Promise<string[]> {
  const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
  const made = await X509CertificateGenerator.createSelfSigned({
    name: [{ O: ["Org"] }, { CN: [commonName] }],
    keys: await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]),
    signingAlgorithm: algorithm,
    extensions: altNames.length === 0 ? [] : [new SubjectAlternativeNameExtension(altNames)],
  });
  return certificateNames(new Uint8Array(made.rawData));
}

Deno.test("the names of a certificate are its alternative names, or else its common name", async () => {
  assert.deepEqual(await namesIn("edge"), ["edge"]);
  const alternatives = [
    { type: "dns" as const, value: "edge.example" },
    { type: "url" as const, value: "spiffe://cluster/ns/edge" },
    { type: "email" as const, value: "edge@example.com" },
  ];
  assert.deepEqual(await namesIn("ignored", alternatives), alternatives.map(({ value }) => value));
});

Deno.test("a comma within a name does not make two names of it", async () => {
  assert.deepEqual(await namesIn("x", [{ type: "url", value: "spiffe://x/y, DNS:admin" }]), [
    "spiffe://x/y, DNS:admin",
  ]);
});

Deno.test("bytes that are no certificate are refused", () => {
  assert.throws(() => certificateNames(new Uint8Array([0x30, 0x82, 0xff, 0xff, 0x01])), /not a certificate/);
});

Deno.test("a role belongs to the names that it is given to", () => {
  const roles = { edge: ["ns~edge"], ops: ["*"] };
  assert.deepEqual(accessTo("ns~edge", ["nobody", "edge"], roles), { allowed: true, certificate: "edge" });
  assert.deepEqual(accessTo("any", ["ops"], roles), { allowed: true, certificate: "ops" });
  assert.equal(accessTo("ns~other", ["edge"], roles).allowed, false);
  const told = (name: string) => name === "edge" ? ["ns~edge"] : [];
  assert.deepEqual(accessTo("ns~edge", ["nobody", "edge"], told), { allowed: true, certificate: "edge" });
  assert.equal(accessTo("ns~other", ["edge"], told).allowed, false);
  assert.equal(accessTo("ns~edge", [], roles).allowed, false);
  assert.equal(accessTo("ns~edge", ["constructor", "__proto__"], roles).allowed, false);
  assert.deepEqual(accessTo("ns~edge", [], undefined), { allowed: true, certificate: undefined });
});
