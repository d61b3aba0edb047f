import assert from "node:assert/strict";
import { GLOO_KINDS } from "../api/mod.ts";
import { plugins } from "../plugins/mod.ts";
import type { JsonSchema } from "./scalar_schema.ts";
import { createSchema } from "./schema.ts";
import { CRD_LIMIT, RULE_LIMIT, ruleCosts } from "./testing/rule_costs.ts";
import { breaches } from "./testing/structural.ts";

const schema = createSchema(plugins);

interface Crd {
  readonly metadata: { readonly name: string };
  readonly spec: { readonly versions: readonly [{ readonly schema: { readonly openAPIV3Schema: JsonSchema } }] };
}
const crds = schema.customResourceDefinitions() as unknown as readonly Crd[];

Deno.test("with the options of all plugins, every CRD is structural and small enough for kubectl apply", () => {
  for (const crd of crds) {
    assert.deepEqual(breaches(crd.spec.versions[0].schema.openAPIV3Schema), [], crd.metadata.name);
    assert.ok(JSON.stringify(crd).length < 262_144, crd.metadata.name);
  }
});

Deno.test("with the options of all plugins, the rules of a CRD cost no more than the API server takes", () => {
  for (const crd of crds) {
    const costs = ruleCosts(crd.spec.versions[0].schema.openAPIV3Schema);
    for (const [path, cost] of costs) assert.ok(cost <= RULE_LIMIT, `${crd.metadata.name} ${path}: ${cost}`);
    const total = [...costs.values()].reduce((sum, cost) => sum + cost, 0);
    assert.ok(total <= CRD_LIMIT, `${crd.metadata.name}: ${total}`);
  }
});

Deno.test("with the options of all plugins, a oneof is a rule with words, but one that would cost too much", () => {
  const wordless = crds.flatMap(({ metadata, spec }) =>
    [...JSON.stringify(spec).matchAll(/"oneOf":\[\{"required":\["(\w+)"\]/g)].map(([, member]) =>
      `${metadata.name} ${member}`
    )
  );
  // Ten filters of an access log, in a list in a list.
  assert.deepEqual(wordless, ["proxies.gloo.solo.io statusCodeFilter"]);
});

Deno.test("with the options of all plugins, every kind has its JSON schemas", () => {
  for (const kind of GLOO_KINDS) {
    assert.ok(JSON.stringify(schema.jsonSchema({ manifest: kind })).length > 200, kind);
    assert.ok(JSON.stringify(schema.jsonSchema({ bare: kind })).length > 200, kind);
  }
});

Deno.test("an Upstream has at most one type, whichever plugin owns it", () => {
  const upstream = (spec: unknown) =>
    schema.decode({ apiVersion: "gloo.solo.io/v1", kind: "Upstream", metadata: { name: "u" }, spec }, {
      defaultNamespace: "gloo-system",
    }).reports.map(({ code, path, message }) => `${code} ${path}: ${message}`);
  assert.deepEqual(upstream({ static: { hosts: [{ addr: "10.0.0.1", port: 80 }] } }), []);
  assert.deepEqual(upstream({ static: {}, kube: { serviceName: "s" } }), [
    "SLUICE-1005 : only one of static, kube may be set",
  ]);
});

Deno.test("every option of Gloo's RouteOptions, VirtualHostOptions and Upstream is known to somebody", () => {
  const { ownerOf } = schema.registry;
  const routeOptions = [
    ...["faults", "prefixRewrite", "timeout", "retries", "extensions", "tracing", "shadowing", "headerManipulation"],
    ...["hostRewrite", "autoHostRewrite", "hostRewritePathRegex", "hostRewriteHeader", "appendXForwardedHost", "cors"],
    ...["lbHash", "upgrades", "ratelimitBasic", "ratelimitEarly", "rateLimitEarlyConfigs", "ratelimit", "waf", "jwt"],
    ...["rateLimitConfigs", "ratelimitRegular", "rateLimitRegularConfigs", "jwtStaged", "jwtProvidersStaged", "rbac"],
    ...["extauth", "dlp", "bufferPerRoute", "csrf", "stagedTransformations", "transformations", "envoyMetadata", "ai"],
    ...["regexRewrite", "maxStreamDuration", "idleTimeout", "extProc", "extProcEarly", "extProcLate"],
  ];
  const virtualHostOptions = [
    ...["extensions", "retries", "stats", "headerManipulation", "cors", "transformations", "ratelimitBasic", "waf"],
    ...["ratelimitEarly", "rateLimitEarlyConfigs", "ratelimit", "rateLimitConfigs", "ratelimitRegular", "dlp", "csrf"],
    ...["rateLimitRegularConfigs", "jwt", "jwtStaged", "rbac", "extauth", "bufferPerRoute", "stagedTransformations"],
    ...["includeRequestAttemptCount", "includeAttemptCountInResponse", "extProc", "extProcEarly", "extProcLate"],
    ...["corsPolicyMergeSettings"],
  ];
  const upstreamOptions = [
    ...["circuitBreakers", "loadBalancerConfig", "healthChecks", "outlierDetection", "kube", "static", "pipe", "aws"],
    ...["azure", "consul", "awsEc2", "gcp", "ai", "failover", "connectionConfig", "protocolSelection", "useHttp2"],
    ...["initialStreamWindowSize", "initialConnectionWindowSize", "maxConcurrentStreams", "httpProxyHostname"],
    ...["overrideStreamErrorOnInvalidHttpMessage", "httpConnectSslConfig", "httpConnectHeaders", "respectDnsTtl"],
    ...["ignoreHealthOnHostRemoval", "dnsRefreshRate", "proxyProtocolVersion", "preconnectPolicy"],
    ...["disableIstioAutoMtls"],
  ];
  const listenerOptions = [
    ...["accessLoggingService", "extensions", "perConnectionBufferLimitBytes", "socketOptions", "proxyProtocol"],
    ...["connectionBalanceConfig", "listenerAccessLoggingService", "tcpStats"],
  ];
  const missing = [
    ...routeOptions.filter((field) => !ownerOf("route", field)).map((field) => `route.${field}`),
    ...virtualHostOptions.filter((field) => !ownerOf("virtualHost", field)).map((field) => `virtualHost.${field}`),
    ...upstreamOptions.filter((field) => !ownerOf("upstream", field)).map((field) => `upstream.${field}`),
    ...listenerOptions.filter((field) => !ownerOf("listener", field)).map((field) => `listener.${field}`),
  ];
  assert.deepEqual(missing, []);
});
