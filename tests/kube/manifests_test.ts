/** What `sluice manifests` prints, put to a real API server. */
import assert from "node:assert/strict";
import { certManagerDefinitions, type KubeObject, makeNamespaces, printedManifests, withKube } from "./kube_objects.ts";
import { rightsOf } from "./rights.ts";

const VARIANTS: Readonly<Record<string, readonly string[]>> = {
  defaults: [],
  everything: ["--ingress-class", "--discovery-objects", "--failure-policy", "Fail", "--delta"],
  "cert-manager": ["--certificates", "cert-manager", "--proxies", "gateway-proxy,inner"],
  "no-certificates": ["--certificates", "none", "--envoy-service", "LoadBalancer"],
  namespaced: ["--watch-namespaces", "shop,blog"],
  "namespaced-cert-manager": ["--watch-namespaces", "shop", "--certificates", "cert-manager"],
  "namespaced-and-cluster": ["--watch-namespaces", "shop", "--cluster-rights", "--ingress-class"],
  "sidecar": ["--sidecar", "files", "--proxies", "gateway-proxy,inner"],
  "sidecar-in-cluster": ["--sidecar", "kubernetes", "--watch-namespaces", "shop", "--envoy-service", "LoadBalancer"],
  "by-label": ["--watch-namespace-selector", "gateway=yes", "--envoy-service", "NodePort"],
};

Deno.test("the API server takes every object of every variant, checked strictly, as a dry run and in earnest", async () => {
  await withKube(async (server, applier) => {
    await applier.applyDefinitions(certManagerDefinitions());
    await makeNamespaces(server, "shop", "blog");
    for (const [name, words] of Object.entries(VARIANTS)) {
      const objects = await printedManifests("-n", name, ...words);
      await applier.applyAll(objects);
      for (const object of objects) await server.request("GET", await applier.pathOf(object));
    }
    // The same again changes nothing: no object is written to.
    const again = await printedManifests("-n", "defaults");
    const versions = async (): Promise<string[]> =>
      await Promise.all(again.map(async (object) => {
        const { metadata } = await server.request<{ metadata: { resourceVersion: string } }>(
          "GET",
          await applier.pathOf(object),
        );
        return metadata.resourceVersion;
      }));
    const before = await versions();
    await applier.applyAll(again);
    assert.deepEqual(await versions(), before);
  });
});

Deno.test("pods of all Deployments meet the Pod Security standard `restricted`", async () => {
  await withKube(async (server, applier) => {
    const printed = [[], ["--sidecar", "files"], ["--sidecar", "kubernetes"]].map((words) =>
      printedManifests("-n", "strict", ...words)
    );
    const objects = (await Promise.all(printed)).flat();
    for (const object of objects) if (object.kind === "Namespace") await applier.apply(object, { dryRun: false });
    await server.apply("/api/v1/namespaces/strict", {
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name: "strict", labels: { "pod-security.kubernetes.io/enforce": "restricted" } },
    });
    const pods = objects.filter(({ kind }) => kind === "Deployment").map(({ metadata, spec }) => ({
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: metadata.name, labels: spec.template.metadata.labels },
      spec: spec.template.spec,
    }));
    assert.equal(pods.length, 4);
    for (const pod of pods) await server.request("POST", "/api/v1/namespaces/strict/pods?dryRun=All", pod);
    const [{ spec, ...rest }] = pods as [KubeObject & { spec: object }, unknown];
    const loose = { ...rest, spec: { ...spec, securityContext: {} } };
    const refused = await server.raw("POST", "/api/v1/namespaces/strict/pods?dryRun=All", loose);
    assert.match(await refused.text(), /violates PodSecurity/);
  });
});

const CONFIGURATION = {
  "enterprise.gloo.solo.io/authconfigs": "list watch",
  "enterprise.gloo.solo.io/authconfigs/status": "patch",
  "gateway.solo.io/gateways": "list watch",
  "gateway.solo.io/gateways/status": "patch",
  "gateway.solo.io/httpgateways": "list watch",
  "gateway.solo.io/httpgateways/status": "patch",
  "gateway.solo.io/routeoptions": "list watch",
  "gateway.solo.io/routeoptions/status": "patch",
  "gateway.solo.io/routetables": "list watch",
  "gateway.solo.io/routetables/status": "patch",
  "gateway.solo.io/tcpgateways": "list watch",
  "gateway.solo.io/tcpgateways/status": "patch",
  "gateway.solo.io/virtualhostoptions": "list watch",
  "gateway.solo.io/virtualhostoptions/status": "patch",
  "gateway.solo.io/virtualservices": "list watch",
  "gateway.solo.io/virtualservices/status": "patch",
  "gloo.solo.io/proxies": "list watch",
  "gloo.solo.io/proxies/status": "patch",
  "gloo.solo.io/settings": "list watch",
  "gloo.solo.io/settings/status": "patch",
  "gloo.solo.io/upstreamgroups": "list watch",
  "gloo.solo.io/upstreamgroups/status": "patch",
  "gloo.solo.io/upstreams": "list watch",
  "gloo.solo.io/upstreams/status": "patch",
  "graphql.gloo.solo.io/graphqlapis": "list watch",
  "graphql.gloo.solo.io/graphqlapis/status": "patch",
  "ratelimit.solo.io/ratelimitconfigs": "list watch",
  "ratelimit.solo.io/ratelimitconfigs/status": "patch",
};

/** What Sluice may do in a namespace that it reads. */
const READ = {
  ...CONFIGURATION,
  "discovery.k8s.io/endpointslices": "list watch",
  "events.k8s.io/events": "create get patch",
  "networking.k8s.io/ingresses": "list watch",
  "networking.k8s.io/ingresses/status": "patch",
  "pods": "list watch",
  "secrets": "list watch",
  "services": "list watch",
};

/** What it may do in its own namespace beside that, without a name. */
const OWN = { ...READ, "coordination.k8s.io/leases": "create", "secrets": "create list watch" };

const CLASSES = { "networking.k8s.io/ingressclasses": "list watch" };
const NAMESPACES = { "namespaces": "list watch" };

Deno.test("the ServiceAccount may do what the table of rights says and nothing else, of all that the API server has", async () => {
  await withKube(async (server, applier) => {
    await makeNamespaces(server, "shop", "elsewhere");
    const expected: [namespace: string, words: string[], rights: Record<string, Record<string, string>>][] = [
      ["whole", [], { own: OWN, shop: READ, elsewhere: READ, "": CLASSES }],
      ["labels", ["--watch-namespace-selector", "a=b"], {
        own: OWN,
        shop: READ,
        elsewhere: READ,
        "": { ...CLASSES, ...NAMESPACES },
      }],
      ["named", ["--watch-namespaces", "shop"], { own: OWN, shop: READ, elsewhere: {}, "": {} }],
      ["named-more", ["--watch-namespaces", "shop", "--cluster-rights"], {
        own: OWN,
        shop: READ,
        elsewhere: {},
        "": CLASSES,
      }],
      ["discovering", ["--watch-namespaces", "shop", "--discovery-objects"], {
        own: { ...OWN, "gloo.solo.io/upstreams": "create delete list patch watch" },
        shop: READ,
        elsewhere: {},
      }],
      ["gloos", ["--watch-namespaces", "shop", "--gloo-definitions"], {
        shop: Object.fromEntries(
          Object.entries(READ).map((
            [name, verbs],
          ) => [name, name.includes(".solo.io/") ? verbs.replace("list watch", "list patch watch") : verbs]),
        ),
        elsewhere: {},
      }],
      ["plain", ["--certificates", "none", "--without", "pods,ingress"], {
        own: without({ ...OWN, secrets: "list watch" }, "pods", "networking.k8s.io"),
        shop: without(READ, "pods", "networking.k8s.io"),
        "": {},
      }],
    ];
    for (const [namespace, words, rights] of expected) {
      await applier.applyAll(await printedManifests("-n", namespace, ...words));
      const asked = rightsOf(server, await applier.allResources(), `system:serviceaccount:${namespace}:sluice`);
      for (const [where, allowed] of Object.entries(rights)) {
        const got = await asked.all(where === "own" ? namespace : where);
        // Without a namespace, rights in all namespaces show too: those are tried above.
        const cluster = words.includes("--watch-namespaces") ? {} : rights.shop ?? {};
        const wanted = where === "" ? { ...cluster, ...allowed } : { ...allowed };
        assert.deepEqual(got, wanted, `${namespace}: ${where}`);
      }
    }
  });
});

function without(rights: Readonly<Record<string, string>>, ...starts: readonly string[]): Record<string, string> {
  return Object.fromEntries(Object.entries(rights).filter(([name]) => !starts.some((start) => name.startsWith(start))));
}

Deno.test("by name the ServiceAccount may touch its own Lease, Secrets and webhook configuration, and no others", async () => {
  await withKube(async (server, applier) => {
    await applier.applyAll(await printedManifests("-n", "gw", "--proxies", "edge"));
    await applier.applyAll(await printedManifests("-n", "issued", "--certificates", "none"));
    const resources = await applier.allResources();
    const lease = { group: "coordination.k8s.io", resource: "leases" };
    const secret = { group: "", resource: "secrets" };
    const settings = { group: "gloo.solo.io", resource: "settings" };
    const webhook = { group: "admissionregistration.k8s.io", resource: "validatingwebhookconfigurations" };
    const table: [account: string, namespace: string, { group: string; resource: string }, string, string][] = [
      ["gw", "gw", lease, "sluice", "create get update"],
      ["gw", "gw", lease, "another", "create"],
      ["gw", "issued", lease, "sluice", ""],
      ["gw", "gw", settings, "default", "get list watch"],
      ["gw", "gw", settings, "another", "list watch"],
      ["gw", "issued", settings, "default", "list watch"],
      ["gw", "gw", secret, "sluice-ca", "create get list patch watch"],
      ["gw", "gw", secret, "sluice-envoy-edge", "create get list patch watch"],
      ["gw", "gw", secret, "sluice-envoy-gateway-proxy", "create list watch"],
      ["gw", "issued", secret, "sluice-ca", "list watch"],
      ["gw", "", webhook, "sluice-gw", "get patch"],
      ["gw", "", webhook, "another", ""],
      ["issued", "issued", secret, "sluice-ca", "list watch"],
      ["issued", "", webhook, "sluice-issued", ""],
    ];
    for (const [account, namespace, { group, resource }, name, verbs] of table) {
      const asked = rightsOf(server, resources, `system:serviceaccount:${account}:sluice`);
      assert.equal(
        await asked.of(namespace, group, resource, name),
        verbs,
        `${account}: ${namespace} ${resource} ${name}`,
      );
    }
  });
});

Deno.test("what Sluice wrote into the webhook's configuration stays when the manifests are applied again", async () => {
  await withKube(async (server, applier) => {
    const objects = await printedManifests("-n", "gw");
    await applier.applyAll(objects);
    const webhook = objects.find(({ kind }) => kind === "ValidatingWebhookConfiguration")!;
    const path = await applier.pathOf(webhook);
    const bundle = btoa(await Deno.readTextFile(server.ready.ca));
    await server.request("PATCH", `${path}?fieldManager=sluice`, {
      webhooks: webhook.webhooks.map(({ name }: KubeObject["metadata"]) => ({
        name,
        clientConfig: { caBundle: bundle },
      })),
    }, "application/strategic-merge-patch+json");
    await applier.applyAll(objects);
    const { webhooks } = await server.request<KubeObject>("GET", path);
    assert.deepEqual(webhooks.map(({ clientConfig }: KubeObject) => clientConfig.caBundle), [bundle, bundle]);
  });
});
