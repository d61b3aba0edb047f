/** TLS and TCP beyond the plain case: files that rotate, two protocols on one port, TLS to back ends, missing upstreams. */
import assert from "node:assert/strict";
import { createServer, request as httpsRequest } from "node:https";
import { type AddressInfo, connect } from "node:net";
import { join } from "node:path";
import type { TLSSocket } from "node:tls";
import { createAuthority, issueCertificate } from "../../scripts/certificates.ts";
import { freePort, send, startEnvoy, waitFor } from "./harness.ts";
import { makeFolder, startSluice } from "./product.ts";
import {
  answer,
  gateway,
  httpGateway,
  httpsGateway,
  resource,
  tlsSecret,
  to,
  upstream,
  virtualService,
} from "./yaml.ts";

/** Runs `check` with Sluice on these files and an Envoy that has what they say. */
async function withEnvoy(files: Readonly<Record<string, string>>, check: () => Promise<void>): Promise<void> {
  const sluice = await startSluice({ files });
  const envoy = await startEnvoy({ xds: sluice.xds });
  try {
    await check();
  } catch (error) {
    throw new Error(`${error}\n${sluice.log()}\n${envoy.log()}`);
  } finally {
    await envoy.stop();
    await sluice.stop();
  }
}

/** Common name of the server's certificate, status and body of the answer. */
function sendTls(port: number, servername: string, ca: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { host: "127.0.0.1", port, servername, agent: false, ca, rejectUnauthorized: false };
    const request = httpsRequest({ ...options, headers: { host: servername } }, (response) => {
      const { CN } = (response.socket as TLSSocket).getPeerCertificate().subject;
      let body = "";
      response.on("data", (chunk) => body += chunk);
      response.on("end", () => resolve(`${CN} ${response.statusCode} ${body}`));
    });
    request.on("error", reject);
    request.end();
  });
}

Deno.test("sslFiles are served, and a renamed pair takes their place", async () => {
  const port = freePort();
  const authority = await createAuthority("ca");
  const pair = (commonName: string) => issueCertificate(authority, { commonName, dnsNames: ["a.test"] });
  const [first, second] = [await pair("first"), await pair("second")];
  const folder = await makeFolder({
    "tls.crt": first.cert,
    "tls.key": first.key,
    "n.crt": second.cert,
    "n.key": second.key,
  });
  const sslFiles = { tlsCert: join(folder, "tls.crt"), tlsKey: join(folder, "tls.key") };
  const files = {
    "gateway.yaml": httpsGateway(port),
    "vs.yaml": virtualService("vs", ["a.test"], [answer("ok")], { sslConfig: { sslFiles } }),
  };
  try {
    await withEnvoy(files, async () => {
      await waitFor(
        "the first certificate",
        async () => await sendTls(port, "a.test", authority.cert) === "first 200 ok",
      );
      await Deno.rename(join(folder, "n.key"), sslFiles.tlsKey);
      await Deno.rename(join(folder, "n.crt"), sslFiles.tlsCert);
      await waitFor(
        "the second certificate",
        async () => await sendTls(port, "a.test", authority.cert) === "second 200 ok",
      );
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("a hybrid gateway serves TLS and plain text on one port", async () => {
  const port = freePort();
  const authority = await createAuthority("ca");
  const leaf = await issueCertificate(authority, { commonName: "a.test", dnsNames: ["a.test"] });
  const matchedGateways = [{ matcher: { sslConfig: {} }, httpGateway: {} }, { matcher: {}, httpGateway: {} }];
  const sslConfig = { secretRef: { name: "cert", namespace: "gloo-system" } };
  const files = {
    "gateway.yaml": gateway("hybrid", { bindAddress: "127.0.0.1", bindPort: port, hybridGateway: { matchedGateways } }),
    "plain.yaml": virtualService("plain", ["*"], [answer("plain")]),
    "tls.yaml": virtualService("tls", ["a.test"], [answer("tls")], { sslConfig }),
    "cert.yaml": tlsSecret("cert", leaf.cert, leaf.key),
  };
  await withEnvoy(files, async () => {
    await waitFor("plain text", async () => (await send(port)).body === "plain");
    assert.equal(await sendTls(port, "a.test", authority.cert), "a.test 200 tls");
    assert.equal(
      await sendTls(port, "other.test", authority.cert),
      "a.test 404 ",
      "plain text hosts are not served over TLS",
    );
  });
});

Deno.test("TLS to back ends: server names, verified names, our certificate", async () => {
  const port = freePort();
  const authority = await createAuthority("ca");
  const server = await issueCertificate(authority, { commonName: "server", dnsNames: ["shop.test"] });
  const client = await issueCertificate(authority, { commonName: "client" });
  const asking = {
    cert: server.cert,
    key: server.key,
    ca: authority.cert,
    requestCert: true,
    rejectUnauthorized: false,
  };
  const backend = createServer(asking, (request, response) => {
    const socket = request.socket as TLSSocket & { servername?: string };
    response.end(`${socket.servername} ${socket.getPeerCertificate().subject?.CN ?? "nobody"}`);
  });
  await new Promise<void>((resolve) => backend.listen(0, "127.0.0.1", resolve));
  const secretRef = { name: "mine", namespace: "gloo-system" };
  const tls = (name: string, sslConfig: object, host: object = {}) =>
    resource("Upstream", name, {
      static: { hosts: [{ addr: "127.0.0.1", port: (backend.address() as AddressInfo).port, ...host }] },
      sslConfig: { secretRef, ...sslConfig },
    });
  const files = {
    "gateway.yaml": httpGateway(port),
    "secret.yaml": tlsSecret("mine", client.cert, client.key, authority.cert),
    "upstreams.yaml": [
      tls("own", {}, { sniAddr: "own.test" }),
      tls("verified", { sni: "shop.test", verifySubjectAltName: ["shop.test"] }),
      tls("wrong", { sni: "shop.test", verifySubjectAltName: ["other.test"] }),
      tls("oneway", { sni: "shop.test", oneWayTls: true }),
    ].join("---\n"),
    "vs.yaml": virtualService(
      "vs",
      ["*"],
      ["own", "verified", "wrong", "oneway"].map((name) => to(name, { prefix: `/${name}` })),
    ),
  };
  try {
    await withEnvoy(files, async () => {
      await waitFor("the back end", async () => (await send(port, "/own")).body === "own.test client");
      assert.equal((await send(port, "/verified")).body, "shop.test client");
      assert.equal((await send(port, "/wrong")).status, 503);
      assert.equal((await send(port, "/oneway")).body, "shop.test nobody");
    });
  } finally {
    backend.close();
  }
});

Deno.test("a TCP host with a missing upstream closes its connections, the other host on the port works", async () => {
  const port = freePort();
  const authority = await createAuthority("ca");
  const echo = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const echoing = (async () => {
    for await (const connection of echo) void connection.readable.pipeTo(connection.writable).catch(() => {});
  })();
  const single = (name: string) => ({ single: { upstream: { name, namespace: "gloo-system" } } });
  const tcpHosts = [
    { name: "works", destination: single("echo") },
    { name: "gone", sslConfig: { sniDomains: ["gone.test"] }, destination: single("absent") },
  ];
  const files = {
    "gateway.yaml": gateway("tcp", { bindAddress: "127.0.0.1", bindPort: port, tcpGateway: { tcpHosts } }),
    "upstream.yaml": upstream("echo", (echo.addr as Deno.NetAddr).port),
  };
  const said = (): Promise<string> =>
    new Promise((resolve, reject) => {
      const socket = connect(port, "127.0.0.1", () => socket.write("hello"));
      socket.on("data", (data) => {
        socket.destroy();
        resolve(data.toString());
      });
      socket.on("error", reject);
      socket.on("close", () => reject(new Error("closed")));
    });
  try {
    await withEnvoy(files, async () => {
      await waitFor("the echo", async () => await said() === "hello");
      await assert.rejects(sendTls(port, "gone.test", authority.cert));
      assert.equal(await said(), "hello");
    });
  } finally {
    echo.close();
    await echoing;
  }
});
