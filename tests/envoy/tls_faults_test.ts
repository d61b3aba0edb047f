/** Faulty secrets, through `sluice serve` and a real Envoy: only the hosts concerned lose, or keep, their certificate. */
import assert from "node:assert/strict";
import { createAuthority, issueCertificate } from "../../scripts/certificates.ts";
import { freePort, send, startBackend } from "./harness.ts";
import { authority, ca, httpsEdge, leaf, secure, tlsUpstream } from "./tls_parts.ts";
import { ref, shownTls, statusIs, until, withEnvoy } from "./traffic.ts";
import { answer, httpGateway, httpsGateway, resource, tlsSecret, to, upstream, virtualService } from "./yaml.ts";

Deno.test("TLS: a faulty secret, or a server name of two certificates, harms only the hosts concerned", async () => {
  const port = freePort();
  const [good, broken, late, twice, another] = await Promise.all(["good", "broken", "late", "twice", "x"].map(leaf));
  const secrets = (name: string, { cert, key }: { cert: string; key: string }): string => tlsSecret(name, cert, key);
  const files = {
    "gw.yaml": httpsGateway(port),
    "services.yaml": ["good", "broken", "late"].map((name) => secure(name)).join("---\n"),
    "good.yaml": secrets("good", good!),
    "broken.yaml": secrets("broken", broken!),
    "twice.yaml": secure("twice"),
    "twice_secret.yaml": secrets("twice", twice!),
  };
  await withEnvoy({ files }, async (sluice, envoy) => {
    const asked = (name: string): Promise<string> => shownTls(port, { sni: `${name}.test`, ca });
    await until("the good host", () => asked("good"), "good by good");
    const missing = await statusIs(sluice, "VirtualService", "late", "Rejected");
    assert.match(missing.reason, /gloo-system.late does not exist/);
    assert.equal(await asked("late"), "refused", "a secret that was never there");
    await sluice.write("late_secret.yaml", secrets("late", late!));
    await until("the late secret", () => asked("late"), "late by late");

    await sluice.write("broken.yaml", secrets("broken", { cert: broken!.cert, key: good!.key }));
    await sluice.write(
      "rival.yaml",
      virtualService("a-rival", ["twice.test", "rival.test"], [answer("rival")], {
        sslConfig: { secretRef: ref("x"), sniDomains: ["twice.test", "rival.test"] },
      }) + "---\n" + secrets("x", another!),
    );
    const unfit = await statusIs(sluice, "VirtualService", "broken", "Rejected");
    assert.match(unfit.reason, /key does not belong/);
    const rival = await statusIs(sluice, "VirtualService", "a-rival", "Rejected");
    assert.match(rival.reason, /twice\.test/);
    await until("the rival's other name", () => asked("rival"), "rival by x");
    assert.equal(await asked("twice"), "twice by twice", "the one that had the name keeps it");
    assert.equal(await asked("broken"), "broken by broken", "the last good certificate stays");
    assert.equal(await asked("good"), "good by good");

    await sluice.remove("late_secret.yaml");
    await sluice.write("good.yaml", secrets("good", another!));
    await until("a neighbour's rotation goes on", () => asked("good"), "good by x");
    await statusIs(sluice, "VirtualService", "late", "Rejected");
    assert.equal(await asked("late"), "late by late", "a secret that went away keeps its last good form");
    assert.equal(await asked("broken"), "broken by broken");

    await sluice.write("broken.yaml", secrets("broken", another!));
    await until("the mended secret", () => asked("broken"), "broken by x");
    assert.equal((await sluice.status("VirtualService", "broken"))?.state, "Accepted");
    assert.equal(await sluice.metric("sluice_xds_nacks_total"), 0);
    assert.equal(await envoy.stat("listener_manager.lds.update_rejected"), 0);
  });
});

Deno.test("TLS: what a faulty secret holds: TCP hosts, isolated hosts, back ends; client CAs rotate, Settings ask for one way", async () => {
  const [tcpPort, port, plain] = [freePort(), freePort(), freePort()];
  const newCa = await createAuthority("new ca");
  const client = await issueCertificate(authority, { commonName: "client", dnsNames: ["client.test"] });
  const newClient = await issueCertificate(newCa, { commonName: "client", dnsNames: ["client.test"] });
  const [tcp, lone, mutual, inner] = await Promise.all(["tcp", "lone", "mutual", "inner"].map(leaf));
  const web = startBackend("web");
  const settings = (oneWayTls: boolean): string =>
    resource("Settings", "default", {
      gateway: { isolateVirtualHostsBySslConfig: true, virtualServiceOptions: { oneWayTls } },
    });
  const host = (name: string, secret: string): object => ({
    name,
    sslConfig: { secretRef: ref(secret), sniDomains: [`${name}.test`] },
    destination: { single: { upstream: ref("web") } },
  });
  const files = {
    "settings.yaml": settings(false),
    "gateways.yaml": [
      resource("Gateway", "tcp", {
        bindAddress: "127.0.0.1",
        bindPort: tcpPort,
        tcpGateway: { tcpHosts: [host("tcp", "tcp"), host("other", "mutual")] },
      }),
      httpsEdge(port),
      httpGateway(plain),
    ].join("---\n"),
    "tcp_secret.yaml": tlsSecret("tcp", tcp!.cert, tcp!.key),
    "lone_secret.yaml": tlsSecret("lone", lone!.cert, lone!.key),
    "mutual_secret.yaml": tlsSecret("mutual", mutual!.cert, mutual!.key, ca),
    "client_secret.yaml": tlsSecret("client", client.cert, client.key),
    "inner_secret.yaml": tlsSecret("inner", inner!.cert, inner!.key),
    "services.yaml": [
      secure("lone"),
      secure("mutual"),
      secure("inner"),
      virtualService("plain", ["*"], [to("secured", { prefix: "/" }, { hostRewrite: "mutual.test" })]),
      tlsUpstream("secured", port, { sni: "mutual.test", secretRef: ref("client") }),
      upstream("web", web.port),
    ].join("---\n"),
  };
  const broken = (name: string): string => tlsSecret(name, tcp!.cert, lone!.key);
  try {
    await withEnvoy({ files }, async (sluice, envoy) => {
      const asked = (name: string, more: object = {}): Promise<string> =>
        shownTls(port, { sni: `${name}.test`, ca, ...more });
      const overTcp = (name: string, more: object = {}): Promise<string> =>
        shownTls(tcpPort, { sni: `${name}.test`, ca, ...more });
      const through = async (): Promise<string> => (await send(plain)).body;
      await until("the start", () => asked("lone"), "lone by lone");
      await until("the TCP host", () => overTcp("tcp"), "web by tcp");
      assert.equal(await through(), "mutual");
      assert.equal(await asked("mutual"), "refused");
      assert.equal(await asked("mutual", { client: newClient }), "refused");
      const before = await envoy.stat("listener_manager.listener_modified");

      await sluice.write("tcp_secret.yaml", broken("tcp"));
      await sluice.write("lone_secret.yaml", broken("lone"));
      await sluice.write("client_secret.yaml", broken("client"));
      await statusIs(sluice, "Gateway", "tcp", "Rejected");
      await statusIs(sluice, "VirtualService", "lone", "Rejected");
      await statusIs(sluice, "Upstream", "secured", "Rejected");
      assert.equal(await overTcp("tcp"), "web by tcp");
      assert.equal(await overTcp("other", { client }), "web by mutual");
      assert.equal(await asked("lone"), "lone by lone");
      assert.equal(await through(), "mutual");

      await sluice.write("mutual_secret.yaml", tlsSecret("mutual", mutual!.cert, mutual!.key, newCa.cert));
      await until("the new CA", () => asked("mutual", { client: newClient }), "mutual by mutual");
      assert.equal(await asked("mutual", { client }), "refused");
      assert.equal(await overTcp("tcp"), "web by tcp");
      assert.equal(await asked("inner"), "inner by inner");
      assert.equal(await envoy.stat("listener_manager.listener_modified"), before, "secrets alone have changed");

      await sluice.write("settings.yaml", settings(true));
      await until("one-way TLS", () => asked("mutual"), "mutual by mutual");
      assert.equal(await asked("lone"), "lone by lone");
      await sluice.write("lone_secret.yaml", tlsSecret("lone", inner!.cert, inner!.key));
      await sluice.write("tcp_secret.yaml", tlsSecret("tcp", inner!.cert, inner!.key));
      await until("the mended host", () => asked("lone"), "lone by inner");
      await until("the mended TCP host", () => overTcp("tcp"), "web by inner");
      await statusIs(sluice, "Gateway", "tcp", "Accepted");
      assert.equal(await sluice.metric("sluice_xds_nacks_total"), 0);
    });
  } finally {
    await web.stop();
  }
});
