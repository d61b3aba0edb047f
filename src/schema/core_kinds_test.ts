import assert from "node:assert/strict";
import { createSchema } from "./schema.ts";

const { decode } = createSchema([]);

const base64 = (text: string) => btoa(text);

function secret(fields: Record<string, unknown>, annotations?: Record<string, string>) {
  const document = { apiVersion: "v1", kind: "Secret", metadata: { name: "s", annotations }, ...fields };
  const { resource, skipped, reports } = decode(document, { defaultNamespace: "gloo-system" });
  if (reports.length > 0) return reports.map(({ code, path, message }) => `${code} ${path}: ${message}`);
  return skipped ?? resource?.spec;
}

Deno.test("a TLS secret", () => {
  const data = {
    "tls.crt": base64("cert"),
    "tls.key": base64("key"),
    "ca.crt": base64("ca"),
    "tls.ocsp-staple": base64("\x00\xff"),
  };
  assert.deepEqual(secret({ type: "kubernetes.io/tls", data }), {
    tls: { certChain: "cert", privateKey: "key", rootCa: "ca", ocspStaple: base64("\x00\xff") },
  });
  assert.deepEqual(secret({ type: "kubernetes.io/tls", data: { "tls.crt": base64("cert") } }), {
    tls: { certChain: "cert" },
  });
});

Deno.test("AWS keys are known by their names, whatever the type", () => {
  const data = { aws_access_key_id: base64("id"), aws_secret_access_key: base64("secret") };
  assert.deepEqual(secret({ type: "Opaque", data }), { aws: { accessKey: "id", secretKey: "secret" } });
  assert.deepEqual(secret({ type: "anything", data: { ...data, aws_session_token: base64("t") } }), {
    aws: { accessKey: "id", secretKey: "secret", sessionToken: "t" },
  });
});

Deno.test("the secrets of external authentication go by type", () => {
  assert.deepEqual(secret({ type: "extauth.solo.io/apikey", data: { "api-key": base64("k"), user: base64("u") } }), {
    apiKey: { apiKey: "k", metadata: { user: "u" } },
  });
  assert.deepEqual(secret({ type: "extauth.solo.io/oauth", data: { "client-secret": base64("c") } }), {
    oauth: { clientSecret: "c" },
  });
  const data = { username: base64("u"), password: base64("p") };
  assert.deepEqual(secret({ type: "extauth.solo.io/accountcredentials", data }), {
    credentials: { username: "u", password: "p" },
  });
  assert.deepEqual(secret({ type: "gloo.solo.io.EncryptionKeySecret", data: { key: base64("k") } }), {
    encryption: { key: "k" },
  });
});

Deno.test("a secret that lacks what its type needs is reported", () => {
  assert.deepEqual(secret({ type: "extauth.solo.io/accountcredentials", data: { username: base64("u") } }), [
    "SLUICE-1009 : a Secret of type extauth.solo.io/accountcredentials needs password in its data",
  ]);
  assert.deepEqual(secret({ type: "gloo.solo.io/header" }), [
    "SLUICE-1009 : a Secret of headers needs at least one key in its data",
  ]);
});

Deno.test("every other opaque secret holds headers", () => {
  const data = { "x-token": base64("t"), "x-user": base64("m\u00fcller".normalize()) };
  assert.deepEqual(secret({ type: "Opaque", data: { "x-token": base64("t") } }), {
    header: { headers: { "x-token": "t" } },
  });
  assert.deepEqual(secret({ data: { "x-token": base64("t") } }), { header: { headers: { "x-token": "t" } } });
  assert.deepEqual(secret({ type: "gloo.solo.io/header", stringData: { a: "ü" } }), {
    header: { headers: { a: "ü" } },
  });
  assert.deepEqual(secret({ data }), ["SLUICE-1009 data.x-user: expected UTF-8 text"]);
});

Deno.test("stringData is laid over data", () => {
  assert.deepEqual(secret({ data: { a: base64("old"), b: base64("b") }, stringData: { a: "new" } }), {
    header: { headers: { a: "new", b: "b" } },
  });
});

Deno.test("solo-kit's annotated form holds fields of the secret as text", () => {
  const kind = { resource_kind: "*v1.Secret" };
  const azure = JSON.stringify({ apiKeys: { f: "k" } });
  assert.deepEqual(secret({ data: { azure: base64(azure) } }, kind), { azure: { apiKeys: { f: "k" } } });
  assert.deepEqual(secret({ data: { azure: base64("{") } }, kind), ["SLUICE-1009 : the key azure is not YAML"]);
  assert.deepEqual(secret({ data: { azzure: base64("{}") } }, kind), [
    "SLUICE-1002 azzure: unknown field azzure, did you mean azure?",
  ]);
});

Deno.test("secrets of others are skipped, whatever they hold", () => {
  for (const type of ["kubernetes.io/dockerconfigjson", "kubernetes.io/service-account-token", "helm.sh/release.v1"]) {
    assert.equal(secret({ type, data: { a: "%", ".dockerconfigjson": "e30=" }, more: 1 }), `v1 Secret of type ${type}`);
  }
});

Deno.test("a secret without data, or of a type that nobody knows, is not read, and a warning on it says so", () => {
  const empty = "SLUICE-1009 : a Secret without data is of no use: fill in data or stringData";
  assert.deepEqual(secret({}), [empty]);
  assert.deepEqual(secret({ type: "Opaque", data: {} }), [empty]);
  assert.deepEqual(secret({ type: "kubernetes.io/tls" }), [empty]);
  const data = { a: base64("b") };
  assert.deepEqual(secret({ type: "Opqaue", data }), [
    "SLUICE-1009 type: a Secret of this type is not read, did you mean Opaque?",
  ]);
  assert.deepEqual(secret({ type: "example.com/own", data }), [
    "SLUICE-1009 type: a Secret of this type is not read; Opaque and kubernetes.io/tls are usual",
  ]);
  const document = { apiVersion: "v1", kind: "Secret", metadata: { name: "s" }, type: "example.com/own", data };
  const { id, reports, resource, skipped } = decode(document, { defaultNamespace: "gloo-system" });
  assert.deepEqual([id, resource, skipped], [
    { kind: "Secret", namespace: "gloo-system", name: "s" },
    undefined,
    undefined,
  ]);
  assert.deepEqual(reports.map(({ severity, ref }) => [severity, ref]), [["warning", id]]);
  assert.deepEqual(secret({ type: 5, data }), ["SLUICE-1003 type: expected text"]);
});

Deno.test("what is not base64, and a misspelt field, are reported with their paths", () => {
  assert.deepEqual(secret({ data: { "tls.crt": "%%%" } }), [
    'SLUICE-1003 data["tls.crt"]: expected base64 text',
  ]);
  assert.deepEqual(secret({ dta: {}, data: { a: "" } }), ["SLUICE-1002 dta: unknown field dta, did you mean data?"]);
  assert.deepEqual(secret({ stringDta: { a: "b" } }), [
    "SLUICE-1002 stringDta: unknown field stringDta, did you mean stringData?",
  ]);
});

Deno.test("a ConfigMap is an Artifact, but for the record of a leader election", () => {
  const configMap = (annotations?: Record<string, string>) => ({
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "c", annotations },
    data: { "a.txt": "text" },
    binaryData: { b: "AA==" },
  });
  const here = { defaultNamespace: "gloo-system" };
  const { resource } = decode(configMap(), here);
  assert.equal(resource?.kind, "Artifact");
  assert.deepEqual(resource?.spec, { data: { "a.txt": "text" } });
  const leader = decode(configMap({ "control-plane.alpha.kubernetes.io/leader": "{}" }), here);
  assert.equal(leader.skipped, "v1 ConfigMap of a leader election");
});

Deno.test("reports of a Secret never show its values", () => {
  const hint = { kind: "Secret", name: "s", defaultNamespace: "gloo-system" } as const;
  const documents = [
    { credentials: { username: "u", password: 31415926 } },
    { credentials: "31415926" },
    { azure: { apiKeys: ["31415926"] } },
    { tls: { ocspStaple: "31415926%" } },
    { apiKey: { labels: "31415926" } },
    { apiVersion: "v1", kind: "Secret", data: { password: "31415926%" } },
    { apiVersion: "v1", kind: "Secret", stringData: { password: 31415926 } },
    { apiVersion: "v1", kind: "Secret", type: "31415926", data: { password: "" } },
    { apiVersion: "v1", kind: "Secret", "password:31415926": null, data: { password: "" } },
    { header: { headers: { "password:31415926": null } } },
    { credentials: { "password:31415926": null } },
    "31415926",
  ];
  for (const document of documents) {
    const { reports } = decode(document, hint);
    assert.equal(reports.length, 1, JSON.stringify(document));
    assert.doesNotMatch(`${reports[0]!.path} ${reports[0]!.message}`, /31415926/);
  }
});
