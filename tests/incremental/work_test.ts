/**
 * The work that one edit makes among 300 VirtualServices of 5 routes: it grows with what depends on the edited resource,
 * not with the configuration. Counts, not times.
 */
import assert from "node:assert/strict";
import { type Certificate, createAuthority } from "../../scripts/certificates.ts";
import type { Kind, ResourceId } from "../../src/api/mod.ts";
import { Incremental } from "../../src/incremental/mod.ts";
import { plugins } from "../../src/plugins/mod.ts";
import type { ApiSnapshot } from "../../src/snapshot/mod.ts";
import { EMPTY_MEMORY, type Memory, translate } from "../../src/syncer/mod.ts";
import type { EnvoySnapshot, XdsResource } from "../../src/xds/mod.ts";
import type { Document } from "./documents.ts";
import { WRITE_NAMESPACE } from "./names.ts";
import { finish, settingsOf } from "./twin.ts";
import { World } from "./world.ts";

const HOSTS = 300;
const UPSTREAMS = 30;
/** Every tenth VirtualService delegates to one of these. */
const TABLES = 10;
/** Every twentieth VirtualService has the options of one of these. */
const OPTIONS = 5;
/** VirtualServices with TLS, in pairs that share a certificate. */
const TLS_HOSTS = 6;
/** Services with an Upstream each; the first is a destination without one, too. */
const SERVICES = 10;
/** With one that delegates by labels, and one that leads to a Service. */
const ALL_HOSTS = HOSTS + TLS_HOSTS + 2;

const certificates = await Promise.all(["one", "two", "three", "other"].map(createAuthority));

const ref = (name: string) => ({ name, namespace: WRITE_NAMESPACE });
const idOf = (kind: Kind, name: string): ResourceId => ({ kind, ...ref(name) });
const document = (kind: Kind, name: string, spec: object): Document => ({ kind, metadata: ref(name), spec });
const list = <T>(length: number, make: (i: number) => T): T[] => Array.from({ length }, (_, i) => make(i));

function toUpstream(prefix: string, upstream: number): object {
  return {
    matchers: [{ prefix }],
    routeAction: { single: { upstream: ref(`up-${upstream}`) } },
    options: { timeout: "5s" },
  };
}

/** Of the host of this number; `last` is the last of its routes. */
function virtualService(i: number, last: object = toUpstream("/", i % UPSTREAMS), more: object = {}): Document {
  const routes = [...list(4, (n) => toUpstream(`/part-${n}`, i % UPSTREAMS)), last];
  const refs = i % 20 === 0 ? { optionsConfigRefs: { delegateOptions: [ref(`options-${(i / 20) % OPTIONS}`)] } } : {};
  const virtualHost = { domains: [`host-${i}.test`], routes, ...refs };
  return document("VirtualService", `vs-${i}`, { virtualHost, ...more });
}

function delegation(i: number): object {
  return { matchers: [{ prefix: "/" }], delegateAction: { ref: ref(`table-${(i / 10) % TABLES}`) } };
}

function tlsService(i: number): Document {
  const sslConfig = { secretRef: ref(`cert-${i % 3}`), sniDomains: [`tls-${i}.test`] };
  const virtualHost = { domains: [`tls-${i}.test`], routes: [toUpstream("/", 0)] };
  return document("VirtualService", `tls-${i}`, { virtualHost, sslConfig });
}

function table(i: number, status = 200): Document {
  const routes = [{ matchers: [{ prefix: "/table" }], directResponseAction: { status } }, toUpstream("/", 1)];
  return document("RouteTable", `table-${i}`, { routes });
}

/** Delegates by labels. */
function selecting(): Document {
  const routes = [{ matchers: [{ prefix: "/" }], delegateAction: { selector: { labels: { app: "shop" } } } }];
  return document("VirtualService", "selecting", { virtualHost: { domains: ["selecting.test"], routes } });
}

/** The only RouteTable with labels. */
function labelled(status: number): Document {
  const routes = [{ matchers: [{ prefix: "/shop" }], directResponseAction: { status } }];
  return {
    ...document("RouteTable", "labelled", { routes }),
    metadata: { ...ref("labelled"), labels: { app: "shop" } },
  };
}

function upstream(i: number, connectTimeout = "1s"): Document {
  const hosts = [{ addr: `10.0.0.${i + 1}`, port: 80 }];
  const sslConfig = i === UPSTREAMS - 1 ? { sslConfig: { secretRef: ref("cert-2") } } : {};
  return document("Upstream", `up-${i}`, { static: { hosts }, connectionConfig: { connectTimeout }, ...sslConfig });
}

function options(i: number, value = "1"): Document {
  const responseHeadersToAdd = [{ header: { key: "x-options", value } }];
  return document("VirtualHostOption", `options-${i}`, { options: { headerManipulation: { responseHeadersToAdd } } });
}

function service(i: number, metadata = {}): Document {
  const made = document("Service", `svc-${i}`, { clusterIP: "10.96.0.1", ports: [{ name: "web", port: 80 }] });
  return { ...made, metadata: { ...made.metadata, ...metadata } };
}

/** With a pod for each of these numbers. */
function slice(i: number, pods: readonly number[] = [1, 2, 3]): Document {
  const endpoints = pods.map((pod) => ({
    addresses: [`10.2.${i}.${pod}`],
    zone: `zone-${pod % 2}`,
    targetRef: { kind: "Pod", name: `pod-${i}-${pod}` },
  }));
  const spec = { addressType: "IPv4", ports: [{ name: "web", port: 8080 }], endpoints };
  const labels = { "kubernetes.io/service-name": `svc-${i}` };
  return { ...document("EndpointSlice", `svc-${i}-1`, spec), metadata: { ...ref(`svc-${i}-1`), labels } };
}

/** Only that of the last Service goes by the labels of pods. */
function kubeUpstream(i: number): Document {
  const subsets = i === SERVICES - 1 ? { subsetSpec: { selectors: [{ keys: ["version"] }] } } : {};
  return document("Upstream", `kube-${i}`, { kube: { serviceName: `svc-${i}`, servicePort: 80, ...subsets } });
}

function pod(i: number, n: number, labels: Readonly<Record<string, string>>): Document {
  return { ...document("Pod", `pod-${i}-${n}`, {}), metadata: { ...ref(`pod-${i}-${n}`), labels } };
}

/** Leads to a Service without an Upstream. */
function toService(): Document {
  const kube = { ref: ref("svc-0"), port: 80 };
  const routes = [{ matchers: [{ prefix: "/" }], routeAction: { single: { kube } } }];
  return document("VirtualService", "to-service", { virtualHost: { domains: ["service.test"], routes } });
}

function endpoint(address: string): Document {
  return document("Endpoint", "pod", { upstreams: [ref("up-0")], address, port: 80 });
}

function secret(i: number, { cert, key }: Certificate): Document {
  return document("Secret", `cert-${i}`, { tls: { certChain: cert, privateKey: key, rootCa: cert } });
}

function configuration(): Document[] {
  return [
    document("Gateway", "web", { bindPort: 8080, httpGateway: {} }),
    document("Gateway", "tls", { bindPort: 8443, ssl: true, httpGateway: {} }),
    ...list(HOSTS, (i) => i % 10 === 0 ? virtualService(i, delegation(i)) : virtualService(i)),
    ...list(TLS_HOSTS, tlsService),
    ...list(TABLES, (i) => table(i)),
    ...list(UPSTREAMS, (i) => upstream(i)),
    ...list(OPTIONS, (i) => options(i)),
    ...list(3, (i) => secret(i, certificates[i]!)),
    endpoint("10.1.0.1"),
    selecting(),
    labelled(200),
    ...list(SERVICES, (i) => service(i)),
    ...list(SERVICES, (i) => slice(i)),
    ...list(SERVICES, kubeUpstream),
    pod(SERVICES - 1, 1, { version: "1", hash: "a" }),
    toService(),
    document("RouteOption", "unused", { options: { timeout: "1s" } }),
  ];
}

/** How many results of each sort were made anew; sorts of which none was made are left out. */
type Made = Readonly<Record<string, number>>;

/** What one edit came to. */
interface Work {
  readonly made: Made;
  /** How many xDS resources of each type are not those of before. */
  readonly sent: Readonly<Record<string, number>>;
  /** Bytes of these. */
  readonly bytes: number;
}

class Bench implements AsyncDisposable {
  readonly world = new World();
  readonly #incremental = new Incremental();
  #memory: Memory = EMPTY_MEMORY;
  #served = new Set<XdsResource>();
  #counts = new Map<string, number>();

  constructor() {
    for (const document of configuration()) this.world.put(document);
  }

  /** Translates what was put and removed. */
  async sync(): Promise<Work> {
    return this.translate(await this.world.commit());
  }

  translate(snapshot: ApiSnapshot): Work {
    const { proxies, memory } = finish(translate({
      snapshot,
      settings: settingsOf(snapshot),
      writeNamespace: WRITE_NAMESPACE,
      plugins,
      memory: this.#memory,
      now: 0,
      incremental: this.#incremental,
    }));
    this.#memory = memory;
    const resources = proxies.flatMap(({ snapshot }) => resourcesOf(snapshot));
    const fresh = resources.filter(({ resource }) => !this.#served.has(resource));
    this.#served = new Set(resources.map(({ resource }) => resource));
    return {
      made: this.#made(),
      sent: tally(fresh.map(({ type }) => type)),
      bytes: fresh.reduce((sum, { resource }) => sum + resource.bytes.length, 0),
    };
  }

  #made(): Made {
    const before = this.#counts;
    this.#counts = new Map([...this.#incremental.counts()].map(([name, { made }]) => [name, made]));
    const made = [...this.#counts].map(([name, count]) => [name, count - (before.get(name) ?? 0)] as const);
    return Object.fromEntries(made.filter(([, count]) => count > 0).sort(([a], [b]) => a < b ? -1 : 1));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.world[Symbol.asyncDispose]();
  }
}

/** What a delta client is sent: virtual hosts one by one. */
function resourcesOf(snapshot: EnvoySnapshot): { readonly type: string; readonly resource: XdsResource }[] {
  const { listeners, clusters, endpoints, secrets } = snapshot;
  const sets = { listeners, clusters, endpoints, secrets };
  const hosts = [...snapshot.routes.values()].flatMap(({ virtualHosts }) => [...virtualHosts.values()]);
  return [
    ...Object.entries(sets).flatMap(([type, set]) => [...set.values()].map((resource) => ({ type, resource }))),
    ...hosts.map((resource) => ({ type: "virtualHosts", resource })),
  ];
}

function tally(names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}

/** The work of one edit in the whole configuration. */
async function workOf(edit: (world: World) => void): Promise<Work> {
  await using bench = new Bench();
  const start = await bench.sync();
  assert.equal(start.made.virtualHost, ALL_HOSTS);
  assert.equal(start.sent.virtualHosts, ALL_HOSTS);
  edit(bench.world);
  return await bench.sync();
}

/** Results that are work on a resource each; the others are made of these, without looking into them. */
const RESOURCE_WORK = ["virtual service", "virtualHost", "filterChain", "upstream", "endpoints", "upstreamGroup"];

function check({ made, sent, bytes }: Work, expected: Pick<Work, "made" | "sent"> & { readonly most: number }): void {
  const ofResources = Object.entries(made).filter(([name]) => RESOURCE_WORK.includes(name));
  assert.deepEqual(Object.fromEntries(ofResources), expected.made);
  assert.deepEqual(sent, expected.sent);
  assert.ok(bytes <= expected.most, `${bytes} bytes`);
  for (const [name, count] of Object.entries(made)) assert.ok(count <= 10, `${name} was made ${count} times`);
}

Deno.test("nothing is made where nothing was edited, or only what nobody refers to", async () => {
  await using bench = new Bench();
  const snapshot = await bench.world.commit();
  bench.translate(snapshot);
  assert.deepEqual(bench.translate(snapshot), { made: {}, sent: {}, bytes: 0 });
  const unused = document("RouteOption", "unused", { options: { timeout: "2s" } });
  assert.deepEqual(await workOf((world) => world.put(unused)), { made: {}, sent: {}, bytes: 0 });
});

Deno.test("an edited route: its VirtualService and its virtual host", async () => {
  const edited = virtualService(7, { matchers: [{ prefix: "/" }], directResponseAction: { status: 204 } });
  const made = { "virtual service": 1, virtualHost: 1 };
  check(await workOf((world) => world.put(edited)), { made, sent: { virtualHosts: 1 }, most: 1000 });
});

Deno.test("a new VirtualService, and one that is gone", async () => {
  const added = await workOf((world) => world.put(virtualService(HOSTS + 1)));
  check(added, { made: { "virtual service": 1, virtualHost: 1 }, sent: { virtualHosts: 1 }, most: 1000 });
  const gone = await workOf((world) => world.remove(idOf("VirtualService", "vs-8")));
  check(gone, { made: {}, sent: {}, most: 0 });
});

Deno.test("an edited RouteTable: the VirtualServices that delegate to it, by name or by labels", async () => {
  const made = { "virtual service": 3, virtualHost: 3 };
  check(await workOf((world) => world.put(table(3, 204))), { made, sent: { virtualHosts: 3 }, most: 3000 });
  const selected = await workOf((world) => world.put(labelled(204)));
  check(selected, { made: { "virtual service": 1, virtualHost: 1 }, sent: { virtualHosts: 1 }, most: 1000 });
});

Deno.test("an edited VirtualHostOption: the three VirtualServices that refer to it", async () => {
  const made = { "virtual service": 3, virtualHost: 3 };
  check(await workOf((world) => world.put(options(2, "2"))), { made, sent: { virtualHosts: 3 }, most: 3000 });
});

Deno.test("an edited Upstream: its cluster; the ten virtual hosts that lead to it are looked at and stay", async () => {
  const work = await workOf((world) => world.put(upstream(5, "2s")));
  check(work, { made: { upstream: 1, endpoints: 1, virtualHost: 10 }, sent: { clusters: 1 }, most: 200 });
});

Deno.test("an edited Endpoint: the endpoints of one cluster", async () => {
  const work = await workOf((world) => world.put(endpoint("10.1.0.2")));
  check(work, { made: { endpoints: 1 }, sent: { endpoints: 1 }, most: 200 });
});

Deno.test("an edited Secret: the filter chains and the cluster that use it are looked at and stay", async () => {
  const ofChains = await workOf((world) => world.put(secret(0, certificates[3]!)));
  check(ofChains, { made: { filterChain: 2 }, sent: { secrets: 2 }, most: 2000 });
  const ofBoth = await workOf((world) => world.put(secret(2, certificates[3]!)));
  check(ofBoth, { made: { filterChain: 2, upstream: 1, endpoints: 1 }, sent: { secrets: 2 }, most: 2000 });
});

Deno.test("a pod comes, goes or moves: the endpoints of one cluster, and no cluster is looked at", async () => {
  const made = { endpoints: 1 };
  for (const pods of [[1, 2, 3, 4], [1, 2], [1, 2, 7], []]) {
    const work = await workOf((world) => world.put(slice(5, pods)));
    check(work, { made, sent: { endpoints: 1 }, most: 300 });
  }
  check(await workOf((world) => world.put(slice(5, [3, 1, 2]))), { made, sent: {}, most: 0 });
  const gone = await workOf((world) => world.remove(idOf("EndpointSlice", "svc-5-1")));
  check(gone, { made, sent: { endpoints: 1 }, most: 100 });
});

Deno.test("a pod of a Service that has an Upstream and is a destination without one: the endpoints of both", async () => {
  const work = await workOf((world) => world.put(slice(0, [1])));
  check(work, { made: { endpoints: 2 }, sent: { endpoints: 2 }, most: 300 });
});

Deno.test("labels of a pod: the endpoints of the Upstream with subsets; sent where it is a label of theirs", async () => {
  const other = await workOf((world) => world.put(pod(SERVICES - 1, 1, { version: "1", hash: "b" })));
  check(other, { made: { endpoints: 1 }, sent: {}, most: 0 });
  const moved = await workOf((world) => world.put(pod(SERVICES - 1, 1, { version: "2", hash: "a" })));
  check(moved, { made: { endpoints: 1 }, sent: { endpoints: 1 }, most: 400 });
  const ofNobody = await workOf((world) => world.put(pod(3, 1, { version: "2" })));
  assert.deepEqual(ofNobody, { made: {}, sent: {}, bytes: 0 });
});

Deno.test("a Service that is touched, and one that goes: what leads to it is looked at, the cluster stays", async () => {
  const touched = await workOf((world) => world.put(service(5, { labels: { seen: "yes" } })));
  check(touched, { made: { upstream: 1, endpoints: 1 }, sent: {}, most: 0 });
  const gone = await workOf((world) => world.remove(idOf("Service", "svc-5")));
  check(gone, { made: { upstream: 1, endpoints: 1 }, sent: { endpoints: 1 }, most: 100 });
});

Deno.test("a Service that nothing leads to costs nothing", async () => {
  const { sent, made } = await workOf((world) => world.put(service(SERVICES)));
  assert.deepEqual(sent, {});
  assert.deepEqual(made, { servicePortsByCluster: 1 });
});
