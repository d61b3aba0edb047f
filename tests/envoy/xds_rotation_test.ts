/** Certificates between Envoy and the xDS server that change while both run: streams stay, newcomers go by the new ones. */
import assert from "node:assert/strict";
import { createAuthority, issueCertificate } from "../../scripts/certificates.ts";
import { envoyName, issueCertificate as issue, type KeyPair, rolesOf } from "../../src/certificates/mod.ts";
import { type CertificateProvider, startXdsServer, type TlsMaterial } from "../../src/server/mod.ts";
import { createMetrics, silentLogger, systemClock } from "../../src/telemetry/mod.ts";
import { XdsCache } from "../../src/xds/mod.ts";
import { cluster, endpoints, host, listener, route, snapshot } from "../../src/xds/test_snapshot.ts";
import { CutRelay } from "./cut_relay.ts";
import { followingEnvoy } from "./following_envoy.ts";
import { freePort, type RunningEnvoy, startBackend, waitFor } from "./harness.ts";
import { MountedSecret } from "./mounted_secret.ts";
import { body } from "./xds_stage.ts";

const NAMESPACE = "gloo-system";
const roleOf = (proxyName: string): string => `${NAMESPACE}~${proxyName}`;
const SDS = "cluster.xds_cluster.client_ssl_socket_factory.ssl_context_update_by_sds";

/** Certificates that are set by hand. */
class HandProvider implements CertificateProvider {
  readonly #listeners = new Set<() => void>();
  #material: TlsMaterial;

  constructor(material: TlsMaterial) {
    this.#material = material;
  }

  current(): TlsMaterial {
    return this.#material;
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  set(material: TlsMaterial): void {
    this.#material = material;
    for (const listener of this.#listeners) listener();
  }
}

const forServer = (authority: KeyPair): Promise<KeyPair> =>
  issueCertificate(authority, { commonName: "sluice", ipAddresses: ["127.0.0.1"] });

/** An Envoy's Secret: a certificate that `authority` signs, and those that the Envoy is to trust. */
async function envoySecret(
  proxyName: string,
  authority: KeyPair,
  ...trusted: KeyPair[]
): Promise<Record<string, string>> {
  const { cert, key } = await issueCertificate(authority, {
    commonName: "envoy",
    dnsNames: [envoyName(NAMESPACE, proxyName)],
  });
  return { "tls.crt": cert, "tls.key": key, "ca.crt": trusted.map(({ cert }) => cert).join("") };
}

/** A server, and what changes the hosts of the listener that it serves to the Envoys of `edge`. */
async function scene(tls: CertificateProvider) {
  const backend = startBackend("one");
  const cache = new XdsCache();
  const port = freePort();
  cache.setSnapshot(roleOf("laggard"), snapshot(cluster("b"), endpoints("b", backend.port)));
  const show = (...names: string[]): boolean =>
    cache.setSnapshot(
      roleOf("edge"),
      snapshot(
        cluster("a"),
        endpoints("a", backend.port),
        listener("l", port),
        route("l", ...names.map((name) => host(`l/${name}`, "a"))),
      ),
    );
  show("first.com");
  const server = await startXdsServer({
    address: "127.0.0.1:0",
    cache,
    clock: systemClock,
    logger: silentLogger,
    metrics: await createMetrics(),
    tls,
    clients: rolesOf,
  });
  return {
    port,
    server,
    show,
    stop: async () => {
      await server.close(1_000);
      await backend.stop();
    },
  };
}

Deno.test("an Envoy that follows its Secret lives through the end of its authority; one that does not is let in no more", async () => {
  const [old, fresh] = [await createAuthority("old"), await createAuthority("fresh")];
  const both = fresh.cert + old.cert;
  const provider = new HandProvider({ ...await forServer(old), clientCa: old.cert });
  const { port, server, show, stop } = await scene(provider);
  const [followed, left] = [
    await MountedSecret.mount(await envoySecret("edge", old, old)),
    // It trusts the fresh authority, but its own certificate stays one of the old.
    await MountedSecret.mount(await envoySecret("laggard", old, fresh, old)),
  ];
  const relay = new CutRelay(server.address);
  const envoys: RunningEnvoy[] = [];
  try {
    const envoy = await followingEnvoy(followed, roleOf("edge"), relay.address);
    envoys.push(envoy);
    const laggard = await followingEnvoy(left, roleOf("laggard"), relay.address);
    envoys.push(laggard);
    assert.equal(await body(port, "first.com"), "one");
    const edge = roleOf("edge");
    const before = server.clients();
    assert.deepEqual(
      before.map(({ certificate, role }) => [certificate, role]),
      ["edge", "laggard"].map((name) => [envoyName(NAMESPACE, name), roleOf(name)]),
    );
    /** Envoy takes what is new: a certificate each time, authorities where they differ. */
    const turn = async (what: 1 | 2, data: Record<string, string>): Promise<void> => {
      const taken = await envoy.stat(SDS);
      await followed.turn(data);
      await waitFor("Envoy to take what its Secret holds now", async () => await envoy.stat(SDS) === taken + what);
    };

    provider.set({ ...provider.current(), clientCa: both });
    await turn(2, await envoySecret("edge", old, fresh, old));
    provider.set({ ...await forServer(fresh), clientCa: both });
    await turn(1, await envoySecret("edge", fresh, fresh, old));
    provider.set({ ...provider.current(), clientCa: fresh.cert });
    await turn(2, await envoySecret("edge", fresh, fresh));
    show("first.com", "second.com");
    await waitFor("an edit by the old streams", async () => await body(port, "second.com") === "one");
    assert.deepEqual(
      server.clients().map(({ connectedAt }) => connectedAt),
      before.map(({ connectedAt }) => connectedAt),
    );
    assert.equal(await envoy.stat("cluster.xds_cluster.upstream_cx_total"), 1, "one connection all along");

    relay.cut();
    await waitFor(
      "Envoy to be back with its new certificate",
      () => server.clients().some(({ role }) => role === edge),
    );
    await waitFor(
      "the other one to try twice to go on with the session that it had",
      async () => await laggard.stat("cluster.xds_cluster.ssl.session_reused") > 1,
    );
    show("first.com", "second.com", "third.com");
    await waitFor("an edit by the new stream", async () => await body(port, "third.com") === "one");
    assert.deepEqual(server.clients().map(({ role }) => role), [edge], "the other one is let in no more");
    const newcomer = await followingEnvoy(followed, roleOf("edge"), server.address, "admin");
    envoys.push(newcomer);
    await waitFor("a newcomer", () => server.clients().length === 2);
  } finally {
    for (const envoy of envoys) await envoy.stop();
    await relay.stop();
    await stop();
    await followed.unmount();
    await left.unmount();
  }
});

Deno.test("an Envoy takes no other Envoy for Sluice", async () => {
  const authority = await createAuthority("ours");
  const life = { notBefore: Date.now() - 60_000, notAfter: Date.now() + 3_600_000 };
  const posing = { commonName: "envoy", ...life };
  const secret = await MountedSecret.mount(await envoySecret("edge", authority, authority));
  try {
    for (
      const [what, wish, refused] of [
        ["another name", { ...posing, dnsNames: [envoyName(NAMESPACE, "edge")] }, "ssl.fail_verify_san"],
        ["a client's certificate", { ...posing, ipAddresses: ["127.0.0.1"], usage: "client" }, "ssl.fail_verify_error"],
      ] as const
    ) {
      const provider = new HandProvider({ ...await issue(authority, wish), clientCa: authority.cert });
      const { server, stop } = await scene(provider);
      const envoy = await followingEnvoy(secret, roleOf("edge"), server.address, "admin");
      try {
        await waitFor(`${what} to be refused`, async () => await envoy.stat(`cluster.xds_cluster.${refused}`) > 0);
        assert.deepEqual(server.clients(), [], what);
      } finally {
        await envoy.stop();
        await stop();
      }
    }
  } finally {
    await secret.unmount();
  }
});
