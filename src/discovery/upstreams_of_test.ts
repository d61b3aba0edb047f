import assert from "node:assert/strict";
import type { Resource, Spec } from "../api/mod.ts";
import type { Report } from "../report/mod.ts";
import { annotated, rules, service } from "./test_services.ts";
import { upstreamsOf } from "./upstreams_of.ts";

const names = (given: Resource<"Service">, settings?: Spec<"Settings">): string[] =>
  upstreamsOf(given, rules(settings)).upstreams.map(({ metadata }) => metadata.name);

/** Everything of the specs but what every Upstream of `shop/pets` has. */
function extras(given: Resource<"Service">, settings?: Spec<"Settings">): Record<string, unknown>[] {
  return upstreamsOf(given, rules(settings)).upstreams.map(({ spec }) => {
    const { discoveryMetadata: _labels, kube, ...rest } = spec as Record<string, unknown>;
    const { serviceName, serviceNamespace, servicePort: _port, ...ofKube } = kube as Record<string, unknown>;
    assert.deepEqual([serviceNamespace, serviceName], ["shop", "pets"]);
    return Object.keys(ofKube).length > 0 ? { ...rest, kube: ofKube } : rest;
  });
}

const told = (reports: readonly Report[]): string[] =>
  reports.map(({ severity, code, ref, path, message }) =>
    `${severity} ${code.slice(-4)} ${ref.kind} ${path.replace(/^.*gloo.solo.io\//, "").replace(/"]$/, "")}: ${message}`
  );
const faults = (given: Resource<"Service">, settings?: Spec<"Settings">): string[] =>
  told(upstreamsOf(given, rules(settings)).reports);

Deno.test("a Service gives an Upstream a port, with what discovery knows of it", () => {
  const spec = { selector: { app: "pets" }, ports: [{ name: "http", port: 80 }, { name: "grpc", port: 9000 }] };
  const { upstreams, reports } = upstreamsOf(service(spec, { labels: { team: "a" } }), rules());
  assert.deepEqual(reports, []);
  const kube = { serviceName: "pets", serviceNamespace: "shop", selector: { app: "pets" } };
  assert.deepEqual(upstreams, [
    {
      kind: "Upstream",
      metadata: { name: "shop-pets-80", namespace: "gloo-system", labels: { discovered_by: "kubernetesplugin" } },
      spec: { discoveryMetadata: { labels: { team: "a" } }, kube: { ...kube, servicePort: 80 } },
    },
    {
      kind: "Upstream",
      metadata: { name: "shop-pets-9000", namespace: "gloo-system", labels: { discovered_by: "kubernetesplugin" } },
      spec: { discoveryMetadata: { labels: { team: "a" } }, kube: { ...kube, servicePort: 9000 }, useHttp2: true },
    },
  ]);
});

Deno.test("headless Services and that of the API server are discovered, those of an outside name are not", () => {
  const port = { ports: [{ port: 443 }] };
  assert.deepEqual(names(service({ clusterIP: "None", ...port })), ["shop-pets-443"]);
  assert.deepEqual(names(service(port, { name: "kubernetes", namespace: "default" })), ["default-kubernetes-443"]);
  assert.deepEqual(names(service({ type: "ExternalName", externalName: "pets.example.com", ...port })), []);
  assert.deepEqual(names(service({})), []);
});

Deno.test("the annotation discover says yes or no, and Settings limit discovery to labels or switch it off", () => {
  const outside = { type: "ExternalName", ports: [{ port: 80 }] };
  assert.deepEqual(names(service(outside, { annotations: { "gloo.solo.io/discover": "true" } })), ["shop-pets-80"]);
  assert.deepEqual(names(annotated({ discover: "false" })), []);
  assert.deepEqual(faults(annotated({ discover: "no" })), [
    'error 1601 Service discover: "no" is neither "true" nor "false"',
  ]);
  assert.deepEqual(names(annotated({ discover: "no" })), ["shop-pets-80", "shop-pets-443"]);
  const watched = { discovery: { udsOptions: { watchLabels: { expose: "yes" } } } };
  assert.deepEqual(names(service(), watched), []);
  assert.deepEqual(names(service(undefined, { labels: { expose: "yes", a: "b" } }), watched), ["shop-pets-80"]);
  assert.deepEqual(names(service(), { discovery: { udsOptions: { enabled: false } } }), []);
});

Deno.test("a port number that is there twice is one Upstream, that of TCP", () => {
  const dns = { port: 53, protocol: "UDP", name: "grpc-dns" };
  assert.deepEqual(extras(service({ ports: [dns, { port: 53, protocol: "TCP", name: "dns-tcp" }] })), [{}]);
  assert.deepEqual(names(service({ ports: [dns] })), ["shop-pets-53"]);
});

Deno.test("HTTP/2 is said by the Service, else by Settings, else guessed from the port", () => {
  const grpc = { ports: [{ port: 80, appProtocol: "kubernetes.io/h2c" }] };
  const globally = (value: string) => ({
    upstreamOptions: { globalAnnotations: { "gloo.solo.io/h2_service": value } },
  });
  const saying = (value: string) => service(grpc, { annotations: { "gloo.solo.io/h2_service": value } });
  assert.deepEqual(extras(service(grpc)), [{ useHttp2: true }]);
  assert.deepEqual(extras(service(grpc), globally("false")), [{ useHttp2: false }]);
  assert.deepEqual(extras(saying("true"), globally("false")), [{ useHttp2: true }]);
  assert.deepEqual(extras(saying("false")), [{ useHttp2: false }]);
  assert.deepEqual(extras(saying("yes")), [{ useHttp2: true }]);
  assert.deepEqual(faults(saying("yes")), ['error 1601 Service h2_service: "yes" is neither "true" nor "false"']);
});

Deno.test("TLS with a Secret or with files is for all ports or for one", () => {
  const secretRef = { name: "tls", namespace: "shop" };
  assert.deepEqual(extras(annotated({ "sslService.secret": "tls" })), [
    { sslConfig: { secretRef } },
    { sslConfig: { secretRef } },
  ]);
  assert.deepEqual(extras(annotated({ "sslService.secret": "443:tls", "sslService.oneWayTls": "TRUE" })), [
    {},
    { sslConfig: { secretRef, oneWayTls: true } },
  ]);
  const files = {
    "sslService.tlsCert": "443:/tls.crt",
    "sslService.tlsKey": "443:/tls.key",
    "sslService.rootCa": "/ca.crt",
    "sslService.oneWayTls": "443:0",
  };
  assert.deepEqual(extras(annotated(files)), [
    { sslConfig: { sslFiles: { rootCa: "/ca.crt" } } },
    { sslConfig: { sslFiles: { tlsCert: "/tls.crt", tlsKey: "/tls.key", rootCa: "/ca.crt" }, oneWayTls: false } },
  ]);
});

Deno.test("annotations of TLS that say nothing usable, or nothing that counts, are told", () => {
  assert.deepEqual(faults(annotated({ "sslService.secret": "/443:tls" })), [
    'error 1601 Service sslService.secret: "/443:tls" is no PORT:VALUE; write a value for all ports, or 80:VALUE for one',
  ]);
  assert.deepEqual(extras(annotated({ "sslService.secret": "/443:tls" })), [{}, {}]);
  assert.deepEqual(faults(annotated({ "sslService.secret": "8443:tls" })), [
    "warning 1602 Service sslService.secret: the Service has no port 8443; it has 80, 443",
  ]);
  assert.deepEqual(faults(annotated({ "sslService.secret": "443:tls", "sslService.rootCa": "443:/ca" })), [
    "warning 1602 Service sslService.rootCa: this has no effect beside gloo.solo.io/sslService.secret; " +
    "leave one of them out",
  ]);
  assert.deepEqual(faults(annotated({ "sslService.secret": "443:tls", "sslService.rootCa": "/ca" })), []);
  assert.deepEqual(faults(annotated({ "sslService.oneWayTls": "true" })), [
    "warning 1602 Service sslService.oneWayTls: this has no effect without gloo.solo.io/sslService.secret or files",
  ]);
  assert.deepEqual(faults(annotated({ "sslService.secret": "tls", "sslService.oneWayTls": "443:maybe" })), [
    'error 1601 Service sslService.oneWayTls: "maybe" is neither "true" nor "false"',
  ]);
  assert.deepEqual(faults(annotated({ "sslService.tlsCert": "" })), [
    "error 1601 Service sslService.tlsCert: this is empty; write VALUE, or PORT:VALUE for one port",
  ]);
});

const config = (value: unknown): Record<string, string> => ({ upstream_config: JSON.stringify(value) });

Deno.test("upstream_config goes before what other annotations say, in both spellings, a top-level field as a whole", () => {
  const given = annotated({
    h2_service: "true",
    "sslService.secret": "443:tls",
    ...config({ use_http2: false, initialStreamWindowSize: 70000, sslConfig: { sni: "a" }, kube: { serviceSpec: {} } }),
  });
  const wanted = {
    useHttp2: false,
    initialStreamWindowSize: 70000,
    sslConfig: { sni: "a" },
    kube: { serviceSpec: {} },
  };
  assert.deepEqual([extras(given), faults(given)], [[wanted, wanted], []]);
});

Deno.test("with deep_merge messages are merged field by field, and what the annotation says goes before", () => {
  const spec = { selector: { app: "pets" }, ports: [{ port: 443 }] };
  const annotations = {
    "gloo.solo.io/sslService.secret": "tls",
    "gloo.solo.io/upstream_config.deep_merge": "true",
    "gloo.solo.io/upstream_config": JSON.stringify({
      sslConfig: { sni: "a" },
      kube: { selector: { tier: "1" }, serviceSpec: { rest: {} } },
    }),
  };
  assert.deepEqual(extras(service(spec, { annotations })), [{
    sslConfig: { secretRef: { name: "tls", namespace: "shop" }, sni: "a" },
    kube: { selector: { app: "pets", tier: "1" }, serviceSpec: { rest: {} } },
  }]);
});

Deno.test("upstream_config of Settings counts for all Services, and that of a Service goes before it", () => {
  const settings = {
    upstreamOptions: {
      globalAnnotations: {
        "gloo.solo.io/upstream_config": '{"maxConcurrentStreams": 5, "initialStreamWindowSize": 65536}',
      },
    },
  };
  assert.deepEqual(extras(service(), settings), [{ maxConcurrentStreams: 5, initialStreamWindowSize: 65536 }]);
  const own = { ...service(), ...{ metadata: annotated(config({ initialStreamWindowSize: 70000 })).metadata } };
  assert.deepEqual(extras(own, settings), [{ maxConcurrentStreams: 5, initialStreamWindowSize: 70000 }]);
});

Deno.test("a faulty upstream_config is told with its place, and the Upstream is made without it", () => {
  const cases: readonly [string, string[]][] = [
    ['{"useHtp2": true}', ["useHtp2: unknown field useHtp2, did you mean useHttp2?"]],
    ['{"connectionConfig": {"connectTimeout": "soon"}}', ["connectionConfig.connectTimeout: "]],
    ["[]", ["expected a JSON object with fields of an Upstream's spec"]],
    ['{"static": {"hosts": [{"addr": "a", "port": 1}]}}', ["only one of static, kube may be set"]],
    ["{", ["this is not JSON: "]],
  ];
  for (const [text, messages] of cases) {
    const given = annotated({ upstream_config: text });
    const found = faults(given);
    assert.deepEqual(found.length, messages.length, text);
    messages.forEach((message, i) =>
      assert.ok(found[i]!.startsWith(`error 1601 Service upstream_config: ${message}`), found[i]!)
    );
    assert.deepEqual(extras(given), [{}, {}], text);
  }
});

Deno.test("what right parts make together may be wrong: then the annotation is told once, and left out", () => {
  const given = annotated({
    "sslService.secret": "tls",
    "upstream_config.deep_merge": "true",
    ...config({ sslConfig: { sslFiles: { rootCa: "/ca" } } }),
  });
  assert.deepEqual(faults(given), [
    "error 1601 Service upstream_config: sslConfig: only one of secretRef, sslFiles may be set",
  ]);
  const settings = {
    upstreamOptions: { globalAnnotations: { "gloo.solo.io/upstream_config": '{"maxConcurrentStreams": 5}' } },
  };
  const wanted = { sslConfig: { secretRef: { name: "tls", namespace: "shop" } }, maxConcurrentStreams: 5 };
  assert.deepEqual(extras(given, settings), [wanted, wanted]);
});

Deno.test("no annotation turns an Upstream away from its Service, and what is discovery's is told", () => {
  const annotations = {
    "gloo.solo.io/upstream_config": JSON.stringify({
      kube: { serviceName: "other", servicePort: 1 },
      metadata: { name: "x" },
    }),
  };
  const given = service({ selector: { app: "pets" }, ports: [{ port: 80 }] }, { annotations });
  assert.deepEqual(extras(given), [{ kube: { selector: { app: "pets" } } }]);
  assert.deepEqual(faults(given), [
    "warning 1602 Service upstream_config: metadata is filled in by discovery; leave it out",
    "warning 1602 Service upstream_config: kube.serviceName is filled in by discovery; leave it out",
    "warning 1602 Service upstream_config: kube.servicePort is filled in by discovery; leave it out",
  ]);
});

Deno.test("faults of global annotations are those of Settings, told once and not at every Service", () => {
  const settings = {
    upstreamOptions: {
      globalAnnotations: {
        "gloo.solo.io/h2_service": "maybe",
        "gloo.solo.io/sslService.secret": "tls",
        "gloo.solo.io/upstream_config": '{"nope": 1}',
      },
    },
  };
  const found = rules(settings).reports;
  assert.deepEqual(found[0]!.path, 'upstreamOptions.globalAnnotations["gloo.solo.io/sslService.secret"]');
  assert.deepEqual(told(found), [
    "warning 1602 Settings sslService.secret: this has no effect for all Services at once; of global annotations " +
    "gloo.solo.io/h2_service, gloo.solo.io/upstream_config, gloo.solo.io/upstream_config.deep_merge count",
    'error 1601 Settings h2_service: "maybe" is neither "true" nor "false"',
    "error 1601 Settings upstream_config: nope: unknown field nope",
  ]);
  assert.deepEqual([extras(service(), settings), faults(service(), settings)], [[{}], []]);
});
