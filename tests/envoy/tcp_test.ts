/** TCP gateways through `sluice serve` and a real Envoy: hosts by server name, TLS at Envoy or passed through, faults. */
import assert from "node:assert/strict";
import { connect as connectTls } from "node:tls";
import { createAuthority, issueCertificate } from "../../scripts/certificates.ts";
import { freePort } from "./harness.ts";
import { greet, ref, startTcpBackend, statusIs, until, withEnvoy } from "./traffic.ts";
import { gateway, resource, tlsSecret, upstream } from "./yaml.ts";

const authority = await createAuthority("test ca");
const leaf = (name: string): ReturnType<typeof issueCertificate> =>
  issueCertificate(authority, { commonName: name, dnsNames: [name] });

const single = (name: string): object => ({ single: { upstream: ref(name) } });
const tcpGateway = (name: string, port: number, tcpHosts: object[], options?: object): string =>
  gateway(name, { bindAddress: "127.0.0.1", bindPort: port, tcpGateway: { tcpHosts, ...(options && { options }) } });

/** A TLS back end that answers whatever it is told first with its name. */
async function startTlsBackend(name: string): Promise<{ port: number; stop(): Promise<void> }> {
  const { cert, key } = await leaf(name);
  const listener = Deno.listenTls({ hostname: "127.0.0.1", port: 0, cert, key });
  const serving = (async () => {
    for (;;) {
      try {
        const connection = await listener.accept();
        await connection.read(new Uint8Array(1024));
        await connection.write(new TextEncoder().encode(name));
        connection.close();
      } catch (error) {
        if (error instanceof Deno.errors.BadResource) return;
      }
    }
  })();
  return {
    port: (listener.addr as Deno.NetAddr).port,
    stop: async () => {
      listener.close();
      await serving;
    },
  };
}

/** Says hello over TLS: what is answered and by which certificate; `closed` where nothing is. */
function greetTls(port: number, servername: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connectTls({
      host: "127.0.0.1",
      port,
      servername,
      ca: authority.cert,
      checkServerIdentity: () => undefined,
    }, () => socket.write("hello"));
    socket.on("data", (data: Uint8Array) => {
      resolve(`${new TextDecoder().decode(data)} by ${socket.getPeerCertificate().subject.CN}`);
      socket.destroy();
    });
    socket.on("error", () => resolve("closed"));
    socket.on("close", () => resolve("closed"));
  });
}

Deno.test("TCP: server names choose hosts, passed through or decrypted; a missing upstream closes one host only", async () => {
  const port = freePort();
  const [one, two] = [await startTlsBackend("one"), await startTlsBackend("two")];
  const plain = startTcpBackend("plain");
  const ended = await leaf("ended");
  const host = (name: string, destination: object, sslConfig: object = {}): object => ({
    name,
    destination,
    sslConfig: { sniDomains: [`${name}.test`], ...sslConfig },
  });
  const hosts = (third: string): string =>
    tcpGateway("tcp", port, [
      host("one", single("one")),
      host("two", single("two")),
      host("third", single(third)),
      host("ended", single("plain"), { secretRef: ref("ended") }),
      host("wild", { multi: { destinations: [{ destination: { upstream: ref("one") }, weight: 1 }] } }, {
        sniDomains: ["*.Wild.test", "*.wild.test"],
      }),
      host("group", { upstreamGroup: ref("group") }),
    ]);
  const files = {
    "gw.yaml": hosts("nowhere"),
    // What is gone is gone soon.
    "settings.yaml": resource("Settings", "default", { sluice: { removalGrace: "0.1s" } }),
    "secret.yaml": tlsSecret("ended", ended.cert, ended.key),
    "upstreams.yaml": [
      upstream("one", one.port),
      upstream("two", two.port),
      upstream("plain", plain.port),
      resource("UpstreamGroup", "group", { destinations: [{ destination: { upstream: ref("two") }, weight: 1 }] }),
    ].join("---\n"),
  };
  try {
    await withEnvoy({ files, envoy: { delta: true } }, async (sluice, envoy) => {
      await until("the first host", () => greetTls(port, "one.test"), "one by one");
      assert.equal(await greetTls(port, "two.test"), "two by two");
      assert.equal(await greetTls(port, "ended.test"), "plain by ended");
      assert.equal(await greetTls(port, "a.wild.test"), "one by one");
      assert.equal(await greetTls(port, "group.test"), "two by two");
      assert.equal(await greetTls(port, "unknown.test"), "closed");
      assert.equal(await greetTls(port, "third.test"), "closed");
      const warned = await statusIs(sluice, "Gateway", "tcp", "Warning");
      assert.match(warned.reason, /nowhere/);
      assert.match(warned.reasons[0]!.path, /tcpGateway\.tcpHosts\[2\]/);
      await sluice.write("third.yaml", upstream("nowhere", two.port));
      await until("the upstream that was missing", () => greetTls(port, "third.test"), "two by two");
      assert.equal((await sluice.status("Gateway", "tcp"))?.state, "Accepted");
      await sluice.remove("third.yaml");
      await until("it to go again", () => greetTls(port, "third.test"), "closed");
      assert.equal(await greetTls(port, "one.test"), "one by one");
      assert.equal(await sluice.metric("sluice_xds_nacks_total"), 0);
      assert.equal(await envoy.stat("listener_manager.listener_create_failure"), 0);
    });
  } finally {
    await Promise.all([one, two, plain].map((backend) => backend.stop()));
  }
});

Deno.test("TCP: weights, the name of the cluster by SNI, idle timeouts; two hosts of one server name", async () => {
  const [weighted, bySni, idle, rivals] = [freePort(), freePort(), freePort(), freePort()];
  const [blue, green] = [startTcpBackend("blue"), startTcpBackend("green")];
  const secure = await startTlsBackend("secure");
  const part = (name: string, weight: number): object => ({ destination: { upstream: ref(name) }, weight });
  const files = {
    "upstreams.yaml": [
      upstream("blue", blue.port),
      upstream("green", green.port),
      upstream("secure", secure.port),
    ].join("---\n"),
    "gateways.yaml": [
      tcpGateway("weighted", weighted, [
        { name: "both", destination: { multi: { destinations: [part("blue", 1), part("green", 1)] } } },
      ]),
      tcpGateway("by-sni", bySni, [
        { name: "any", sslConfig: { sniDomains: ["secure_gloo-system"] }, destination: { forwardSniClusterName: {} } },
      ]),
      tcpGateway("idle", idle, [{ name: "blue", destination: single("blue") }], {
        tcpProxySettings: { idleTimeout: "0.2s", maxConnectAttempts: 2 },
      }),
      tcpGateway("rivals", rivals, [
        { name: "first", sslConfig: { sniDomains: ["same.test"] }, destination: single("secure") },
        { name: "second", sslConfig: { sniDomains: ["same.test", "own.test"] }, destination: single("secure") },
      ]),
    ].join("---\n"),
  };
  try {
    await withEnvoy({ files }, async (sluice) => {
      await until("the weighted host", async () => ["blue", "green"].includes(await greet(weighted)), true);
      const seen = new Set<string>();
      for (let i = 0; i < 100; i++) seen.add(await greet(weighted));
      assert.deepEqual([...seen].sort(), ["blue", "green"]);
      assert.equal(await greetTls(bySni, "secure_gloo-system"), "secure by secure");
      const connection = await Deno.connect({ hostname: "127.0.0.1", port: idle });
      assert.equal(await connection.read(new Uint8Array(1)), null, "closed by Envoy");
      connection.close();
      const status = await statusIs(sluice, "Gateway", "rivals", "Rejected");
      assert.match(status.reason, /same\.test/);
      assert.equal(await greetTls(rivals, "same.test"), "secure by secure");
      assert.equal(await greetTls(rivals, "own.test"), "secure by secure");
    });
  } finally {
    await Promise.all([blue, green, secure].map((backend) => backend.stop()));
  }
});
