import assert from "node:assert/strict";
import { parseYaml } from "../watchers/mod.ts";
import { SERVE_FLAGS } from "./config.ts";
import { run } from "./test_terminal.ts";

interface Printed {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly annotations?: object };
  // deno-lint-ignore no-explicit-any
  readonly [part: string]: any;
}

async function printed(...words: string[]): Promise<Printed[]> {
  const { code, out, err } = await run(["manifests", ...words]);
  assert.deepEqual([code, err], [0, ""], words.join(" "));
  return out.split(/^---$/m).map((text) => {
    const result = parseYaml(text);
    assert.ok("value" in result);
    return result.value as Printed;
  });
}

function find(objects: readonly Printed[], kind: string, name: string): Printed {
  const found = objects.find((object) => object.kind === kind && object.metadata.name === name);
  assert.ok(found, `${kind} ${name}`);
  return found;
}

const kinds = (objects: readonly Printed[]): string[] => [...new Set(objects.map(({ kind }) => kind))];

/** The words after `sluice` that the Deployment starts it with. */
async function words(...flags: string[]): Promise<string[]> {
  const deployment = find(await printed(...flags), "Deployment", "sluice");
  return deployment.spec.template.spec.containers[0].args;
}

Deno.test("manifests: the namespace comes first and the webhook last; with --crds the kinds come before all", async () => {
  const objects = await printed();
  assert.equal(objects[0]!.kind, "Namespace");
  assert.equal(objects.at(-1)!.kind, "ValidatingWebhookConfiguration");
  const withCrds = await printed("--crds");
  assert.equal(withCrds[0]!.kind, "CustomResourceDefinition");
  assert.deepEqual(withCrds.filter(({ kind }) => kind !== "CustomResourceDefinition"), objects);
});

Deno.test("manifests: what serve is started with follows --certificates", async () => {
  const common = [
    "serve",
    "--kubernetes",
    "--xds-address=0.0.0.0:9977",
    "--admin-address=0.0.0.0:9091",
    "--state-dir=/var/lib/sluice",
    "--log-format=json",
  ];
  const webhook = "--webhook-address=0.0.0.0:8443";
  assert.deepEqual(await words(), [...common, webhook, "--kube-certificates"]);
  assert.deepEqual(await words("--without", "webhook"), [...common, "--kube-certificates"]);
  assert.deepEqual(await words("--certificates", "none"), [...common, "--insecure-xds"]);
  assert.deepEqual(await words("--certificates", "cert-manager"), [
    ...common,
    "--xds-tls-cert=/etc/sluice/tls/tls.crt",
    "--xds-tls-key=/etc/sluice/tls/tls.key",
    "--xds-client-ca=/etc/sluice/tls/ca.crt",
    "--xds-roles=/etc/sluice/roles/roles.json",
    webhook,
    "--webhook-tls-cert=/etc/sluice/tls/tls.crt",
    "--webhook-tls-key=/etc/sluice/tls/tls.key",
  ]);
});

Deno.test("manifests: serve has every flag that it is started with", async () => {
  for (const certificates of ["own", "cert-manager", "none"]) {
    const [, ...flags] = await words("--certificates", certificates);
    for (const flag of flags) {
      const name = flag.replace(/^--/, "").split("=")[0]!;
      assert.ok(name in SERVE_FLAGS, flag);
    }
  }
});

Deno.test("manifests: with --watch-namespaces nothing but the Namespace itself is cluster-scoped", async () => {
  const objects = await printed("--watch-namespaces", "shop,blog", "-n", "edge");
  assert.deepEqual(objects.filter(({ metadata }) => metadata.namespace === undefined).map(({ kind }) => kind), [
    "Namespace",
  ]);
  const readers = objects.filter(({ kind, metadata }) => kind === "Role" && metadata.name === "sluice-edge");
  assert.deepEqual(readers.map(({ metadata }) => metadata.namespace), ["edge", "shop", "blog"]);
  assert.deepEqual(find(objects, "Settings", "default").spec, { watchNamespaces: ["edge", "shop", "blog"] });
  assert.ok(!(await words("--watch-namespaces", "shop")).some((word) => word.startsWith("--webhook")));
  const more = kinds(await printed("--watch-namespaces", "shop", "--cluster-rights", "--ingress-class"));
  for (const kind of ["ClusterRole", "ValidatingWebhookConfiguration", "IngressClass"]) assert.ok(more.includes(kind));
});

Deno.test("manifests: without the right to Ingresses, Settings say that there are none to look for", async () => {
  const off = { sluice: { ingress: { enabled: false } } };
  assert.deepEqual(find(await printed("--without", "ingress"), "Settings", "default").spec, off);
  const both = await printed("--without", "ingress,pods", "--watch-namespaces", "shop");
  assert.deepEqual(find(both, "Settings", "default").spec, { watchNamespaces: ["gloo-system", "shop"], ...off });
  assert.ok(!kinds(await printed("--without", "pods")).includes("Settings"));
});

Deno.test("manifests: label selectors of namespaces are Settings, a right, and narrow the webhook where there is one", async () => {
  const one = await printed("--watch-namespace-selector", "gateway=yes,team=a");
  assert.deepEqual(find(one, "Settings", "default").spec, {
    watchNamespaceSelectors: [{ matchLabels: { gateway: "yes", team: "a" } }],
  });
  const selectorIn = (objects: Printed[]) =>
    find(objects, "ValidatingWebhookConfiguration", "sluice-gloo-system").webhooks[0].namespaceSelector.matchLabels;
  assert.deepEqual(selectorIn(one), { gateway: "yes", team: "a" });
  const two = await printed("--watch-namespace-selector", "a=1", "--watch-namespace-selector", "b=2");
  assert.equal(selectorIn(two), undefined);
});

Deno.test("manifests: a Sluice that does not answer holds up Gloo's kinds at most", async () => {
  const webhooks = (objects: Printed[]) =>
    find(objects, "ValidatingWebhookConfiguration", "sluice-gloo-system").webhooks as Printed[];
  const policies = (objects: Printed[]) => webhooks(objects).map(({ failurePolicy }) => failurePolicy);
  assert.deepEqual(policies(await printed()), ["Ignore", "Ignore"]);
  const strict = await printed("--failure-policy", "Fail");
  assert.deepEqual(policies(strict), ["Fail", "Ignore"]);
  const [configuration, secrets] = webhooks(strict);
  for (const { apiGroups } of configuration!.rules) assert.match(apiGroups.join(), /^[a-z.]*solo\.io$/);
  assert.deepEqual(secrets!.rules, [{
    apiGroups: [""],
    apiVersions: ["v1"],
    operations: ["DELETE"],
    resources: ["secrets"],
    scope: "Namespaced",
  }]);
});

Deno.test("manifests: every proxy has its Envoys, its certificate, its role, and its Secret among the rights", async () => {
  const objects = await printed("--certificates", "cert-manager", "--proxies", "edge,inner", "-n", "gw");
  for (const proxy of ["edge", "inner"]) {
    const name = `sluice-envoy-${proxy}`;
    assert.match(find(objects, "ConfigMap", name).data["envoy.yaml"], new RegExp(`role: gw~${proxy}\n`));
    assert.deepEqual(find(objects, "Certificate", name).spec.dnsNames, [`${proxy}.gw.envoy.sluice`]);
    const { volumes } = find(objects, "Deployment", name).spec.template.spec;
    assert.equal(volumes.find((volume: { name: string }) => volume.name === "tls").secret.secretName, name);
  }
  assert.deepEqual(JSON.parse(find(objects, "ConfigMap", "sluice-xds-roles").data["roles.json"]), {
    "edge.gw.envoy.sluice": ["gw~edge"],
    "inner.gw.envoy.sluice": ["gw~inner"],
  });
  const { rules } = find(await printed("--proxies", "edge,inner"), "Role", "sluice");
  assert.deepEqual(
    rules.find(({ resources, resourceNames }: Printed) => resources[0] === "secrets" && resourceNames).resourceNames,
    ["sluice-ca", "sluice-envoy-edge", "sluice-envoy-inner"],
  );
});

Deno.test("manifests: cert-manager puts its authority into the webhook's configuration; Sluice has no right to", async () => {
  const objects = await printed("--certificates", "cert-manager", "-n", "gw");
  assert.deepEqual(find(objects, "ValidatingWebhookConfiguration", "sluice-gw").metadata.annotations, {
    "cert-manager.io/inject-ca-from": "gw/sluice-server",
  });
  assert.deepEqual(find(objects, "Certificate", "sluice-server").spec.dnsNames[0], "sluice.gw.svc");
  const granted = JSON.stringify(objects.filter(({ kind }) => kind.endsWith("Role")));
  assert.ok(!granted.includes("validatingwebhookconfigurations"));
});

Deno.test("manifests: --sidecar has one pod for Sluice and Envoy, no Service of Sluice, and rights only where it reads a cluster", async () => {
  const files = await printed("--sidecar", "files", "-n", "gw", "--proxies", "edge,inner");
  assert.deepEqual(kinds(files), ["Namespace", "ConfigMap", "Service", "Deployment", "PodDisruptionBudget"]);
  const pod = find(files, "Deployment", "sluice-envoy-inner").spec.template.spec;
  assert.deepEqual([pod.serviceAccountName, pod.automountServiceAccountToken], [undefined, false]);
  assert.equal(pod.initContainers[0].restartPolicy, "Always");
  assert.match(find(files, "ConfigMap", "sluice-envoy-inner").data["envoy.yaml"], /path: \/run\/sluice\/xds\.sock/);
  const cluster = await printed("--sidecar", "kubernetes", "-n", "gw");
  const reading = find(cluster, "Deployment", "sluice-envoy-gateway-proxy").spec.template.spec;
  assert.deepEqual([reading.serviceAccountName, reading.automountServiceAccountToken], ["sluice", false]);
  const mounts = (container: Printed) => container.volumeMounts.map(({ name }: Printed) => name);
  assert.ok(mounts(reading.initContainers[0]).includes("token"));
  assert.ok(!mounts(reading.containers[0]).includes("token"), "Envoy has no token");
  const rules = cluster.flatMap((object) => (object.rules ?? []) as Printed[]);
  const verbs = rules.flatMap(({ resources, verbs }) => resources.includes("secrets") ? verbs : []);
  assert.deepEqual(verbs.toSorted(), ["list", "watch"], "Secrets are read, and never written");
});

Deno.test("manifests: serve has every flag that a sidecar is started with", async () => {
  for (const source of ["files", "kubernetes"]) {
    const objects = await printed("--sidecar", source);
    const { args } = find(objects, "Deployment", "sluice-envoy-gateway-proxy").spec.template.spec.initContainers[0];
    for (const flag of args.slice(1)) assert.ok(flag.replace(/^--/, "").split("=")[0]! in SERVE_FLAGS, flag);
  }
});

Deno.test("manifests: parts can be left away", async () => {
  assert.ok(!kinds(await printed("--without", "namespace")).includes("Namespace"));
  const bare = await printed("--without", "envoy,webhook,ingress", "--without", "pods");
  assert.deepEqual(bare.filter(({ kind }) => kind === "Deployment").map(({ metadata }) => metadata.name), ["sluice"]);
  assert.ok(!kinds(bare).includes("ValidatingWebhookConfiguration"));
  const resources = bare.flatMap(({ rules }) => rules ?? []).flatMap((rule: Printed) => rule.resources);
  for (const resource of ["pods", "ingresses", "ingressclasses"]) assert.ok(!resources.includes(resource), resource);
});

Deno.test("manifests: flags that cannot be meant are refused", async () => {
  const refused: [string[], RegExp][] = [
    [["-n", "Gloo"], /--namespace Gloo: a name is lower case/],
    [["--certificates", "mine"], /should be own or cert-manager or none/],
    [["--failure-policy", "fail"], /should be Ignore or Fail/],
    [["--replicas", "0"], /--replicas 0: it should be a number from 1/],
    [["--proxies", ","], /names none; --without envoy/],
    [["--proxies", "p".repeat(60)], /longer than the 63 characters/],
    [["--without", "everything"], /should be namespace or settings or /],
    [["--watch-namespace-selector", "gateway"], /should be KEY=VALUE/],
    [["--watch-namespaces", "a", "--watch-namespace-selector", "b=c"], /exclude each other/],
    [["--sidecar", "pod"], /--sidecar pod: it should be files or kubernetes/],
    [["--sidecar", "files", "--certificates", "own"], /--certificates is for a Sluice in pods of its own/],
    [["--sidecar", "kubernetes", "--replicas", "3"], /--replicas is for a Sluice in pods of its own/],
    [["--sidecar", "files", "--watch-namespaces", "a"], /--watch-namespaces is for a Sluice that reads the cluster/],
    [["--cluster-rights"], /goes with --watch-namespaces/],
    [["--watch-namespaces", "a", "--ingress-class"], /needs --cluster-rights/],
  ];
  for (const [flags, message] of refused) {
    const { code, out, err } = await run(["manifests", ...flags]);
    assert.deepEqual([code, out], [2, ""], flags.join(" "));
    assert.match(err, message);
  }
});

Deno.test("manifests: every command line of the pages on Kubernetes is one that works", async () => {
  let count = 0;
  for (const page of ["kubernetes.md", "migrate-from-gloo.md", "sidecar.md"]) {
    const text = await Deno.readTextFile(new URL(`../../docs/${page}`, import.meta.url));
    for (const [, line] of text.matchAll(/sluice ((?:manifests|schema)\b[^`|#\n]*)/g)) {
      const { code, err } = await run(line!.trim().split(/\s+/));
      assert.deepEqual([code, err], [0, ""], `${page}: sluice ${line}`);
      count++;
    }
  }
  assert.ok(count > 15, `${count} command lines`);
});
