/** Certificates in a real API server, with the rights that docs/kubernetes-tls.md gives and no more. */
import assert from "node:assert/strict";
import { status } from "@grpc/grpc-js";
import {
  ClusterAuthority,
  type ClusterAuthorityOptions,
  rolesOf,
  type SecretObject,
  serviceNames,
} from "../../src/certificates/mod.ts";
import { isSignedBy, readCertificate, readCertificates } from "../../src/certificates/read_certificate.ts";
import { startXdsServer } from "../../src/server/mod.ts";
import { FakeClock } from "../../src/telemetry/fake_clock.ts";
import { createMetrics, silentLogger, systemClock } from "../../src/telemetry/mod.ts";
import { XdsCache } from "../../src/xds/mod.ts";
import { cluster, endpoints, host, listener, route, snapshot } from "../../src/xds/test_snapshot.ts";
import { CutRelay } from "../envoy/cut_relay.ts";
import { followingEnvoy } from "../envoy/following_envoy.ts";
import { freePort, type RunningEnvoy, startBackend, waitFor } from "../envoy/harness.ts";
import { MountedSecret } from "../envoy/mounted_secret.ts";
import { body } from "../envoy/xds_stage.ts";
import { CertificateStores } from "./certificate_stores.ts";
import { KubeServer } from "./kube_server.ts";

const NAMESPACE = "gloo-system";
const USER = `system:serviceaccount:${NAMESPACE}:sluice`;
const ROLE = `${NAMESPACE}~edge`;
const DAY_MS = 86_400_000;
const WEBHOOK = "sluice-validation";

/** The rights of the page, for a proxy called `edge`. */
async function allow(server: KubeServer): Promise<void> {
  const [api, metadata] = ["rbac.authorization.k8s.io", { name: "sluice-certificates" }];
  const subjects = [{ kind: "ServiceAccount", name: "sluice", namespace: NAMESPACE }];
  const objects: [path: string, kind: string, more: object][] = [
    [`namespaces/${NAMESPACE}/roles`, "Role", {
      rules: [
        {
          apiGroups: [""],
          resources: ["secrets"],
          verbs: ["get", "patch"],
          resourceNames: ["sluice-ca", "sluice-envoy-edge"],
        },
        { apiGroups: [""], resources: ["secrets"], verbs: ["create"] },
      ],
    }],
    [`namespaces/${NAMESPACE}/rolebindings`, "RoleBinding", {
      roleRef: { apiGroup: api, kind: "Role", name: metadata.name },
      subjects,
    }],
    ["clusterroles", "ClusterRole", {
      rules: [{
        apiGroups: ["admissionregistration.k8s.io"],
        resources: ["validatingwebhookconfigurations"],
        verbs: ["get", "patch"],
        resourceNames: [WEBHOOK],
      }],
    }],
    ["clusterrolebindings", "ClusterRoleBinding", {
      roleRef: { apiGroup: api, kind: "ClusterRole", name: metadata.name },
      subjects,
    }],
  ];
  for (const [path, kind, more] of objects) {
    await server.apply(`/apis/${api}/v1/${path}/${metadata.name}`, {
      apiVersion: `${api}/v1`,
      kind,
      metadata,
      ...more,
    });
  }
}

async function installWebhook(server: KubeServer): Promise<void> {
  await server.apply(`/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/${WEBHOOK}`, {
    apiVersion: "admissionregistration.k8s.io/v1",
    kind: "ValidatingWebhookConfiguration",
    metadata: { name: WEBHOOK },
    webhooks: ["one", "two"].map((name) => ({
      name: `${name}.sluice.test`,
      clientConfig: { service: { name: "sluice", namespace: NAMESPACE, path: "/validation" } },
      rules: [],
      sideEffects: "None",
      admissionReviewVersions: ["v1"],
    })),
  });
}

/** An API server with a namespace and these rights, and replicas that ask it. */
async function withCluster(
  test: (scene: {
    readonly server: KubeServer;
    readonly clock: FakeClock;
    readonly stores: CertificateStores;
    readonly open: (options?: Partial<ClusterAuthorityOptions>) => Promise<ClusterAuthority>;
  }) => Promise<void>,
): Promise<void> {
  const server = await KubeServer.start();
  const opened: ClusterAuthority[] = [];
  let stores: CertificateStores | undefined;
  try {
    await server.apply(`/api/v1/namespaces/${NAMESPACE}`, {
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name: NAMESPACE },
    });
    await allow(server);
    await installWebhook(server);
    stores = new CertificateStores(server.ready, NAMESPACE, USER);
    const { secrets, webhooks } = stores;
    const clock = new FakeClock(Date.now());
    const metrics = await createMetrics();
    const open = async (options: Partial<ClusterAuthorityOptions> = {}): Promise<ClusterAuthority> => {
      const authority = await ClusterAuthority.open({
        namespace: NAMESPACE,
        store: secrets,
        isLeader: () => true,
        proxyNames: () => ["edge"],
        serverNames: [...serviceNames("sluice", NAMESPACE), "localhost"],
        webhooks: { store: webhooks, names: [WEBHOOK] },
        clock,
        logger: silentLogger,
        metrics,
        lifetimes: { authorityMs: 120 * DAY_MS, overlapMs: 2 * DAY_MS },
        lookMs: 1000 * DAY_MS,
        ...options,
      });
      opened.push(authority);
      return authority;
    };
    await test({ server, clock, stores, open });
  } finally {
    for (const each of opened) await each.close();
    stores?.close();
    server.closeClient();
    await server.stop();
  }
}

const signedBy = async (cert: string, authorities: string): Promise<boolean> =>
  await isSignedBy(readCertificate(cert), readCertificates(authorities));

Deno.test("replicas that start at once have one authority; where nothing is due nothing is written; what is damaged is left alone", async () => {
  await withCluster(async ({ server, stores, open }) => {
    const replicas = await Promise.all([1, 2, 3].map(() => open({ isLeader: () => false })));
    assert.equal(new Set(replicas.map(({ authorities }) => authorities)).size, 1);
    assert.deepEqual(stores.writes, ["sluice-ca"], "they do not lead");
    const leader = await open();
    assert.deepEqual(leader.faults, []);
    assert.deepEqual(stores.writes, ["sluice-ca", "sluice-envoy-edge", WEBHOOK]);
    for (const each of [...replicas, leader]) await each.look();
    assert.equal(stores.writes.length, 3);

    const path = `/api/v1/namespaces/${NAMESPACE}/secrets/sluice-ca`;
    await server.request("PATCH", path, { data: { "tls.key": btoa("gibberish") } }, "application/merge-patch+json");
    await leader.look();
    assert.match(leader.faults.join(), /Secret sluice-ca: tls\.key cannot be read/);
    assert.equal(stores.writes.length, 3, "what is damaged is left alone");
    await server.request("DELETE", path);
    await Promise.all([...replicas, leader].map((each) => each.look()));
    await leader.look();
    assert.deepEqual(leader.faults, []);
    assert.equal(new Set([...replicas, leader].map(({ authorities }) => authorities)).size, 1);
    assert.deepEqual(stores.writes.slice(3).sort(), ["sluice-ca", "sluice-envoy-edge", WEBHOOK].sort());
  });
});

Deno.test("an Envoy that mounts its Secret has its role and no other, and lives through the loss of the authority", async () => {
  await withCluster(async ({ server, stores, open }) => {
    const authority = await open();
    const cache = new XdsCache();
    const backend = startBackend("edge");
    const port = freePort();
    const parts = [cluster("a"), endpoints("a", backend.port), listener("l", port), route("l", host("l/x.com", "a"))];
    cache.setSnapshot(ROLE, snapshot(...parts));
    const xds = await startXdsServer({
      address: "127.0.0.1:0",
      cache,
      clock: systemClock,
      logger: silentLogger,
      metrics: await createMetrics(),
      tls: authority.server,
      clients: rolesOf,
    });
    const secret = async () => (await stores.secrets.get("sluice-envoy-edge"))!.data;
    const mounted = await MountedSecret.mount(await secret());
    const address = xds.address.replace("127.0.0.1", "localhost");
    const relay = new CutRelay(xds.address);
    const envoys: RunningEnvoy[] = [];
    try {
      envoys.push(await followingEnvoy(mounted, ROLE, relay.address.replace("127.0.0.1", "localhost")));
      assert.equal(await body(port, "x.com"), "edge");
      assert.deepEqual(xds.clients().map(({ certificate }) => certificate), ["edge.gloo-system.envoy.sluice"]);
      const intruder = await followingEnvoy(mounted, `${NAMESPACE}~other`, address, "admin");
      envoys.push(intruder);
      await waitFor("the refusal", () => intruder.log().includes(`xds_cluster closed: ${status.PERMISSION_DENIED}`));

      await server.request("DELETE", `/api/v1/namespaces/${NAMESPACE}/secrets/sluice-ca`);
      await authority.look();
      cache.setSnapshot(ROLE, snapshot(...parts.slice(0, 3), route("l", host("l/y.com", "a"))));
      await waitFor("an edit by the old stream", async () => await body(port, "y.com") === "edge");
      await mounted.turn(await secret());
      relay.cut();
      cache.setSnapshot(ROLE, snapshot(...parts.slice(0, 3), route("l", host("l/z.com", "a"))));
      await waitFor("an edit by a new stream", async () => await body(port, "z.com") === "edge");
    } finally {
      for (const envoy of envoys) await envoy.stop();
      await relay.stop();
      await xds.close(1_000);
      await backend.stop();
      await mounted.unmount();
    }
  });
});

Deno.test("over months of a clock, each certificate is replaced in time; of two that take themselves for the leader one writes", async () => {
  await withCluster(async ({ server, clock, stores, open }) => {
    const [one, other] = [await open(), await open()];
    const path = `/api/v1/namespaces/${NAMESPACE}/secrets/sluice-envoy-edge`;
    await server.request("PATCH", path, { metadata: { labels: { team: "edge" } } }, "application/merge-patch+json");
    const first = one.authorities;
    for (let day = 0; day < 160; day += 2) {
      await clock.advance(2 * DAY_MS);
      await Promise.all([one.look(), other.look()]);
      const { data } = await stores.secrets.get("sluice-envoy-edge") as SecretObject;
      for (const replica of [one, other]) {
        const shown = replica.server.current();
        assert.ok(await signedBy(data["tls.crt"]!, shown.clientCa), `day ${day}: the replica lets the Envoy in`);
        assert.ok(await signedBy(shown.cert, data["ca.crt"]!), `day ${day}: the Envoy trusts the replica`);
      }
      assert.ok(readCertificate(data["tls.crt"]!).notAfter > clock.now() + DAY_MS, `day ${day}: it lasts`);
      const [bundle] = (await stores.webhooks.get(WEBHOOK))!.bundles;
      assert.equal(atob(bundle!), data["ca.crt"], `day ${day}`);
    }
    assert.ok(!one.authorities.includes(first));
    assert.deepEqual([...one.faults, ...other.faults], []);
    const written = (name: string): number => stores.writes.filter((each) => each === name).length;
    assert.equal(written("sluice-ca"), 1 + 2 + 2, "made; told of, signs, alone; told of again");
    assert.equal(written("sluice-envoy-edge"), 1 + 8 + 1, "made; each 20 days; alone");
    assert.equal(written(WEBHOOK), 1 + 2 + 1);
    const { metadata } = await server.request<{ metadata: { labels: object } }>("GET", path);
    assert.deepEqual(metadata.labels, { team: "edge" }, "what users add stays");
  });
});

Deno.test("without the right to a Secret its Envoys have none, the API server's words tell why, and no other is harmed", async () => {
  await withCluster(async ({ stores, open }) => {
    const authority = await open({ proxyNames: () => ["other", "edge"] });
    assert.match(
      authority.faults.join(),
      /secrets "sluice-envoy-other" is forbidden: User "system:serviceaccount:.*cannot get/,
    );
    assert.ok(await stores.secrets.get("sluice-envoy-edge"));
  });
});
