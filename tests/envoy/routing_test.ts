/** What routes do, seen by traffic through a real Envoy: matchers, delegation, weights, TLS by SNI, mTLS, TCP. */
import assert from "node:assert/strict";
import { connect } from "node:net";
import { request as httpsRequest } from "node:https";
import { createAuthority, issueCertificate } from "../../scripts/certificates.ts";
import { freePort, send, startBackend, startEnvoy, waitFor } from "./harness.ts";
import { startSluice } from "./product.ts";
import {
  answer,
  gateway,
  httpGateway,
  httpsGateway,
  resource,
  routeTable,
  tlsSecret,
  to,
  upstream,
  virtualService,
} from "./yaml.ts";

interface World {
  readonly files: Readonly<Record<string, string>>;
}

/** Runs `check` with Sluice on these files and an Envoy that has what they say. */
async function withEnvoy({ files }: World, ready: () => Promise<boolean>, check: () => Promise<void>): Promise<void> {
  const sluice = await startSluice({ files });
  try {
    const envoy = await startEnvoy({ xds: sluice.xds });
    try {
      await waitFor("Envoy to serve", ready).catch((error) => {
        throw new Error(`${error}\n${sluice.log()}\n${envoy.log()}`);
      });
      await check();
    } finally {
      await envoy.stop();
    }
  } finally {
    await sluice.stop();
  }
}

Deno.test("matchers: path, header, query and method decide, the first route that matches wins", async () => {
  const port = freePort();
  const routes = [
    answer("exact", { exact: "/exact" }),
    answer("regex", { regex: "/r/[a-z]+" }),
    answer("header", { prefix: "/h", headers: [{ name: "x-a", value: "1" }] }),
    answer("header regex", { prefix: "/h", headers: [{ name: "x-a", value: "2+", regex: true }] }),
    answer("no header", { prefix: "/h", headers: [{ name: "x-b", invertMatch: true }] }),
    answer("query", { prefix: "/q", queryParameters: [{ name: "a", value: "b" }] }),
    answer("post", { prefix: "/m", methods: ["POST", "PUT"] }),
    answer("any method of no path", { methods: ["DELETE"] }),
    answer("loud", { prefix: "/LOUD", caseSensitive: false }),
    answer("rest"),
  ];
  const files = { "a.yaml": httpGateway(port) + "---\n" + virtualService("vs", ["*"], routes) };
  await withEnvoy({ files }, async () => (await send(port)).body === "rest", async () => {
    const cases: [path: string, options: Parameters<typeof send>[2], body: string][] = [
      ["/exact", {}, "exact"],
      ["/exact/not", {}, "rest"],
      ["/r/abc", {}, "regex"],
      ["/r/ABC", {}, "rest"],
      ["/h", { headers: { "x-a": "1", "x-b": "" } }, "header"],
      ["/h", { headers: { "x-a": "222", "x-b": "" } }, "header regex"],
      ["/h", {}, "no header"],
      ["/h", { headers: { "x-b": "" } }, "rest"],
      ["/q?a=b", {}, "query"],
      ["/q?a=c", {}, "rest"],
      ["/m", { method: "POST" }, "post"],
      ["/m", { method: "GET" }, "rest"],
      ["/anything", { method: "DELETE" }, "any method of no path"],
      ["/loud/voice", {}, "loud"],
    ];
    for (const [path, options, body] of cases) assert.equal((await send(port, path, options)).body, body, path);
  });
});

Deno.test("actions and delegation: redirects, rewrites, tables by reference and by label", async () => {
  const port = freePort();
  const seen: string[] = [];
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request) => {
    seen.push(new URL(request.url).pathname);
    return new Response(new URL(request.url).pathname);
  });
  const vs = virtualService("vs", ["*"], [
    { matchers: [{ prefix: "/old" }], redirectAction: { pathRedirect: "/new", responseCode: "FOUND" } },
    to("backend", { prefix: "/rewritten" }, { prefixRewrite: "/inner" }),
    { matchers: [{ prefix: "/team" }], delegateAction: { ref: { name: "team", namespace: "gloo-system" } } },
    { matchers: [{ prefix: "/label" }], delegateAction: { selector: { labels: { part: "yes" } } } },
    answer("rest"),
  ]);
  const labelled = (name: string, weight: number, body: string): string => {
    const table = JSON.parse(routeTable(name, [answer(body, { prefix: "/label" })], { weight }));
    table.metadata.labels = { part: "yes" };
    return JSON.stringify(table) + "\n";
  };
  const files = {
    "a.yaml": [
      httpGateway(port),
      upstream("backend", server.addr.port),
      vs,
      routeTable("team", [to("backend", { prefix: "/team/b" }), answer("team", { prefix: "/team" })]),
      labelled("heavy", 2, "heavy"),
      labelled("light", 1, "light"),
    ].join("---\n"),
  };
  try {
    await withEnvoy({ files }, async () => (await send(port)).body === "rest", async () => {
      const old = await send(port, "/old");
      assert.equal(old.status, 302);
      assert.match(String(old.headers.location), /\/new$/);
      assert.equal((await send(port, "/rewritten/x")).body, "/inner/x");
      assert.equal((await send(port, "/team/b")).body, "/team/b");
      assert.equal((await send(port, "/team/a")).body, "team");
      assert.equal((await send(port, "/label")).body, "light", "the table of less weight comes first");
    });
  } finally {
    await server.shutdown();
  }
});

Deno.test("weights: an UpstreamGroup of 80 and 20 splits 1,000 requests so within 5 standard deviations", async () => {
  const port = freePort();
  const [blue, green] = [startBackend("blue"), startBackend("green")];
  const part = (name: string, weight: number): object => ({
    destination: { upstream: { name, namespace: "gloo-system" } },
    weight,
  });
  const files = {
    "a.yaml": [
      httpGateway(port),
      upstream("blue", blue.port),
      upstream("green", green.port),
      resource("UpstreamGroup", "both", { destinations: [part("blue", 80), part("green", 20)] }),
      virtualService("vs", ["*"], [{
        matchers: [{ prefix: "/" }],
        routeAction: { upstreamGroup: { name: "both", namespace: "gloo-system" } },
      }]),
    ].join("---\n"),
  };
  try {
    await withEnvoy({ files }, async () => (await send(port)).status === 200, async () => {
      const total = 1000;
      let green = 0;
      for (let i = 0; i < total; i++) if ((await send(port)).body === "green") green++;
      const deviation = Math.sqrt(total * 0.2 * 0.8);
      assert.ok(Math.abs(green - total * 0.2) < 5 * deviation, `${green} of ${total} went to green`);
    });
  } finally {
    await blue.stop();
    await green.stop();
  }
});

interface TlsAnswer {
  readonly body: string;
  readonly commonName: string;
}

function sendTls(
  port: number,
  servername: string,
  ca: string,
  client?: { cert: string; key: string },
): Promise<TlsAnswer> {
  return new Promise((resolve, reject) => {
    const options = { host: "127.0.0.1", port, servername, ca, headers: { host: servername }, agent: false, ...client };
    const request = httpsRequest(options, (response) => {
      let body = "";
      const socket = response.socket as unknown as { getPeerCertificate(): { subject: { CN: string } } };
      const commonName = socket.getPeerCertificate().subject.CN;
      response.on("data", (chunk) => body += chunk);
      response.on("end", () => resolve({ body, commonName }));
    });
    request.on("error", reject);
    request.end();
  });
}

Deno.test("TLS: SNI chooses the certificate, a client certificate is asked for where a CA is given, rotation is live", async () => {
  const port = freePort();
  const authority = await createAuthority("test ca");
  const leaf = (name: string): ReturnType<typeof issueCertificate> =>
    issueCertificate(authority, { commonName: name, dnsNames: [name] });
  const [one, two, client] = [await leaf("one.test"), await leaf("two.test"), await leaf("a client")];
  const ssl = (name: string): object => ({
    sslConfig: { secretRef: { name, namespace: "gloo-system" }, sniDomains: [`${name}.test`] },
  });
  const files = {
    "gw.yaml": httpsGateway(port),
    "one.yaml": virtualService("one", ["one.test"], [answer("one")], ssl("one")),
    "two.yaml": virtualService("two", ["two.test"], [answer("two")], ssl("two")),
    "one_secret.yaml": tlsSecret("one", one.cert, one.key),
    "two_secret.yaml": tlsSecret("two", two.cert, two.key, authority.cert),
  };
  const sluice = await startSluice({ files });
  const envoy = await startEnvoy({ xds: sluice.xds });
  try {
    const first = await waitFor("TLS", () => sendTls(port, "one.test", authority.cert)).catch((error) => {
      throw new Error(`${error}\n${sluice.log()}\n${envoy.log()}`);
    });
    assert.deepEqual(first, { body: "one", commonName: "one.test" });
    await assert.rejects(sendTls(port, "two.test", authority.cert), "a client without a certificate is refused");
    assert.deepEqual(await sendTls(port, "two.test", authority.cert, client), { body: "two", commonName: "two.test" });
    const updates = await envoy.stat("listener_manager.listener_modified");
    const rotated = await issueCertificate(authority, { commonName: "rotated", dnsNames: ["one.test"] });
    await sluice.write("one_secret.yaml", tlsSecret("one", rotated.cert, rotated.key));
    await waitFor(
      "the new certificate",
      async () => (await sendTls(port, "one.test", authority.cert)).commonName === "rotated",
    );
    assert.equal(await envoy.stat("listener_manager.listener_modified"), updates, "rotation touches no listener");
    const dump = JSON.stringify(await envoy.admin("config_dump"));
    assert.ok(!dump.includes(rotated.key.slice(60, 90)), "Envoy's listeners hold no key");
  } finally {
    await envoy.stop();
    await sluice.stop();
  }
});

Deno.test("TCP: a tcp gateway passes bytes to its upstream", async () => {
  const port = freePort();
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const echo = (async () => {
    for await (const connection of listener) void connection.readable.pipeTo(connection.writable).catch(() => {});
  })();
  const files = {
    "a.yaml": upstream("echo", (listener.addr as Deno.NetAddr).port) + "---\n" + gateway("tcp", {
      bindAddress: "127.0.0.1",
      bindPort: port,
      tcpGateway: {
        tcpHosts: [{ name: "echo", destination: { single: { upstream: { name: "echo", namespace: "gloo-system" } } } }],
      },
    }),
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
    await withEnvoy({ files }, async () => await said() === "hello", async () => {
      assert.equal(await said(), "hello");
    });
  } finally {
    listener.close();
    await echo;
  }
});
