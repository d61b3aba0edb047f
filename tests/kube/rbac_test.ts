/**
 * The rights that `sluice manifests` prints, held against what running Sluices ask of the API server while they do all that
 * they do: nothing that they ask is refused, and nothing is granted that they do not need.
 */
import assert from "node:assert/strict";
import { AUTHORITY_SECRET, createAuthority, DEFAULT_LIFETIMES, envoySecret } from "../../src/certificates/mod.ts";
import { waitFor } from "../envoy/harness.ts";
import { textOf } from "./audit_log.ts";
import { addresses, front, ingress, oneOfEach, rejected, routed, settings, withSubsets } from "./everything.ts";
import { grantedBy, useOf } from "./granted.ts";
import { KubeApplier } from "./kube_objects.ts";
import { Installed, NAMESPACE } from "./installed.ts";
import { answering, type Manifest, type Stored, type World } from "./world.ts";
import { service } from "./services.ts";

interface Variant {
  readonly words: readonly string[];
  /** Under `sluice` of Settings. */
  readonly settings?: object;
  /** Refused, and nothing comes of it. */
  readonly refused?: readonly string[];
  /** What the log then tells of it, once when it happens and once as a report. Default: nothing. */
  readonly told?: string;
  /** What definitions of kinds are without. */
  readonly withoutSubresources?: boolean;
}

/** Of Gateways, of Ingresses, and one that is written by hand: whose Envoys are to have a certificate has to be named. */
const PROXIES = ["gateway-proxy", "ingress-proxy", "each"];
const ALL_PROXIES = ["--proxies", PROXIES.join()];

const VARIANTS: Readonly<Record<string, Variant>> = {
  "in the whole cluster": { words: ALL_PROXIES },
  "by label, with discovered Upstreams as objects": {
    words: ["--watch-namespace-selector", "gateway=yes", "--discovery-objects", "--ingress-class", ...ALL_PROXIES],
    settings: { discoveredUpstreams: "OBJECTS" },
  },
  "in some namespaces": {
    words: ["--watch-namespaces", "shop,blog", ...ALL_PROXIES],
    refused: ["list networking.k8s.io/ingressclasses"],
  },
  "in some namespaces, with what has none": {
    words: ["--watch-namespaces", "shop", "--cluster-rights", ...ALL_PROXIES],
  },
  "with Gloo's definitions": { words: ["--gloo-definitions", ...ALL_PROXIES], withoutSubresources: true },
  "in the pod of each Envoy": { words: ["--sidecar", "kubernetes", ...ALL_PROXIES] },
  "with next to nothing": {
    words: ["--certificates", "none", "--without", "ingress,pods"],
    refused: ["list pods"],
    told: "kube:pods cannot be read",
  },
};

/** What is asked while nothing happens: who leads, and whether a silent connection lives. */
const AT_REST = ["get coordination.k8s.io/leases", "update coordination.k8s.io/leases", "get /version"];
/** Twice a minute: whether certificates are what they should be, which another replica or somebody else may have changed. */
const CERTIFICATES_AT_REST = ["get secrets", "get admissionregistration.k8s.io/validatingwebhookconfigurations"];

for (const [name, variant] of Object.entries(VARIANTS)) {
  Deno.test(`the rights suffice, and none is too much: ${name}`, async (test) => {
    const installed = await Installed.start(variant.words, (world) => prepare(world, variant));
    try {
      await begin(installed, variant);
      const first = await installed.replica("first");
      assert.ok(!first.log().includes("starting without sources"), first.log());
      await test.step("statuses, Events, addresses, certificates", () => everythingIsWritten(installed, variant));
      if (variant.words.includes("--discovery-objects")) {
        await test.step("discovered Upstreams are made, changed and deleted", () => discover(installed.world));
      }
      await test.step("another replica takes over: faults are counted up, certificates renewed", async () => {
        const second = await installed.replica("second");
        await renewal(installed, variant, () => first.stop());
        for (const { log } of [first, second]) tellsOnce(log(), variant.told);
      });
      await test.step("while nothing happens, the Lease is all that is asked for", () => rest(installed, variant));
      await test.step("the audit log", async () => {
        const asked = await installed.asked();
        const refused = asked.filter(({ code }) => code === 401 || code === 403);
        const { unused, ungranted } = useOf(grantedBy(installed.objects), asked);
        assert.deepEqual([...new Set(refused.map(textOf))].sort(), variant.refused ?? [], JSON.stringify(refused[0]));
        assert.deepEqual(ungranted, variant.refused ?? []);
        assert.deepEqual(unused, []);
      });
    } finally {
      await installed.stop();
    }
  });
}

const hasOwnCertificates = ({ words }: Variant): boolean => !words.includes("none") && !words.includes("--sidecar");
const hasIngresses = ({ words }: Variant): boolean => !words.some((word) => word.includes("ingress,pods"));
const hasWebhook = ({ objects }: Installed): boolean =>
  objects.some(({ kind }) => kind === "ValidatingWebhookConfiguration");

/** All objects that are there before Sluice is. */
async function begin({ world }: Installed, variant: Variant): Promise<void> {
  for (const object of [...oneOfEach, ...routed, withSubsets, rejected, front]) await world.apply(object);
  await show(world, front, { loadBalancer: { ingress: addresses } });
  if (hasIngresses(variant)) {
    await world.apply(ingress);
    await world.apply(settings({ ingress: { publishService: "shop/front" }, ...variant.settings }));
  }
}

async function everythingIsWritten(installed: Installed, variant: Variant): Promise<void> {
  const { world } = installed;
  for (const object of oneOfEach) await waitFor(`the status of ${object.kind}`, () => stateOf(world, object));
  await waitFor("the rejection", async () => await stateOf(world, rejected) === "Rejected");
  await waitFor("its Event", async () => (await eventsOf(world, rejected)).length === 1);
  if (hasIngresses(variant)) {
    await waitFor("the addresses", async () => {
      const { status } = await world.get(ingress) as unknown as { status: { loadBalancer: { ingress?: unknown } } };
      return JSON.stringify(status.loadBalancer.ingress) === JSON.stringify(addresses);
    });
  }
  if (hasOwnCertificates(variant)) {
    await waitFor("the Secret of Envoys", () => dataOf(world, envoySecret("gateway-proxy")));
  }
  if (hasWebhook(installed)) await waitFor("the authority of the webhook", () => bundleOf(world));
}

/** The replica that leads stops, and the other one does what is due. */
async function renewal(installed: Installed, variant: Variant, stop: () => Promise<unknown>): Promise<void> {
  const { world } = installed;
  const before = hasWebhook(installed) && await bundleOf(world);
  if (hasOwnCertificates(variant)) await replaceAuthority(world);
  await stop();
  const late = await world.apply(answering("late", "x", "late.test"));
  await waitFor("a status by the other", async () => await stateOf(world, late) === "Accepted");
  await waitFor("the Event again", async () => (await eventsOf(world, rejected))[0]?.series?.count === 2);
  if (hasOwnCertificates(variant)) {
    const next = await waitFor("the next authority", async () => (await dataOf(world, AUTHORITY_SECRET))["next.crt"]);
    for (const proxy of PROXIES) {
      await waitFor(`Envoys of ${proxy} to hear of it`, async () => {
        return atob((await dataOf(world, envoySecret(proxy)))["ca.crt"]!).includes(atob(next));
      });
    }
  }
  if (hasWebhook(installed)) await waitFor("another bundle", async () => await bundleOf(world) !== before);
}

/** What is refused is told when it happens, and as a report, and not again. */
function tellsOnce(log: string, expected: string | undefined): void {
  const told = log.split("\n").filter((line) => /forbidden/i.test(line));
  assert.deepEqual(told.filter((line) => expected === undefined || !line.includes(expected)), []);
  assert.ok(told.length <= 2, told.join("\n"));
}

async function rest(installed: Installed, variant: Variant): Promise<void> {
  const atRest = [...AT_REST, ...hasOwnCertificates(variant) ? CERTIFICATES_AT_REST : []];
  const othersUntil = async (renewals: number): Promise<string[]> => {
    const from = (await installed.asked()).length;
    const asked = await waitFor(`${renewals} renewals`, async () => {
      const since = (await installed.asked()).slice(from);
      return since.filter(({ verb }) => verb === "update").length >= renewals && since;
    }, 60_000);
    return asked.map(textOf).filter((text) => !atRest.includes(text));
  };
  await waitFor("rest", async () => (await othersUntil(2)).length === 0);
  assert.deepEqual(await othersUntil(6), []);
}

async function prepare(world: World, { withoutSubresources }: Variant): Promise<void> {
  for (const name of ["shop", "blog"]) {
    await world.apply({ apiVersion: "v1", kind: "Namespace", metadata: { name, labels: { gateway: "yes" } } });
  }
  if (withoutSubresources) await dropSubresources(world);
}

/** Makes the definitions as Gloo's are: a status is a part of the object. */
async function dropSubresources({ server }: World): Promise<void> {
  const definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
  const { items } = await server.request<{ items: { metadata: { name: string } }[] }>("GET", definitions);
  const patch = [{ op: "remove", path: "/spec/versions/0/subresources" }];
  for (const { metadata: { name } } of items) {
    await server.request("PATCH", `${definitions}/${name}`, patch, "application/json-patch+json");
  }
  await waitFor("the subresources to be gone", async () => {
    const resources = await new KubeApplier(server).allResources();
    return !resources.some(({ group, name }) => group.endsWith("solo.io") && name.includes("/"));
  });
}

async function stateOf(world: World, object: Manifest): Promise<Stored["metadata"]["name"] | undefined> {
  return (await world.get(object)).status?.statuses?.[NAMESPACE]?.state as string | undefined;
}

/** Writes a status of Kubernetes' own. */
async function show({ server }: World, { metadata: { name, namespace } }: Manifest, status: object): Promise<void> {
  const path = `/api/v1/namespaces/${namespace}/services/${name}/status`;
  await server.request("PATCH", path, { status }, "application/merge-patch+json");
}

interface Event {
  readonly regarding: { readonly name: string };
  readonly series?: { readonly count: number };
}

async function eventsOf({ server }: World, { metadata: { name } }: Manifest): Promise<Event[]> {
  const path = `/apis/events.k8s.io/v1/namespaces/${NAMESPACE}/events`;
  return (await server.request<{ items: Event[] }>("GET", path)).items.filter(({ regarding }) =>
    regarding.name === name
  );
}

const secretPath = (name: string): string => `/api/v1/namespaces/${NAMESPACE}/secrets/${name}`;

async function dataOf({ server }: World, name: string): Promise<Readonly<Record<string, string>>> {
  return (await server.request<{ data: Record<string, string> }>("GET", secretPath(name))).data;
}

async function bundleOf({ server }: World): Promise<string | undefined> {
  const path = `/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/sluice-${NAMESPACE}`;
  const { webhooks: [webhook] } = await server.request<{ webhooks: { clientConfig: { caBundle?: string } }[] }>(
    "GET",
    path,
  );
  return webhook?.clientConfig.caBundle;
}

/** An authority of ten months ago in the place of the one that there is: it is time for the next. */
async function replaceAuthority({ server }: World): Promise<void> {
  const made = Date.now() - 0.8 * DEFAULT_LIFETIMES.authorityMs;
  const { cert, key } = await createAuthority({
    organization: "Sluice",
    commonName: `sluice-ca ${new Date(made).toISOString()} ${NAMESPACE}`,
    notBefore: made,
    notAfter: made + DEFAULT_LIFETIMES.authorityMs,
  });
  const data = {
    "tls.crt": btoa(cert),
    "tls.key": btoa(key),
    "ca.crt": btoa(cert),
    "signing-since": btoa(new Date(made).toISOString()),
  };
  await server.request("PATCH", secretPath(AUTHORITY_SECRET), { data }, "application/merge-patch+json");
}

async function discover(world: World): Promise<void> {
  const { server } = world;
  const path = `/apis/gloo.solo.io/v1/namespaces/${NAMESPACE}/upstreams`;
  const found = async (port: number): Promise<boolean> => {
    const { items } = await server.request<
      { items: { spec: { kube?: { serviceName: string; servicePort: number } } }[] }
    >(
      "GET",
      path,
    );
    return items.some(({ spec: { kube } }) => kube?.serviceName === "brief" && kube.servicePort === port);
  };
  await world.apply(service("brief"));
  await waitFor("a discovered Upstream", () => found(80));
  const labelled = service("brief");
  await world.apply({ ...labelled, metadata: { ...labelled.metadata, labels: { color: "blue" } } });
  await world.delete(service("brief"));
  await waitFor("it to be gone", async () => !await found(80));
}
