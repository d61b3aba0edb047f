import assert from "node:assert/strict";
import { X509Certificate as NodeCertificate } from "node:crypto";
import { createAuthority, issueCertificate } from "./issue.ts";
import { isSignedBy, keyFits, readCertificate, renewalTime } from "./read_certificate.ts";
import { ExtendedKeyUsage, ExtendedKeyUsageExtension } from "./x509.ts";

const DAY_MS = 86_400_000;
const START = Date.UTC(2026, 0, 1);
const LIFE = { notBefore: START, notAfter: START + 30 * DAY_MS };

Deno.test({
  name:
    "a leaf has the names, times and usage that were wished for, and its authority's signature; no permission is needed",
  permissions: "none",
  fn: async () => {
    const authority = await createAuthority({ commonName: "one, two", organization: "O", ...LIFE });
    const pair = await issueCertificate(authority, {
      ...LIFE,
      commonName: "leaf",
      dnsNames: ["a.test", "b.test"],
      ipAddresses: ["127.0.0.1", "::1"],
      uris: ["spiffe://a/b"],
      usage: "client",
    });
    const [above, leaf] = [readCertificate(authority.cert), readCertificate(pair.cert)];
    assert.deepEqual([above.isAuthority, leaf.isAuthority], [true, false]);
    assert.deepEqual([leaf.notBefore, leaf.notAfter], [LIFE.notBefore, LIFE.notAfter]);
    assert.equal(renewalTime(leaf), START + 20 * DAY_MS);
    assert.equal(leaf.issuer, above.subject);
    assert.deepEqual(leaf.dnsNames, ["a.test", "b.test"]);
    assert.deepEqual([...leaf.x509.getExtension(ExtendedKeyUsageExtension)!.usages], [ExtendedKeyUsage.clientAuth]);
    const seen = new NodeCertificate(pair.cert);
    assert.equal(
      seen.subjectAltName,
      "DNS:a.test, DNS:b.test, IP Address:127.0.0.1, IP Address:::1, URI:spiffe://a/b",
    );
    assert.ok(keyFits(pair));
    assert.ok(!keyFits({ cert: pair.cert, key: authority.key }));
  },
});

Deno.test("of two authorities of one name, the one that signed is told from the other", async () => {
  const [one, other] = [
    await createAuthority({ commonName: "twin", ...LIFE }),
    await createAuthority({ commonName: "twin", ...LIFE }),
  ];
  const leaf = readCertificate((await issueCertificate(one, { commonName: "leaf", ...LIFE })).cert);
  const [first, second] = [readCertificate(one.cert), readCertificate(other.cert)];
  assert.ok(await isSignedBy(leaf, [second, first]));
  assert.ok(!await isSignedBy(leaf, [second]));
});
