/** The validation webhook behind a real Kubernetes API server: what it lets through, and in which words it refuses. */
import assert from "node:assert/strict";
import { createAuthority } from "../../scripts/certificates.ts";
import { type KubeAnswer, type Manifest, manifest, NAMESPACE, WebhookBed } from "./webhook_bed.ts";

const ref = (name: string) => ({ name, namespace: NAMESPACE });
const settings = (validation: object) => manifest("Settings", "default", { gateway: { validation } });
const PERMISSIVE = settings({ alwaysAccept: false });

const upstream = (name: string, port = 80) =>
  manifest("Upstream", name, { static: { hosts: [{ addr: "10.0.0.1", port }] } });
const toUpstream = (name: string, options: object = {}) => ({
  matchers: [{ prefix: "/" }],
  routeAction: { single: { upstream: ref(name) } },
  options,
});
const virtualService = (name: string, routes: object[], more: object = {}) =>
  manifest("VirtualService", name, { virtualHost: { domains: [`${name}.com`], routes }, ...more });
const labelled = <T extends Manifest>(one: T): T => ({ ...one, metadata: { ...one.metadata, labels: { team: "a" } } });

const { cert, key } = await createAuthority("shop");
const SECRET: Manifest = {
  apiVersion: "v1",
  kind: "Secret",
  metadata: ref("cert"),
  type: "kubernetes.io/tls",
  data: { "tls.crt": btoa(cert), "tls.key": btoa(key) },
};
const GATEWAYS = [
  manifest("Gateway", "http", { bindPort: 8080, httpGateway: {} }),
  manifest("Gateway", "https", { bindPort: 8443, ssl: true, httpGateway: {} }),
];
const TABLE = manifest("RouteTable", "table", {
  routes: [{ matchers: [{ prefix: "/" }], directResponseAction: { status: 200 } }],
});
const SHOP = virtualService("shop", [toUpstream("shop")]);
const SECURE = virtualService("secure", [toUpstream("shop")], {
  sslConfig: { secretRef: ref("cert"), sniDomains: ["secure.com"] },
});
const DELEGATING = virtualService("delegating", [{
  matchers: [{ prefix: "/" }],
  delegateAction: { ref: ref("table") },
}]);
const CONFIGURATION = [
  PERMISSIVE,
  SECRET,
  ...GATEWAYS,
  upstream("shop"),
  upstream("idle"),
  TABLE,
  SHOP,
  SECURE,
  DELEGATING,
];

const DENIED = 'admission webhook "validation.sluice.test" denied the request: ';
const UNSERVED =
  "Upstream gloo-system/shop does not exist; until it does, requests are answered 503 and connections closed";
const NEGATIVE = "-1s is negative; a span of time of zero or more is wanted (SLUICE-1414)";
const AT_UPSTREAM = "virtualHost.routes[0].routeAction.single.upstream";

interface Row {
  readonly what: string;
  readonly ask: (bed: WebhookBed) => Promise<KubeAnswer>;
  readonly code: number;
  /** After the words by which the API server names the webhook. */
  readonly message?: string;
  readonly fields?: readonly string[];
  readonly warnings?: readonly string[];
}

const ACCEPTED: readonly Row[] = [
  {
    what: "a new VirtualService",
    ask: (bed) => bed.create(virtualService("new", [toUpstream("shop")]), true),
    code: 201,
  },
  { what: "an edit", ask: (bed) => bed.replace(upstream("shop", 81), true), code: 200 },
  { what: "a label", ask: (bed) => bed.replace(labelled(SHOP), true), code: 200 },
  { what: "an idle Upstream goes", ask: (bed) => bed.delete(upstream("idle"), true), code: 200 },
  { what: "a VirtualService goes", ask: (bed) => bed.delete(SHOP, true), code: 200 },
  {
    what: "a VirtualService before its Upstream",
    ask: (bed) => bed.create(virtualService("early", [toUpstream("late")]), true),
    code: 201,
    warnings: [`spec.${AT_UPSTREAM}: ${UNSERVED.replace("shop", "late")} (SLUICE-1332)`],
  },
  {
    what: "the annotation",
    ask: (bed) => {
      const bad = virtualService("bad", [toUpstream("shop", { timeout: "-1s" })]);
      const annotations = { "gateway.solo.io/skip_validation": "true" };
      return bed.create({ ...bad, metadata: { ...bad.metadata, ...{ annotations } } }, true);
    },
    code: 201,
    warnings: ["not validated: the annotation gateway.solo.io/skip_validation says so"],
  },
];

const REFUSED: readonly Row[] = [
  {
    what: "an option that Envoy refuses",
    ask: (bed) => bed.create(virtualService("bad", [toUpstream("shop", { timeout: "-1s" })]), true),
    code: 422,
    message: `spec.virtualHost.routes[0].options.timeout: ${NEGATIVE}`,
    fields: ["spec.virtualHost.routes[0].options.timeout"],
  },
  {
    what: "two faults",
    ask: (bed) =>
      bed.create(virtualService("bad", [toUpstream("shop", { timeout: "-1s", prefixRewrite: "/a/../b" })]), true),
    code: 422,
    message: 'spec.virtualHost.routes[0].options.prefixRewrite: path "/a/../b" may not hold "/../" (SLUICE-1412); ' +
      `spec.virtualHost.routes[0].options.timeout: ${NEGATIVE}`,
    fields: ["spec.virtualHost.routes[0].options.prefixRewrite", "spec.virtualHost.routes[0].options.timeout"],
  },
  {
    what: "a domain of another",
    ask: (bed) =>
      bed.create(manifest("VirtualService", "thief", { virtualHost: { domains: ["shop.com"], routes: [] } }), true),
    code: 422,
    message: 'spec.virtualHost.domains[0]: domain "shop.com" on listener-::-8080 of proxy gateway-proxy belongs to ' +
      "VirtualService gloo-system/shop; it is not served from here (SLUICE-1211)",
    fields: ["spec.virtualHost.domains[0]"],
  },
  {
    what: "an Upstream in use goes",
    ask: (bed) => bed.delete(upstream("shop"), true),
    code: 403,
    message: "deleting Upstream gloo-system/shop breaks others: " +
      `VirtualService gloo-system/secure spec.${AT_UPSTREAM}: ${UNSERVED} (SLUICE-1332); ` +
      `VirtualService gloo-system/shop spec.${AT_UPSTREAM}: ${UNSERVED} (SLUICE-1332)`,
  },
  {
    what: "a RouteTable that is delegated to goes",
    ask: (bed) => bed.delete(TABLE, true),
    code: 403,
    message: "deleting RouteTable gloo-system/table breaks others: VirtualService gloo-system/delegating " +
      "spec.virtualHost.routes[0].delegateAction.ref: RouteTable gloo-system/table is not there; " +
      "this route serves nothing (SLUICE-1224)",
  },
  {
    what: "a Secret in use goes",
    ask: (bed) => bed.delete(SECRET, true),
    code: 403,
    message: "deleting Secret gloo-system/cert breaks others: VirtualService gloo-system/secure " +
      "spec.sslConfig.secretRef: Secret gloo-system/cert does not exist (SLUICE-1314)",
  },
  {
    what: "a Secret in use gets a key that does not fit",
    ask: async (bed) => {
      const { key } = await createAuthority("other");
      return await bed.replace({ ...SECRET, data: { ...SECRET.data as object, "tls.key": btoa(key) } }, true);
    },
    code: 403,
    message: "updating Secret gloo-system/cert breaks others: VirtualService gloo-system/secure " +
      "spec.sslConfig.secretRef: Secret gloo-system/cert: the private key does not belong to the certificate (SLUICE-1315)",
    // The API server says so itself, and would let it through.
    warnings: ["tls: private key does not match public key"],
  },
];

async function check(
  bed: WebhookBed,
  { what, ask, code, message = "", fields = [], warnings = [] }: Row,
): Promise<void> {
  const { object: _, ...answer } = await ask(bed);
  const seen = { ...answer, causes: answer.causes.map(({ field }) => field) };
  const wanted = { code, message: message === "" ? "" : DENIED + message, causes: fields, warnings };
  assert.deepEqual(seen, wanted, what);
}

Deno.test("webhook and API server: what is let through, what is refused, and in which words", async () => {
  await using bed = await WebhookBed.start();
  for (const one of CONFIGURATION) {
    const { code, object } = await bed.create(one);
    assert.equal(code, 201);
    await bed.sync(object);
  }
  for (const row of [...ACCEPTED, ...REFUSED]) await check(bed, row);

  // What the API server has taken is there for the next request, before it comes back by a watch.
  assert.equal((await bed.create(upstream("late"))).code, 201);
  await check(bed, {
    what: "its Upstream was let through just before",
    ask: (bed) => bed.create(virtualService("early", [toUpstream("late")])),
    code: 201,
  });

  await bed.sync((await bed.replace(settings({}))).object);
  await check(bed, {
    what: "alwaysAccept",
    ask: (bed) => bed.delete(TABLE, true),
    code: 200,
    warnings: [
      "breaks VirtualService gloo-system/delegating spec.virtualHost.routes[0].delegateAction.ref: " +
      "RouteTable gloo-system/table is not there; this route serves nothing (SLUICE-1224)",
    ],
  });
  await bed.sync((await bed.replace(settings({ alwaysAccept: false, allowWarnings: false }))).object);
  await check(bed, {
    what: "allowWarnings: false",
    ask: (bed) => bed.create(virtualService("bare", [toUpstream("nowhere")]), true),
    code: 422,
    message: `spec.${AT_UPSTREAM}: ${UNSERVED.replace("shop", "nowhere")} (SLUICE-1332)`,
    fields: [`spec.${AT_UPSTREAM}`],
  });
});
