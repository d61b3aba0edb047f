/** TLS towards clients and towards back ends, through `sluice serve` and a real Envoy. */
import assert from "node:assert/strict";
import { Agent, request as httpsRequest } from "node:https";
import { join } from "node:path";
import { createAuthority, issueCertificate } from "../../scripts/certificates.ts";
import { freePort, send, startBackend, waitFor } from "./harness.ts";
import { makeFolder } from "./product.ts";
import { authority, ca, httpsEdge, leaf, secure, tlsUpstream } from "./tls_parts.ts";
import { negotiated, ref, sendTls, shownTls, statusIs, until, withEnvoy } from "./traffic.ts";
import { answer, httpGateway, httpsGateway, resource, tlsSecret, to, upstream, virtualService } from "./yaml.ts";

Deno.test("TLS: versions, ciphers, ALPN, client certificates and server names are those of the VirtualService", async () => {
  const [port, plain] = [freePort(), freePort()];
  const stranger = await createAuthority("another ca");
  const client = await issueCertificate(authority, { commonName: "client", dnsNames: ["client.test"] });
  const other = await issueCertificate(authority, { commonName: "other", dnsNames: ["other.test"] });
  const foreign = await issueCertificate(stranger, { commonName: "client", dnsNames: ["client.test"] });
  const names = ["new", "old", "alpn", "noalpn", "mutual", "named", "oneway", "wild", "rest"];
  const leaves = new Map(await Promise.all(names.map(async (name) => [name, await leaf(name)] as const)));
  const secret = (name: string, rootCa?: string): string => {
    const { cert, key } = leaves.get(name)!;
    return tlsSecret(name, cert, key, rootCa);
  };
  const told = answer("old", { prefix: "/" }, {
    headerManipulation: {
      responseHeadersToAdd: [{ header: { key: "x-tls", value: "%DOWNSTREAM_TLS_VERSION% %DOWNSTREAM_TLS_CIPHER%" } }],
    },
  });
  const cipher = "ECDHE-ECDSA-AES256-GCM-SHA384";
  const asClient = (name: string, server: string, parameters: object): [string, object] => [
    tlsUpstream(name, port, { sni: `${server}.test`, parameters }),
    to(name, { prefix: `/${name}` }, { hostRewrite: `${server}.test`, prefixRewrite: "/" }),
  ];
  const clients = [
    asClient("new-by-12", "new", { maximumProtocolVersion: "TLSv1_2" }),
    asClient("new-by-13", "new", { minimumProtocolVersion: "TLSv1_3", maximumProtocolVersion: "TLSv1_3" }),
    asClient("old-by-13", "old", { minimumProtocolVersion: "TLSv1_3", maximumProtocolVersion: "TLSv1_3" }),
    asClient("old-by-12", "old", { maximumProtocolVersion: "TLSv1_2" }),
    asClient("weak-old", "old", { cipherSuites: ["ECDHE-ECDSA-AES128-GCM-SHA256"] }),
  ];
  const files = {
    "gateways.yaml": httpsEdge(port) + "---\n" + httpGateway(plain),
    "plain.yaml": virtualService("plain", ["*"], clients.map(([, route]) => route)),
    "upstreams.yaml": clients.map(([yaml]) => yaml).join("---\n"),
    "secrets.yaml": [
      ...["new", "old", "alpn", "noalpn", "wild", "rest"].map((name) => secret(name)),
      ...["mutual", "named", "oneway"].map((name) => secret(name, ca)),
    ].join("---\n"),
    "services.yaml": [
      secure("new", { parameters: { minimumProtocolVersion: "TLSv1_3" } }),
      secure("old", { parameters: { maximumProtocolVersion: "TLSv1_2", cipherSuites: [cipher] } }, [told]),
      secure("alpn", { alpnProtocols: ["http/1.1"] }),
      secure("noalpn", { alpnProtocols: ["allow_empty"] }),
      secure("mutual"),
      secure("named", { verifySubjectAltName: ["client.test"] }),
      secure("oneway", { oneWayTls: true }),
      virtualService("wild", ["*.wild.test"], [answer("wild")], {
        sslConfig: { secretRef: ref("wild"), sniDomains: ["*.Wild.test", "*.wild.test"] },
      }),
      virtualService("rest", ["rest.test"], [answer("rest")], { sslConfig: { secretRef: ref("rest") } }),
    ].join("---\n"),
  };
  await withEnvoy({ files }, async (sluice) => {
    const asked = (name: string, more: object = {}): Promise<string> =>
      shownTls(port, { sni: `${name}.test`, ca, ...more });
    await until("the start", () => asked("new"), "new by new");
    const through = async (path: string): Promise<string> => {
      const { status, headers } = await send(plain, path);
      return [status, headers["x-tls"]].join(" ").trim();
    };
    assert.equal(await through("/new-by-12"), "503");
    assert.equal(await through("/new-by-13"), "200");
    assert.equal(await through("/old-by-13"), "503");
    assert.equal(await through("/old-by-12"), `200 TLSv1.2 ${cipher}`);
    assert.equal(await through("/weak-old"), "503");
    const both = ["h2", "http/1.1"];
    assert.equal(await negotiated(port, "new.test", ca, both), "h2");
    assert.equal(await negotiated(port, "alpn.test", ca, both), "http/1.1");
    assert.equal(await negotiated(port, "noalpn.test", ca, both), "none");
    assert.equal(await asked("mutual"), "refused");
    assert.equal(await asked("mutual", { client }), "mutual by mutual");
    assert.equal(await asked("mutual", { client: foreign }), "refused");
    assert.equal(await asked("named", { client }), "named by named");
    assert.equal(await asked("named", { client: other }), "refused");
    assert.equal(await asked("oneway"), "oneway by oneway");
    assert.equal(await shownTls(port, { sni: "a.wild.test", ca }), "wild by wild");
    assert.equal(await shownTls(port, { sni: "elsewhere.test", host: "rest.test", ca }), "rest by rest");
    assert.equal(await shownTls(port, { host: "rest.test", ca }), "rest by rest");
    const left = (await sluice.statuses()).filter(({ state }) => state !== "Accepted");
    assert.deepEqual(left, []);
  });
});

Deno.test("TLS: sslFiles on a VirtualService are read by Envoy, and rotate with the files", async () => {
  const port = freePort();
  const [first, second] = [await leaf("first"), await leaf("second")];
  const folder = await makeFolder({ "tls.crt": first.cert, "tls.key": first.key });
  const sslFiles = { tlsCert: join(folder, "tls.crt"), tlsKey: join(folder, "tls.key") };
  const files = {
    "gw.yaml": httpsGateway(port),
    "vs.yaml": virtualService("vs", ["*"], [answer("files")], { sslConfig: { sslFiles } }),
  };
  try {
    await withEnvoy({ files }, async (_sluice, envoy) => {
      const asked = (): Promise<string> => shownTls(port, { sni: "any.test", ca });
      await until("the first certificate", asked, "files by first");
      const updates = await envoy.stat("listener_manager.listener_modified");
      await Deno.writeTextFile(join(folder, "new.key"), second.key);
      await Deno.writeTextFile(join(folder, "new.crt"), second.cert);
      await Deno.rename(join(folder, "new.key"), join(folder, "tls.key"));
      await Deno.rename(join(folder, "new.crt"), join(folder, "tls.crt"));
      await until("the second certificate", asked, "files by second");
      assert.equal(await envoy.stat("listener_manager.listener_modified"), updates);
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("TLS: isolateVirtualHostsBySslConfig serves a host only under its own certificate; without it, under any", async () => {
  const port = freePort();
  const [one, two] = [await leaf("one"), await leaf("two")];
  const settings = (isolate: boolean): string =>
    resource("Settings", "default", { gateway: { isolateVirtualHostsBySslConfig: isolate } });
  const files = {
    "settings.yaml": settings(false),
    "gw.yaml": httpsGateway(port),
    "services.yaml": secure("one") + "---\n" + secure("two"),
    "secrets.yaml": tlsSecret("one", one.cert, one.key) + "---\n" + tlsSecret("two", two.cert, two.key),
  };
  await withEnvoy({ files, envoy: { delta: true } }, async (sluice) => {
    const asked = async (sni: string, host: string): Promise<string> => {
      try {
        const { status, body } = await sendTls(port, { sni: `${sni}.test`, host: `${host}.test`, ca });
        return `${status} ${body}`.trim();
      } catch {
        return "refused";
      }
    };
    await until("the start", () => asked("one", "one"), "200 one");
    assert.equal(await asked("one", "two"), "200 two");
    await sluice.write("settings.yaml", settings(true));
    await until("isolation", () => asked("one", "two"), "404");
    assert.equal(await asked("two", "one"), "404");
    assert.equal(await asked("one", "one"), "200 one");
    assert.equal(await asked("two", "two"), "200 two");
    await sluice.write("settings.yaml", settings(false));
    await until("its end", () => asked("one", "two"), "200 two");
  });
});

Deno.test("TLS to back ends: an explicit server name is sent, certificates are checked and shown, ALPN settles the protocol", async () => {
  const [port, plain] = [freePort(), freePort()];
  const [server, client, stranger] = [await leaf("server"), await leaf("client"), await createAuthority("another ca")];
  const told = {
    headerManipulation: {
      responseHeadersToAdd: [
        { header: { key: "x-sni", value: "%REQUESTED_SERVER_NAME%" } },
        { header: { key: "x-peer", value: "%DOWNSTREAM_PEER_SUBJECT%" } },
        { header: { key: "x-protocol", value: "%PROTOCOL%" } },
      ],
    },
  };
  const oneWay = { oneWayTls: true, sniDomains: undefined };
  const names = ["sni", "checked", "named", "misnamed", "bad-ca", "client", "h2", "missing", "use-tls", "host"];
  const route = (name: string): object => to(name, { prefix: `/${name}` }, { hostRewrite: "server.test" });
  const sni = "server.test";
  const files = {
    "gateways.yaml": httpsEdge(port) + "---\n" + httpGateway(plain),
    "plain.yaml": virtualService("plain", ["*"], [answer("plain", { exact: "/" }), ...names.map(route)]),
    "server.yaml": secure("server", oneWay, [answer("server", { prefix: "/" }, told)]) + "---\n" +
      tlsSecret("server", server.cert, server.key, ca),
    "secrets.yaml": [
      tlsSecret("root", "", "", ca),
      tlsSecret("other-root", "", "", stranger.cert),
      tlsSecret("own", client.cert, client.key, ca),
    ].join("---\n"),
    "upstreams.yaml": [
      tlsUpstream("sni", port, { sni }),
      tlsUpstream("checked", port, { sni, secretRef: ref("root") }),
      tlsUpstream("named", port, { sni, secretRef: ref("root"), verifySubjectAltName: ["server"] }),
      tlsUpstream("misnamed", port, { sni, secretRef: ref("root"), verifySubjectAltName: ["someone"] }),
      tlsUpstream("bad-ca", port, { sni, secretRef: ref("other-root") }),
      tlsUpstream("client", port, { sni, secretRef: ref("own") }),
      upstream("h2", port, { sslConfig: { sni, alpnProtocols: ["h2"] }, useHttp2: true }),
      tlsUpstream("missing", port, { sni, secretRef: ref("nowhere") }),
      resource("Upstream", "use-tls", {
        static: { useTls: true, hosts: [{ addr: "127.0.0.1", port, sniAddr: "per-host.test" }] },
      }),
      resource("Upstream", "host", { static: { useTls: true, hosts: [{ addr: "localhost", port }] } }),
    ].join("---\n"),
  };
  await withEnvoy({ files }, async (sluice) => {
    await until("the start", async () => (await send(plain, "/sni")).status, 200);
    const asked = async (name: string): Promise<string> => {
      const { status, headers } = await send(plain, `/${name}`);
      return [status, headers["x-sni"], headers["x-peer"], headers["x-protocol"]].filter((one) => one).join(" ");
    };
    assert.equal(await asked("sni"), "200 server.test HTTP/1.1");
    assert.equal(await asked("checked"), "200 server.test HTTP/1.1");
    assert.equal(await asked("named"), "200 server.test HTTP/1.1");
    assert.equal(await asked("misnamed"), "503");
    assert.equal(await asked("bad-ca"), "503");
    assert.equal(await asked("client"), "200 server.test CN=client HTTP/1.1");
    assert.equal(await asked("h2"), "200 server.test HTTP/2");
    assert.equal(await asked("missing"), "503");
    assert.match((await statusIs(sluice, "Upstream", "missing", "Rejected")).reason, /gloo-system.nowhere/);
    assert.equal(await asked("use-tls"), "200 per-host.test HTTP/1.1");
    assert.equal(await asked("host"), "200 localhost HTTP/1.1");
    await waitFor("the statuses", async () => (await sluice.statuses()).length > 0);
    assert.equal(await sluice.metric("sluice_xds_nacks_total"), 0);
  });
});

Deno.test("TLS: a VirtualService with an sslConfig joins only gateways with ssl, and one without only those without", async () => {
  const [port, plain] = [freePort(), freePort()];
  const one = await leaf("one");
  const backend = startBackend("backend");
  const files = {
    "gateways.yaml": httpsGateway(port) + "---\n" + httpGateway(plain),
    "one.yaml": secure("one", {}, [to("backend")]) + "---\n" + tlsSecret("one", one.cert, one.key),
    "plain.yaml": virtualService("plain", ["plain.test"], [to("backend")]) + "---\n" +
      upstream("backend", backend.port),
  };
  try {
    await withEnvoy({ files }, async () => {
      await until("TLS", () => shownTls(port, { sni: "one.test", ca }), "backend by one");
      await until("plain text", async () => (await send(plain, "/", { host: "plain.test" })).body, "backend");
      assert.equal((await send(plain, "/", { host: "one.test" })).status, 404);
      assert.equal((await sendTls(port, { sni: "one.test", host: "plain.test", ca })).status, 404);
      // Somebody before Envoy has ended TLS and says that the client spoke plain text.
      const headers = { "x-forwarded-proto": "http" };
      const sent = await sendTls(port, { sni: "one.test", ca, headers });
      assert.deepEqual([sent.status, sent.headers.location], [301, "https://one.test/"]);
    });
  } finally {
    await backend.stop();
  }
});

/** Asks again and again over one connection; gives the connection's own port. */
function keptConnection(port: number, servername: string): { ask(): Promise<number>; close(): void } {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  return {
    ask: () =>
      new Promise((resolve, reject) => {
        const options = { host: "127.0.0.1", port, servername, ca, agent, checkServerIdentity: () => undefined };
        const request = httpsRequest({ ...options, headers: { host: servername } }, (response) => {
          const own = response.socket.localPort ?? 0;
          response.on("end", () => resolve(own));
          response.resume();
        });
        request.on("error", reject);
        request.end();
      }),
    close: () => agent.destroy(),
  };
}

Deno.test("TLS: hosts that come and go leave the connections of others on the port alone; HTTP/2 works end to end", async () => {
  const port = freePort();
  const [one, two] = [await leaf("one"), await leaf("two")];
  const any = await issueCertificate(authority, { commonName: "any", ipAddresses: ["127.0.0.1"] });
  const told = {
    headerManipulation: { responseHeadersToAdd: [{ header: { key: "x-protocol", value: "%PROTOCOL%" } }] },
  };
  const files = {
    "gw.yaml": httpsGateway(port),
    "one.yaml": secure("one") + "---\n" + tlsSecret("one", one.cert, one.key),
    "any.yaml": virtualService("any", ["*"], [answer("any", { prefix: "/" }, told)], {
      sslConfig: { secretRef: ref("any") },
    }) + "---\n" + tlsSecret("any", any.cert, any.key),
  };
  const client = Deno.createHttpClient({ caCerts: [ca] });
  const kept = keptConnection(port, "one.test");
  try {
    await withEnvoy({ files }, async (sluice, envoy) => {
      const asked = (name: string): Promise<string> => shownTls(port, { sni: `${name}.test`, ca });
      await until("the start", () => asked("one"), "one by one");
      const response = await fetch(`https://127.0.0.1:${port}/`, { client });
      assert.deepEqual([await response.text(), response.headers.get("x-protocol")], ["any", "HTTP/2"]);
      const connection = await kept.ask();
      await sluice.write("two.yaml", secure("two") + "---\n" + tlsSecret("two", two.cert, two.key));
      await until("another host", () => asked("two"), "two by two");
      assert.equal(await kept.ask(), connection);
      await sluice.remove("two.yaml");
      await until("it to go", () => asked("two"), "any by any");
      assert.equal(await kept.ask(), connection);
      assert.equal(await envoy.stat("http.http.downstream_cx_drain_close"), 0);
    });
  } finally {
    kept.close();
    client.close();
  }
});
