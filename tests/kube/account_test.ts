/** Sluice's own requests, made with its ServiceAccount's token: the rights suffice for them, and for no others. */
import assert from "node:assert/strict";
import { asAccount, makeNamespaces, printedManifests, withKube } from "./kube_objects.ts";

const APPLY = "application/apply-patch+yaml";
const JSON_PATCH = "application/json-patch+json";

/** In the place of a body: what the step before was answered. */
const AS_READ = "as read";

type Step = readonly [status: number, method: string, path: string, body?: unknown, contentType?: string];

const upstream = (namespace: string, name: string, rest: object): object => ({
  apiVersion: "gloo.solo.io/v1",
  kind: "Upstream",
  metadata: { name, namespace },
  ...rest,
});

const ingress = (rest: object): object => ({
  apiVersion: "networking.k8s.io/v1",
  kind: "Ingress",
  metadata: { name: "web", namespace: "shop" },
  ...rest,
});

const event = {
  apiVersion: "events.k8s.io/v1",
  kind: "Event",
  metadata: { name: "blue.1", namespace: "shop" },
  eventTime: "2026-01-01T00:00:00.000000Z",
  reportingController: "sluice.dev/sluice",
  reportingInstance: "sluice-0",
  action: "Translate",
  reason: "Rejected",
  regarding: { apiVersion: "gloo.solo.io/v1", kind: "Upstream", namespace: "shop", name: "blue" },
  note: "an unknown field",
  type: "Warning",
};

/** Of an event that is there, nothing else can be changed. */
const series = { count: 2, lastObservedTime: "2026-01-01T00:00:01.000000Z" };

const named = (apiVersion: string, kind: string, namespace: string, name: string, rest: object = {}): object => ({
  apiVersion,
  kind,
  metadata: { name, namespace },
  ...rest,
});

const UPSTREAMS = "/apis/gloo.solo.io/v1/namespaces/shop/upstreams";
const OWN_UPSTREAMS = "/apis/gloo.solo.io/v1/namespaces/gw/upstreams";
const INGRESSES = "/apis/networking.k8s.io/v1/namespaces/shop/ingresses";
const EVENTS = "/apis/events.k8s.io/v1/namespaces/shop/events";
const LEASES = "/apis/coordination.k8s.io/v1/namespaces/gw/leases";
const SECRETS = "/api/v1/namespaces/gw/secrets";
const WEBHOOKS = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations";
const AS_SLUICE = "?fieldManager=sluice&force=true";

const tls = (name: string): object =>
  named("v1", "Secret", "gw", name, { type: "kubernetes.io/tls", data: { "tls.crt": "", "tls.key": "" } });
const renewed = [{ op: "replace", path: "/data", value: { "tls.crt": "", "tls.key": "" } }];
const lease = (name: string): object =>
  named("coordination.k8s.io/v1", "Lease", "gw", name, { spec: { holderIdentity: "sluice-0" } });
const caBundle = [{ op: "add", path: "/webhooks/0/clientConfig/caBundle", value: "" }];
const balanced = { loadBalancer: { ingress: [{ ip: "192.0.2.1" }] } };

Deno.test("with the ServiceAccount's token: what Sluice asks of the API server works, and what it has no business with does not", async () => {
  await withKube(async (server, applier) => {
    await makeNamespaces(server, "shop", "elsewhere");
    await applier.applyAll(await printedManifests("-n", "gw", "--discovery-objects"));
    await server.request("POST", UPSTREAMS, upstream("shop", "blue", { spec: {} }));
    const backend = { service: { name: "web", port: { number: 80 } } };
    await server.request("POST", INGRESSES, ingress({ spec: { defaultBackend: backend } }));
    await server.request("POST", "/api/v1/namespaces/gw/secrets", tls("somebody-elses"));
    const steps: readonly Step[] = [
      [200, "GET", "/apis/gateway.solo.io/v1/virtualservices"],
      [200, "GET", "/apis/gateway.solo.io/v1/virtualservices?watch=1&timeoutSeconds=1"],
      [200, "GET", "/api/v1/secrets"],
      [200, "GET", "/apis/discovery.k8s.io/v1/endpointslices"],
      [
        200,
        "PATCH",
        `${UPSTREAMS}/blue/status${AS_SLUICE}`,
        upstream("shop", "blue", { status: { statuses: {} } }),
        APPLY,
      ],
      [404, "PATCH", `${UPSTREAMS}/gone/status${AS_SLUICE}`, upstream("shop", "gone", { status: {} }), APPLY],
      [403, "GET", `${UPSTREAMS}/gone`],
      [200, "GET", "/apis/gloo.solo.io/v1"],
      [404, "GET", "/apis/gloo.solo.io/v1/namespaces/gw/settings/default"],
      [403, "PATCH", `${UPSTREAMS}/blue${AS_SLUICE}`, upstream("shop", "blue", { spec: {} }), APPLY],
      [403, "DELETE", `${UPSTREAMS}/blue`],
      [200, "PATCH", `${INGRESSES}/web/status${AS_SLUICE}`, ingress({ status: balanced }), APPLY],
      [403, "PATCH", `${INGRESSES}/web${AS_SLUICE}`, ingress({ spec: { defaultBackend: backend } }), APPLY],
      [201, "POST", EVENTS, event],
      [200, "PATCH", `${EVENTS}/blue.1`, { series }, "application/merge-patch+json"],
      [200, "GET", `${EVENTS}/blue.1`],
      [403, "GET", EVENTS],
      [201, "POST", LEASES, lease("sluice")],
      [200, "GET", `${LEASES}/sluice`],
      [200, "PUT", `${LEASES}/sluice`, AS_READ],
      [403, "DELETE", `${LEASES}/sluice`],
      [403, "PUT", `${LEASES}/another`, lease("another")],
      ...["sluice-ca", "sluice-envoy-gateway-proxy"].flatMap((name): Step[] => [
        [201, "POST", SECRETS, tls(name)],
        [200, "GET", `${SECRETS}/${name}`],
        [200, "PATCH", `${SECRETS}/${name}`, renewed, JSON_PATCH],
        [403, "DELETE", `${SECRETS}/${name}`],
      ]),
      [403, "PATCH", `${SECRETS}/somebody-elses`, renewed, JSON_PATCH],
      [403, "POST", "/api/v1/namespaces/elsewhere/secrets", named("v1", "Secret", "elsewhere", "sluice-ca")],
      [200, "GET", `${WEBHOOKS}/sluice-gw`],
      [200, "PATCH", `${WEBHOOKS}/sluice-gw`, caBundle, JSON_PATCH],
      [403, "GET", WEBHOOKS],
      [201, "PATCH", `${OWN_UPSTREAMS}/found${AS_SLUICE}`, upstream("gw", "found", { spec: {} }), APPLY],
      [200, "DELETE", `${OWN_UPSTREAMS}/found`],
      [403, "GET", "/api/v1/namespaces"],
      [403, "GET", "/api/v1/nodes"],
      [403, "POST", "/api/v1/namespaces/gw/pods", named("v1", "Pod", "gw", "mine")],
      [403, "POST", "/api/v1/namespaces/gw/serviceaccounts/sluice/token", { spec: {} }],
    ];
    using account = await asAccount(server, "gw", "sluice");
    let answer = { status: 0, text: "" };
    for (const [status, method, path, body, contentType] of steps) {
      answer = await account.ask(method, path, body === AS_READ ? JSON.parse(answer.text) : body, contentType);
      assert.equal(answer.status, status, `${method} ${path}: ${answer.text.slice(0, 500)}`);
    }
  });
});
