/** What docs/migrate-from-gloo.md tells: its patches, on Services as Gloo's Helm chart makes them, and an Envoy taken over. */
import assert from "node:assert/strict";
import { freePort, type RunningEnvoy, send, startEnvoy, waitFor } from "../envoy/harness.ts";
import { type RunningSluice, startSluice } from "../envoy/product.ts";
import { issue, type KeyPair, newAuthority } from "../feature/certificates.ts";
import { backendOn } from "./backends.ts";
import { gatewayListener, serviceCluster, startStandIn, staticCluster, virtualHost } from "./gloo_stand_in.ts";
import { type KubeObject, printedManifests, withKube } from "./kube_objects.ts";
import type { KubeServer } from "./kube_server.ts";
import { service as shopService, slice } from "./services.ts";
import { SteadyRequests } from "./steady_requests.ts";
import { answering, type Manifest, pathOf, World } from "./world.ts";

const PAGE = new URL("../../docs/migrate-from-gloo.md", import.meta.url);
const NAMESPACE = "/api/v1/namespaces/gloo-system";

/** The Service that a patch of the page is for, and the patch. */
async function patchOf(name: string): Promise<{ readonly service: string; readonly patch: unknown }> {
  const text = (await Deno.readTextFile(PAGE)).split(`<!-- patch: ${name} -->`)[1]?.split("```")[1] ?? "";
  const found = /patch service (\S+) --type=json -p[\s\\]*'(.*)'/.exec(text);
  assert.ok(found, `the page has a patch ${name}`);
  return { service: found[1]!, patch: JSON.parse(found[2]!) };
}

const service = (name: string, selector: object, ports: object[]): KubeObject => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: { name, namespace: "gloo-system" },
  spec: { selector, ports },
});

/** Makes a pod that is ready at an address, as a kubelet would tell. */
async function runPod(server: KubeServer, name: string, ip: string, labels: object, ports: object[]): Promise<void> {
  await server.request("POST", `${NAMESPACE}/pods`, {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, labels },
    spec: { nodeName: "node-a", containers: [{ name: "main", image: "main", ports }] },
  });
  await server.request("PATCH", `${NAMESPACE}/pods/${name}/status`, {
    status: {
      phase: "Running",
      podIP: ip,
      podIPs: [{ ip }],
      conditions: [{ type: "Ready", status: "True" }],
    },
  }, "application/merge-patch+json");
}

/** Addresses with ports that a Service leads to. */
async function endpointsOf(server: KubeServer, name: string): Promise<string[]> {
  const { items } = await server.request<{ items: KubeObject[] }>(
    "GET",
    `/apis/discovery.k8s.io/v1/namespaces/gloo-system/endpointslices?labelSelector=kubernetes.io/service-name=${name}`,
  );
  return items.flatMap(({ endpoints, ports }) =>
    (endpoints ?? []).flatMap(({ addresses }: { addresses: string[] }) =>
      addresses.flatMap((address) => (ports ?? []).map(({ port }: { port: number }) => `${address}:${port}`))
    )
  ).toSorted();
}

Deno.test("migration: the page's patches lead Gloo's Services to Sluice and its Envoys, and back", async () => {
  await withKube(async (server, applier) => {
    const objects = await printedManifests();
    await applier.applyAll(objects);
    const template = (name: string) =>
      objects.find(({ kind, metadata }) => kind === "Deployment" && metadata.name === name)!.spec.template;
    const [sluice, envoy] = [template("sluice"), template("sluice-envoy-gateway-proxy")];
    await applier.applyAll([
      service("gloo", { gloo: "gloo" }, [{ name: "grpc-xds", port: 9977 }]),
      service("gateway-proxy", { "gateway-proxy": "live", "gateway-proxy-id": "gateway-proxy" }, [
        { name: "http", port: 80, targetPort: 8080 },
        { name: "https", port: 443, targetPort: 8443 },
      ]),
    ]);
    const proxy = { gloo: "gateway-proxy", "gateway-proxy": "live", "gateway-proxy-id": "gateway-proxy" };
    await runPod(server, "gloo", "10.1.0.1", { gloo: "gloo" }, []);
    await runPod(server, "sluice", "10.1.0.2", sluice.metadata.labels, sluice.spec.containers[0].ports);
    await runPod(server, "gateway-proxy", "10.1.0.3", proxy, []);
    await runPod(server, "envoy", "10.1.0.4", envoy.metadata.labels, envoy.spec.containers[0].ports);

    const leadsTo = async (name: string, ...expected: string[]): Promise<void> => {
      await waitFor(`${name} to lead to ${expected.join(", ")}`, async () => {
        return (await endpointsOf(server, name)).join() === expected.join();
      });
    };
    await leadsTo("gloo", "10.1.0.1:9977");
    await leadsTo("gateway-proxy", "10.1.0.3:8080", "10.1.0.3:8443");
    await leadsTo("sluice", "10.1.0.2:8443", "10.1.0.2:9977");
    await leadsTo("sluice-envoy-gateway-proxy", "10.1.0.4:8080", "10.1.0.4:8443");

    const steps: [patch: string, ...leads: string[]][] = [
      ["to Sluice's Envoys", "10.1.0.4:8080", "10.1.0.4:8443"],
      ["to Gloo's Envoys", "10.1.0.3:8080", "10.1.0.3:8443"],
      ["to Sluice", "10.1.0.2:9977"],
      ["to Gloo", "10.1.0.1:9977"],
    ];
    for (const [name, ...leads] of steps) {
      const { service, patch } = await patchOf(name);
      await server.request("PATCH", `${NAMESPACE}/services/${service}`, patch, "application/json-patch+json");
      await leadsTo(service, ...leads);
    }
  });
});

Deno.test("migration: statuses need Sluice's definitions; with them, what Gloo writes as a status is ignored", async () => {
  await withKube(async (server, applier) => {
    const path = "/apis/gloo.solo.io/v1/namespaces/default/upstreams";
    const definitionPath = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/upstreams.gloo.solo.io";
    const upstream = { apiVersion: "gloo.solo.io/v1", kind: "Upstream", metadata: { name: "blue" }, spec: {} };
    await server.request("POST", path, upstream);
    const byGloo = async (): Promise<unknown> => {
      const patch = [{ op: "add", path: "/status", value: { statuses: { "gloo-system": { state: 1 } } } }];
      const { status } = await server.request<KubeObject>(
        "PATCH",
        `${path}/blue`,
        patch,
        "application/json-patch+json",
      );
      // Definitions may make an empty status of none.
      return status?.statuses;
    };
    const bySluice = async (): Promise<number> => {
      const status = { statuses: { "gloo-system": { state: 1 } } };
      const answer = await server.raw(
        "PATCH",
        `${path}/blue/status?fieldManager=sluice&force=true`,
        { ...upstream, spec: undefined, status },
        "application/apply-patch+yaml",
      );
      await answer.body?.cancel();
      return answer.status;
    };
    assert.equal(await byGloo(), undefined);
    assert.equal(await bySluice(), 200);
    const withSubresource = (await printedManifests("--crds")).find(({ metadata }) =>
      metadata.name === "upstreams.gloo.solo.io"
    )!;
    const [version] = withSubresource.spec.versions;
    const gloos = {
      ...withSubresource,
      spec: { ...withSubresource.spec, versions: [{ ...version, subresources: {} }] },
    };
    await server.request("PATCH", definitionPath, gloos, "application/merge-patch+json");
    await waitFor("statuses to be a part of the object", async () => await bySluice() === 404);
    await waitFor("Gloo to write its status", async () => await byGloo() !== undefined);
    await applier.applyDefinitions([withSubresource]);
    await waitFor("statuses to have a subresource again", async () => await bySluice() === 200);
  });
});

const [BLUE, GREEN] = ["10.77.0.31", "10.77.0.32"];

const ofGloo = (apiVersion: string, kind: string, name: string, spec: object, labels?: object): Manifest => ({
  apiVersion,
  kind,
  metadata: { name, namespace: "gloo-system", ...(labels && { labels }) },
  spec,
});

const inGateway = (kind: string, name: string, spec: object): Manifest =>
  ofGloo("gateway.solo.io/v1", kind, name, spec);

const to = (prefix: string, single: object): object => ({ matchers: [{ prefix }], routeAction: { single } });

/** The configuration of a cluster with Gloo, and what Gloo itself left there. */
function configuration(http: number, https: number, { certificate, key }: KeyPair) {
  const discovered = { upstream: { name: "shop-pets-80", namespace: "gloo-system" } };
  const gateway = (name: string, bindPort: number, ssl: boolean) =>
    inGateway("Gateway", name, {
      bindAddress: "127.0.0.1",
      bindPort,
      ssl,
      httpGateway: {},
      proxyNames: ["gateway-proxy"],
    });
  const told = [
    gateway("gateway-proxy", http, false),
    gateway("gateway-proxy-ssl", https, true),
    inGateway("VirtualService", "shop", {
      virtualHost: {
        domains: ["shop.test"],
        routes: [
          to("/static", { upstream: { name: "static", namespace: "gloo-system" } }),
          to("/kube", { kube: { ref: { name: "pets", namespace: "shop" }, port: 80 } }),
          { matchers: [{ prefix: "/api" }], delegateAction: { ref: { name: "api", namespace: "gloo-system" } } },
          to("/", discovered),
        ],
      },
    }),
    inGateway("VirtualService", "secure", {
      sslConfig: { secretRef: { name: "cert", namespace: "gloo-system" }, sniDomains: ["secure.test"] },
      virtualHost: { domains: ["secure.test"], routes: [to("/", discovered)] },
    }),
    inGateway("RouteTable", "api", { routes: [to("/api", discovered)] }),
    ofGloo("gloo.solo.io/v1", "Upstream", "static", { static: { hosts: [{ addr: GREEN, port: 8080 }] } }),
    ofGloo("gloo.solo.io/v1", "Upstream", "shop-pets-80", {
      discoveryMetadata: {},
      kube: { serviceName: "pets", serviceNamespace: "shop", servicePort: 80 },
    }, { discovered_by: "kubernetesplugin" }),
  ];
  const kept = (name: string, port: number, createdBy: string) =>
    ofGloo("gloo.solo.io/v1", "Proxy", name, {
      listeners: [{ name: "kept", bindAddress: "127.0.0.1", bindPort: port, httpListener: {} }],
    }, { created_by: createdBy });
  const proxies = [
    kept("gateway-proxy", http, "gloo-gateway-translator"),
    kept("ingress-proxy", freePort(), "gloo-ingress"),
  ];
  const secret = {
    apiVersion: "v1",
    kind: "Secret",
    type: "kubernetes.io/tls",
    metadata: { name: "cert", namespace: "gloo-system" },
    data: { "tls.crt": btoa(certificate), "tls.key": btoa(key) },
  };
  return { told, proxies, others: [shopService("pets"), slice("pets", [BLUE]), secret] };
}

/** What Gloo makes of it. */
function asGlooServes(http: number, https: number, pair: KeyPair) {
  const pets = "shop-pets-80_gloo-system";
  const shop = [["/static", "static_gloo-system"], ["/kube", "kube-svc:shop-pets-80_shop"], ["/api", pets], [
    "/",
    pets,
  ]];
  return [
    ...gatewayListener(http, [virtualHost("shop", "shop.test", shop as [string, string][])]),
    ...gatewayListener(https, [virtualHost("secure", "secure.test", [["/", pets]])], {
      serverName: "secure.test",
      pair,
    }),
    staticCluster("static_gloo-system", GREEN, 8080),
    ...serviceCluster(pets, "2478908710945659515", [BLUE], 8080),
    ...serviceCluster("kube-svc:shop-pets-80_shop", "13446993668182256314", [BLUE], 8080),
    ...serviceCluster("kube-svc:default-kubernetes-443_default", "6792380715946336394", ["127.0.0.1"], 6443),
  ];
}

/** As Gloo writes it, of a state of affairs that is over. */
const GLOOS_STATUS = {
  state: "Warning",
  reportedBy: "gloo",
  reason: "warning: of Gloo",
  subresourceStatuses: { "*v1.Proxy.gateway-proxy_gloo-system": { state: "Warning", reportedBy: "gloo" } },
};

/** Waits until all that Envoy has bears Sluice's stamp, or nothing does, and nothing is on its way. */
async function servedBy(who: "Gloo" | "Sluice", envoy: RunningEnvoy): Promise<void> {
  interface Dump {
    readonly configs?: readonly {
      readonly active_state?: object;
      readonly warming_state?: object;
      readonly cluster?: object;
    }[];
  }
  await waitFor(`Envoy to have what ${who} serves`, async () => {
    const all: object[] = [];
    for (const part of ["dynamic_listeners", "dynamic_active_clusters", "dynamic_route_configs"]) {
      const { configs = [] } = await envoy.admin(`config_dump?resource=${part}`) as Dump;
      if (configs.some(({ warming_state }) => warming_state !== undefined)) return false;
      if (part === "dynamic_listeners" && configs.length !== 2) return false;
      all.push(...configs);
    }
    const stamped = all.filter((one) => JSON.stringify(one).includes('"sluice"')).length;
    return stamped === (who === "Sluice" ? all.length : 0) &&
      await envoy.stat("cluster_manager.warming_clusters") === 0 &&
      await envoy.stat("control_plane.connected_state") === 1;
  });
}

/** A cluster that Gloo has served so far, with one Envoy and traffic. */
interface Scene {
  readonly world: World;
  readonly http: number;
  /** All that Sluice is to give a status, and what it is to leave alone. */
  readonly told: readonly Manifest[];
  readonly proxies: readonly Manifest[];
  readonly envoy: RunningEnvoy;
  readonly requests: SteadyRequests;
  startGloo(): Promise<void>;
  stopGloo(): Promise<void>;
  startSluice(): Promise<RunningSluice>;
}

async function withScene(play: (scene: Scene) => Promise<void>): Promise<void> {
  const world = await World.start(["gloo-system", "shop"]);
  const [http, https, xds] = [freePort(), freePort(), `127.0.0.1:${freePort()}`];
  const authority = await newAuthority("test");
  const pair = await issue(authority, "secure.test", ["secure.test"]);
  const { told, proxies, others } = configuration(http, https, pair);
  for (const object of [...told, ...proxies, ...others]) await world.apply(object);
  for (const object of [...told, ...proxies]) {
    const status = { statuses: { "gloo-system": GLOOS_STATUS } };
    const path = `${pathOf(object)}/status?fieldManager=gloo`;
    await world.server.request("PATCH", path, { status }, "application/merge-patch+json");
  }
  const running: { stop(): Promise<unknown> }[] = [backendOn(BLUE, "blue"), backendOn(GREEN, "green")];
  let gloo: Awaited<ReturnType<typeof startStandIn>> | undefined;
  const startGloo = async () => void (gloo = await startStandIn(xds, asGlooServes(http, https, pair)));
  const stopGloo = async () => await gloo?.close(0);
  try {
    await startGloo();
    running.unshift({ stop: stopGloo });
    const envoy = await startEnvoy({ xds });
    running.unshift(envoy);
    await servedBy("Gloo", envoy);
    const target = (path: string, answer: string) => ({ port: http, host: "shop.test", path, answer });
    const requests = new SteadyRequests([
      ...[target("/static", "green"), target("/kube", "blue"), target("/api/pets", "blue"), target("/", "blue")],
      { port: https, host: "secure.test", path: "/", answer: "blue", ca: authority.certificate },
    ]);
    running.unshift(requests);
    await play({
      ...{ world, http, told, proxies, envoy, requests, startGloo, stopGloo },
      startSluice: async () => {
        const sluice = await startSluice({
          sources: ["--kubeconfig", world.server.ready.kubeconfig],
          xdsAddress: xds,
        });
        running.unshift(sluice);
        return sluice;
      },
    });
  } finally {
    for (const one of running) await one.stop();
    await world.stop();
  }
}

Deno.test("migration: a running Envoy goes from Gloo to Sluice and back, and no request on the way fails", async () => {
  await withScene(async ({ world, http, told, proxies, envoy, requests, ...scene }) => {
    const goOn = async (): Promise<void> => {
      const from = requests.least;
      await waitFor("more requests", () => requests.least > from + 20);
      assert.deepEqual(requests.faults, []);
    };
    const alone = async (): Promise<void> => {
      await waitFor("Envoy to be alone", async () => await envoy.stat("control_plane.connected_state") === 0);
      await goOn();
    };
    const listenerStat = (name: string) => envoy.stat(`listener_manager.${name}`);
    await goOn();
    await scene.stopGloo();
    await alone();

    const sluice = await scene.startSluice();
    await servedBy("Sluice", envoy);
    await goOn();
    assert.equal(await listenerStat("listener_modified"), 2, "Gloo's names, so they are changed and none is another");
    for (const object of told) {
      const reportedBy = object.kind === "Upstream" ? "gloo" : "gateway";
      await waitFor(`the status of ${object.kind} ${object.metadata.name}`, async () => {
        const { status } = await world.get(object);
        assert.deepEqual(status?.statuses, { "gloo-system": { state: "Accepted", reportedBy } });
        return true;
      });
    }
    for (const proxy of proxies) {
      assert.deepEqual((await world.get(proxy)).status?.statuses, { "gloo-system": GLOOS_STATUS }, "passed over");
      assert.equal(await sluice.status("Proxy", proxy.metadata.name), undefined);
    }
    await world.apply(answering("late", "by Sluice", "late.test"));
    await waitFor("an edit", async () => (await send(http, "/", { host: "late.test" })).body === "by Sluice");

    await sluice.stop();
    await alone();
    await scene.startGloo();
    await servedBy("Gloo", envoy);
    await goOn();
    assert.equal(await listenerStat("listener_modified"), 4);
    assert.deepEqual([await listenerStat("listener_added"), await listenerStat("listener_removed")], [2, 0]);
    assert.deepEqual(
      [await listenerStat("lds.update_rejected"), await envoy.stat("cluster_manager.cds.update_rejected")],
      [0, 0],
    );
  });
});
