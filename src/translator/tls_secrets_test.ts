import assert from "node:assert/strict";
import type { Origin } from "../api/mod.ts";
import { decode } from "../envoy/mod.ts";
import { GOOD, OTHER, SHORT, tlsSecret } from "./certificates_test.ts";
import { contextOf, resource } from "./fixtures_test.ts";
import { Faults } from "./origins.ts";
import { secretOfFiles, secretOfRef } from "./tls_secrets.ts";

const SECRET = "envoy.extensions.transport_sockets.tls.v3.Secret";
const ORIGIN: Origin = { kind: "VirtualService", namespace: "ns", name: "vs", path: "sslConfig.secretRef" };

function of(secret: ReturnType<typeof tlsSecret>) {
  const faults = new Faults();
  const secrets = secretOfRef(contextOf([secret]), secret.metadata, ORIGIN, faults);
  return { secrets, faults: faults.reports.map(({ code, message }) => `${code} ${message}`) };
}

Deno.test("a tls Secret becomes an SDS secret, and one more for its root CA", () => {
  const { secrets, faults } = of(tlsSecret("s", { ...GOOD, rootCa: OTHER.certChain, ocspStaple: btoa("\x30abc") }));
  assert.deepEqual(faults, []);
  const certificate = decode(SECRET, secrets!.certificate!.bytes);
  assert.equal(certificate.name, "gloo-system/s");
  assert.equal(certificate.tlsCertificate?.privateKey?.inlineString, GOOD.privateKey);
  assert.deepEqual(certificate.tlsCertificate?.ocspStaple?.inlineBytes, new TextEncoder().encode("\x30abc"));
  const validation = decode(SECRET, secrets!.validation!.bytes);
  assert.equal(validation.name, "gloo-system/s#ca");
  assert.match(validation.validationContext!.trustedCa!.inlineString!, /BEGIN CERTIFICATE/);
  assert.deepEqual(secrets!.certificate!.origins, [{ kind: "Secret", namespace: "gloo-system", name: "s" }]);
});

Deno.test("what stands between the certificates of a chain is dropped", () => {
  const certChain = `subject=x\n${GOOD.certChain}\nissuer=y\n${OTHER.certChain}`;
  const chain = decode(SECRET, of(tlsSecret("s", { ...GOOD, certChain })).secrets!.certificate!.bytes)
    .tlsCertificate!.certificateChain!.inlineString!;
  assert.equal(chain.match(/BEGIN/g)?.length, 2);
  assert.doesNotMatch(chain, /subject|issuer/);
});

Deno.test("a key that does not fit, a broken one, a short one, and the lack of one are told without telling the key", () => {
  const cases: [object, RegExp][] = [
    [{ certChain: GOOD.certChain, privateKey: OTHER.privateKey }, /does not belong/],
    [{ certChain: GOOD.certChain, privateKey: "garbage" }, /no readable PEM private key/],
    [{ certChain: "garbage", privateKey: GOOD.privateKey }, /certChain holds no readable/],
    [
      { certChain: GOOD.certChain.replace(/M[A-Za-z]{3}/, "!!!!"), privateKey: GOOD.privateKey },
      /certChain holds no readable/,
    ],
    [{ certChain: GOOD.certChain }, /private key is missing/],
    [{ privateKey: GOOD.privateKey }, /certificate is missing/],
    [{ rootCa: "garbage" }, /rootCa holds no readable/],
    [{}, /neither a certificate nor a root CA/],
    [{ ...GOOD, ocspStaple: "***" }, /not base64/],
    [{ ...GOOD, ocspStaple: btoa("text") }, /no OCSP response/],
    [SHORT, /1024 bits/],
  ];
  for (const [tls, expected] of cases) {
    const { secrets, faults } = of(tlsSecret("s", tls));
    assert.equal(secrets, undefined);
    assert.equal(faults.length, 1);
    assert.match(faults[0]!, /^SLUICE-1315/);
    assert.match(faults[0]!, expected);
    assert.doesNotMatch(faults[0]!, /BEGIN|garbage/);
  }
});

Deno.test("a Secret of another kind and one that does not exist", () => {
  const faults = new Faults();
  const context = contextOf([resource("Secret", "s", { apiKey: { apiKey: "k" } })]);
  assert.equal(secretOfRef(context, { namespace: "gloo-system", name: "s" }, ORIGIN, faults), undefined);
  assert.equal(secretOfRef(context, { namespace: "gloo-system", name: "t" }, ORIGIN, faults), undefined);
  assert.deepEqual(faults.reports.map(({ code }) => code), ["SLUICE-1315", "SLUICE-1314"]);
});

Deno.test("files are watched in their folder, so that they may rotate", () => {
  const faults = new Faults();
  const files = { tlsCert: "/tls/tls.crt", tlsKey: "/tls/tls.key", rootCa: "/ca/ca.crt" };
  const secrets = secretOfFiles(files, ORIGIN, faults)!;
  assert.deepEqual(decode(SECRET, secrets.certificate!.bytes).tlsCertificate, {
    certificateChain: { filename: "/tls/tls.crt" },
    privateKey: { filename: "/tls/tls.key" },
    watchedDirectory: { path: "/tls" },
  });
  assert.deepEqual(decode(SECRET, secrets.validation!.bytes).validationContext, {
    trustedCa: { filename: "/ca/ca.crt" },
    watchedDirectory: { path: "/ca" },
  });
  assert.equal(secretOfFiles({ tlsCert: "/a" }, ORIGIN, faults), undefined);
  assert.deepEqual(faults.reports.map(({ code }) => code), ["SLUICE-1315"]);
});
