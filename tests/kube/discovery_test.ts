/** Discovered Upstreams as objects of a real API server. */
import assert from "node:assert/strict";
import { createUpstreamDiscovery, DiscoveryWriter, upstreamWrites } from "../../src/discovery/mod.ts";
import type { ObjectStore, UpstreamObject } from "../../src/discovery/mod.ts";
import { plugins } from "../../src/plugins/mod.ts";
import { createSchema } from "../../src/schema/mod.ts";
import { systemClock } from "../../src/telemetry/mod.ts";
import type { ResourceClient } from "../../src/watchers/mod.ts";
import { KubeServer } from "./kube_server.ts";

const schema = createSchema(plugins);
const UPSTREAMS = "/apis/gloo.solo.io/v1/namespaces/gloo-system/upstreams";
const SERVICES = "/api/v1/namespaces/shop/services";

interface List {
  readonly items: readonly Record<string, unknown>[];
}

/** Lists the Services of one API server; the test says when. */
function serviceClient(server: KubeServer): ResourceClient {
  return {
    name: "kube:services",
    register() {},
    async list() {
      const { items } = await server.request<List>("GET", SERVICES);
      const put = items.map((item) => {
        const document = { apiVersion: "v1", kind: "Service", ...item };
        return schema.decode(document, { defaultNamespace: "shop" }).resource!;
      });
      return { put, removed: [], reports: [] };
    },
    watch: () => Promise.resolve(),
  };
}

/** One Sluice that discovers and writes, with every request that it made. */
class Discoverer implements ObjectStore {
  readonly requests: string[] = [];
  readonly #server: KubeServer;
  readonly #writer: DiscoveryWriter;
  readonly #discovery;
  #objects: readonly UpstreamObject[] = [];
  #onReports = (): void => {};

  constructor(server: KubeServer) {
    this.#server = server;
    const options = { settings: {}, writeNamespace: "gloo-system", decode: schema.decode };
    this.#discovery = createUpstreamDiscovery({ services: serviceClient(server), ...options });
    this.#writer = new DiscoveryWriter({
      objects: this,
      plan: () => {
        const found = this.#discovery.found();
        return found && upstreamWrites({ found, objects: this.#objects, writeNamespace: "gloo-system" });
      },
      isLeader: () => true,
      clock: systemClock,
      settleMs: 0,
      onReports: () => this.#onReports(),
    });
  }

  async apply(path: string, object: unknown, manager: string): Promise<void> {
    this.requests.push(`apply ${path.slice(UPSTREAMS.length + 1)}`);
    await this.#server.apply(path, object, manager);
  }

  async delete(path: string, uid: string): Promise<void> {
    this.requests.push(`delete ${path.slice(UPSTREAMS.length + 1)}`);
    const response = await this.#server.raw("DELETE", path, { preconditions: { uid } });
    await response.body?.cancel();
    // Not found, or another object by now.
    if (!response.ok && ![404, 409].includes(response.status)) throw new Error(`${response.status}`);
  }

  /** Sees the state of the cluster as it is now. */
  async look(): Promise<void> {
    await this.#discovery.list(new AbortController().signal);
    this.#objects = (await this.#server.request<List>("GET", UPSTREAMS)).items as unknown as UpstreamObject[];
  }

  /** Writes by what was seen last, until all is written or something failed; tells which requests that took. */
  async write(): Promise<string[]> {
    this.requests.length = 0;
    const failed = new Promise<void>((resolve) => this.#onReports = resolve);
    this.#writer.changed();
    await Promise.race([this.#writer.written(), failed]);
    return [...this.requests];
  }

  get failures(): readonly string[] {
    return this.#writer.reports().map(({ ref }) => ref.name);
  }

  async lookAndWrite(): Promise<string[]> {
    await this.look();
    return await this.write();
  }

  stop(): Promise<void> {
    return this.#writer.stop();
  }
}

/** A cluster with Gloo's CRDs and two namespaces. */
async function cluster(): Promise<KubeServer> {
  const server = await KubeServer.start();
  for (const name of ["shop", "gloo-system"]) {
    await server.apply(`/api/v1/namespaces/${name}`, { apiVersion: "v1", kind: "Namespace", metadata: { name } });
  }
  for (const crd of schema.customResourceDefinitions()) {
    const { name } = (crd as { metadata: { name: string } }).metadata;
    if (name === "upstreams.gloo.solo.io") {
      await server.apply(`/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${name}`, crd);
    }
  }
  for (let isServed = false; !isServed;) {
    const response = await server.raw("GET", UPSTREAMS);
    await response.body?.cancel();
    isServed = response.ok;
  }
  return server;
}

const service = (name: string, ports: unknown[], annotations = {}, labels = {}) => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: { name, namespace: "shop", annotations, labels },
  spec: { selector: { app: name }, ports },
});
const http = { name: "http", port: 80 };

async function withCluster(test: (server: KubeServer) => Promise<void>): Promise<void> {
  const server = await cluster();
  try {
    await test(server);
  } finally {
    server.closeClient();
    await server.stop();
  }
}

const specOf = async (server: KubeServer, name: string): Promise<unknown> =>
  (await server.request<{ spec: unknown }>("GET", `${UPSTREAMS}/${name}`)).spec;

const kube = (name: string, servicePort: number) => ({
  serviceName: name,
  serviceNamespace: "shop",
  servicePort,
  selector: { app: name },
});

Deno.test("objects follow their Services, and edits of users stay", () =>
  withCluster(async (server) => {
    const sluice = new Discoverer(server);
    await server.apply(`${SERVICES}/pets`, service("pets", [http], { "gloo.solo.io/sslService.secret": "tls" }));
    assert.deepEqual(await sluice.lookAndWrite(), ["apply shop-pets-80"]);
    const created = await server.request<UpstreamObject>("GET", `${UPSTREAMS}/shop-pets-80`);
    assert.deepEqual(created.metadata.labels, { discovered_by: "kubernetesplugin" });
    const sslConfig = { secretRef: { name: "tls", namespace: "shop" } };
    assert.deepEqual(created.spec, { discoveryMetadata: {}, kube: kube("pets", 80), sslConfig });
    assert.deepEqual(await sluice.lookAndWrite(), []);

    // A user adds a field, changes a discovered one, and breaks the reference.
    const edit = {
      spec: { connectionConfig: { connectTimeout: "1s" }, kube: { selector: { app: "mine" }, servicePort: 9 } },
    };
    const edited = `${UPSTREAMS}/shop-pets-80?fieldManager=kubectl-edit`;
    await server.request("PATCH", edited, edit, "application/merge-patch+json");
    assert.deepEqual(await sluice.lookAndWrite(), ["apply shop-pets-80"]);
    const mended = { ...kube("pets", 80), selector: { app: "mine" } };
    const { connectionConfig } = edit.spec;
    assert.deepEqual(await specOf(server, "shop-pets-80"), {
      discoveryMetadata: {},
      kube: mended,
      sslConfig,
      connectionConfig,
    });
    assert.deepEqual(await sluice.lookAndWrite(), []);

    // A user takes files instead of the Secret: one of the two may be set.
    const files = { sslConfig: { secretRef: null, sslFiles: { rootCa: "/ca" } } };
    await server.request("PATCH", edited, { spec: files }, "application/merge-patch+json");
    assert.deepEqual(await sluice.lookAndWrite(), []);

    // The Service gets labels and loses its annotation: what the user wrote stays.
    await server.request("DELETE", `${SERVICES}/pets`);
    await server.apply(
      `${SERVICES}/pets`,
      service("pets", [http], {}, { team: "a", "app.kubernetes.io/name": "pets" }),
    );
    assert.deepEqual(await sluice.lookAndWrite(), ["apply shop-pets-80"]);
    const labels = { team: "a", "app.kubernetes.io/name": "pets" };
    assert.deepEqual(await specOf(server, "shop-pets-80"), {
      discoveryMetadata: { labels },
      kube: mended,
      connectionConfig,
      sslConfig: { sslFiles: { rootCa: "/ca" } },
    });
    assert.deepEqual(await sluice.lookAndWrite(), []);

    // An annotation comes and goes, and what it said with it.
    await server.apply(`${SERVICES}/pets`, service("pets", [http], { "gloo.solo.io/h2_service": "true" }, labels));
    assert.deepEqual(await sluice.lookAndWrite(), ["apply shop-pets-80"]);
    assert.equal((await specOf(server, "shop-pets-80") as { useHttp2?: boolean }).useHttp2, true);
    await server.apply(`${SERVICES}/pets`, service("pets", [http], {}, labels));
    assert.deepEqual(await sluice.lookAndWrite(), ["apply shop-pets-80"]);
    assert.equal((await specOf(server, "shop-pets-80") as { useHttp2?: boolean }).useHttp2, undefined);
    assert.deepEqual(await sluice.lookAndWrite(), []);

    // Another port, then none: an object for each, and none that nobody stands behind.
    await server.apply(`${SERVICES}/pets`, service("pets", [{ name: "grpc", port: 81 }]));
    assert.deepEqual(await sluice.lookAndWrite(), ["apply shop-pets-81", "delete shop-pets-80"]);
    assert.deepEqual(await specOf(server, "shop-pets-81"), {
      discoveryMetadata: {},
      kube: kube("pets", 81),
      useHttp2: true,
    });
    assert.deepEqual(await sluice.lookAndWrite(), []);
    await server.request("DELETE", `${SERVICES}/pets`);
    assert.deepEqual(await sluice.lookAndWrite(), ["delete shop-pets-81"]);
    assert.deepEqual((await server.request<List>("GET", UPSTREAMS)).items, []);
    await sluice.stop();
  }));

Deno.test("a user's Upstream of a discovered name is left alone, and so is one that Gloo wrote for as long as it is right", () =>
  withCluster(async (server) => {
    const sluice = new Discoverer(server);
    await server.apply(`${SERVICES}/pets`, service("pets", [http, { name: "grpc", port: 81 }]));
    const object = (name: string, spec: unknown, labels = {}) => ({
      apiVersion: "gloo.solo.io/v1",
      kind: "Upstream",
      metadata: { name, namespace: "gloo-system", labels },
      spec,
    });
    const byHand = { static: { hosts: [{ addr: "192.0.2.1", port: 80 }] } };
    await server.apply(`${UPSTREAMS}/shop-pets-80`, object("shop-pets-80", byHand));
    const byGloo = object("shop-pets-81", { discoveryMetadata: {}, kube: kube("pets", 81), useHttp2: true }, {
      discovered_by: "kubernetesplugin",
    });
    await server.request("POST", `${UPSTREAMS}?fieldManager=discovery`, byGloo);
    assert.deepEqual(await sluice.lookAndWrite(), []);

    await server.apply(`${SERVICES}/pets`, service("pets", [http, { name: "grpc", port: 81 }], {}, { team: "a" }));
    assert.deepEqual(await sluice.lookAndWrite(), ["apply shop-pets-81"]);
    assert.deepEqual(await specOf(server, "shop-pets-81"), {
      discoveryMetadata: { labels: { team: "a" } },
      kube: kube("pets", 81),
      useHttp2: true,
    });
    await server.request("DELETE", `${SERVICES}/pets`);
    assert.deepEqual(await sluice.lookAndWrite(), ["delete shop-pets-81"]);
    assert.deepEqual(await specOf(server, "shop-pets-80"), byHand);
    await sluice.stop();
  }));

Deno.test("two writers at once, and one that looked before another wrote, do no harm", () =>
  withCluster(async (server) => {
    const [one, two] = [new Discoverer(server), new Discoverer(server)];
    await server.apply(`${SERVICES}/pets`, service("pets", [http]));
    await Promise.all([one.look(), two.look()]);
    assert.deepEqual(await Promise.all([one.write(), two.write()]), [["apply shop-pets-80"], ["apply shop-pets-80"]]);
    const version = async (): Promise<string> => {
      const { metadata } = await server.request<UpstreamObject>("GET", `${UPSTREAMS}/shop-pets-80`);
      return metadata.resourceVersion;
    };
    const written = await version();
    assert.deepEqual([await one.lookAndWrite(), await two.lookAndWrite()], [[], []]);

    // What a user writes between look and write is not lost.
    await server.apply(`${SERVICES}/pets`, service("pets", [http], {}, { team: "a" }));
    await one.look();
    const edit = { spec: { discoveryMetadata: { labels: { team: "mine" } } } };
    const edited = `${UPSTREAMS}/shop-pets-80?fieldManager=kubectl-edit`;
    await server.request("PATCH", edited, edit, "application/merge-patch+json");
    assert.deepEqual(await one.write(), ["apply shop-pets-80"]);
    assert.deepEqual(one.failures, ["shop-pets-80"]);
    assert.notEqual(await version(), written);
    assert.deepEqual(await one.lookAndWrite(), []);
    assert.deepEqual([one.failures, await two.lookAndWrite()], [[], []]);
    assert.deepEqual(await specOf(server, "shop-pets-80"), {
      discoveryMetadata: { labels: { team: "mine" } },
      kube: kube("pets", 80),
    });

    // Of two that delete, the later finds nothing, or another object of the name, which it leaves alone.
    await server.request("DELETE", `${SERVICES}/pets`);
    await Promise.all([one.look(), two.look()]);
    assert.deepEqual(await one.write(), ["delete shop-pets-80"]);
    await server.apply(`${SERVICES}/pets`, service("pets", [http]));
    assert.deepEqual(await one.lookAndWrite(), ["apply shop-pets-80"]);
    assert.deepEqual(await two.write(), ["delete shop-pets-80"]);
    assert.deepEqual(await specOf(server, "shop-pets-80"), { discoveryMetadata: {}, kube: kube("pets", 80) });
    await Promise.all([one.stop(), two.stop()]);
  }));
