import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { createAuthority, issueCertificate } from "../../scripts/certificates.ts";
import { ResumedSessions, type TlsConnection } from "./resumed_sessions.ts";

Deno.test("a session is resumed only where its certificate would be taken in a whole handshake too", async () => {
  const [one, other] = [await createAuthority("one"), await createAuthority("other")];
  const leaf = new X509Certificate((await issueCertificate(one, { commonName: "leaf" })).cert);
  // As of an authority below `one`, which the client showed beside its certificate: only a whole handshake can tell.
  const nested = new X509Certificate(
    (await issueCertificate(await createAuthority("between"), { commonName: "nested" })).cert,
  );
  let clientCa = one.cert;
  let now = Date.now();
  const source = { current: () => ({ cert: "", key: "", clientCa }), onChange: () => () => {} };
  const sessions = new ResumedSessions(source, () => now);
  const comes = (certificate: X509Certificate | undefined, resumes: boolean): boolean => {
    const connection: TlsConnection = { isSessionReused: () => resumes, getPeerX509Certificate: () => certificate };
    return sessions.lets(connection);
  };
  assert.ok(comes(leaf, true), "one of the authorities signed it");
  assert.ok(!comes(nested, true), "nothing is known of it");
  assert.ok(comes(nested, false), "TLS itself has checked it");
  assert.ok(comes(nested, true));
  assert.ok(!comes(undefined, true));
  clientCa = other.cert + one.cert;
  assert.ok(comes(leaf, true) && comes(nested, true), "an authority that is added takes nothing away");
  clientCa = other.cert;
  assert.ok(!comes(leaf, true) && !comes(nested, true), "an authority has gone");
  clientCa = one.cert;
  assert.ok(comes(leaf, true));
  now = Date.parse(leaf.validTo);
  assert.ok(!comes(leaf, true), "it has ended");
});
