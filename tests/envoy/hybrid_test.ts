/** Hybrid gateways through `sluice serve` and a real Envoy: by source and by server name, http and tcp, delegated parts. */
import assert from "node:assert/strict";
import { connect } from "node:net";
import { createAuthority, issueCertificate } from "../../scripts/certificates.ts";
import { freePort, send } from "./harness.ts";
import { ref, shownTls, startTcpBackend, statusIs, until, withEnvoy } from "./traffic.ts";
import { answer, gateway, resource, tlsSecret, upstream, virtualService } from "./yaml.ts";

const authority = await createAuthority("test ca");
const ca = authority.cert;
const leaf = (name: string): ReturnType<typeof issueCertificate> =>
  issueCertificate(authority, { commonName: name, dnsNames: [name] });

const hybrid = (name: string, port: number, hybridGateway: object, options: object = {}): string =>
  gateway(name, { bindAddress: "127.0.0.1", bindPort: port, hybridGateway, options });

/** The body of an answer to a client that comes from the address `from`, as the PROXY protocol says. */
function sendFrom(from: string, port: number): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => {
      socket.write(`PROXY TCP4 ${from} 127.0.0.1 1000 ${port}\r\n`);
      socket.write("GET / HTTP/1.1\r\nhost: any.test\r\nconnection: close\r\n\r\n");
    });
    let text = "";
    socket.on("data", (data) => text += data.toString());
    socket.on("error", () => resolve("closed"));
    socket.on("close", () => resolve(text === "" ? "closed" : text.slice(text.lastIndexOf("\n") + 1)));
  });
}

const labelled = (yaml: string, labels: object): string => {
  const value = JSON.parse(yaml);
  value.metadata.labels = labels;
  return JSON.stringify(value) + "\n";
};

const named = (name: string): object => ({ virtualServices: [ref(name)] });

Deno.test("hybrid: source prefixes choose http and tcp parts; server names choose parts with TLS", async () => {
  const [bySource, byName] = [freePort(), freePort()];
  const [one, two, three] = [await leaf("one"), await leaf("two"), await leaf("three")];
  const tcp = startTcpBackend("tcp");
  const range = (addressPrefix: string, prefixLen: number): object => ({
    sourcePrefixRanges: [{ addressPrefix, prefixLen }],
  });
  const tls = (name: string, more: object = {}): object => ({
    sslConfig: { secretRef: ref(name), sniDomains: [`${name}.test`], ...more },
  });
  const tcpGateway = {
    tcpHosts: [{ name: "tcp", destination: { single: { upstream: ref("tcp") } } }],
  };
  const files = {
    "gateways.yaml": [
      hybrid("by-source", bySource, {
        matchedGateways: [
          { matcher: range("10.0.0.2", 32), httpGateway: named("inner") },
          { matcher: range("10.0.0.3", 32), tcpGateway },
          { httpGateway: named("outer") },
        ],
      }, { proxyProtocol: {} }),
      hybrid("by-name", byName, {
        matchedGateways: [
          { matcher: tls("one"), httpGateway: named("one") },
          { matcher: tls("two", { parameters: { minimumProtocolVersion: "TLSv1_3" } }), httpGateway: named("two") },
          { matcher: tls("three"), tcpGateway },
        ],
      }),
    ].join("---\n"),
    "services.yaml": [
      virtualService("inner", ["*"], [answer("inner")]),
      virtualService("outer", ["*"], [answer("outer")]),
      virtualService("one", ["*"], [answer("one")], tls("one")),
      virtualService("two", ["*"], [answer("two")], { sslConfig: { sniDomains: ["two.test"] } }),
      upstream("tcp", tcp.port),
    ].join("---\n"),
    "secrets.yaml": [
      tlsSecret("one", one.cert, one.key),
      tlsSecret("two", two.cert, two.key),
      tlsSecret("three", three.cert, three.key),
    ].join("---\n"),
  };
  try {
    await withEnvoy({ files }, async (sluice) => {
      await until("the outer part", () => sendFrom("10.0.0.1", bySource), "outer");
      assert.equal(await sendFrom("10.0.0.2", bySource), "inner");
      assert.equal(await sendFrom("10.0.0.3", bySource), "tcp");
      assert.equal(await shownTls(byName, { sni: "one.test", ca }), "one by one");
      assert.equal(await shownTls(byName, { sni: "two.test", ca }), "two by two");
      assert.equal(await shownTls(byName, { sni: "else.test", ca }), "refused");
      const left = (await sluice.statuses()).filter(({ state }) => state !== "Accepted");
      assert.deepEqual(left, []);
      assert.equal(await sluice.metric("sluice_xds_nacks_total"), 0);
    });
  } finally {
    await tcp.stop();
  }
});

Deno.test("hybrid: delegated gateways, by reference and by label; preventChildOverrides lets the parent win", async () => {
  const [childWins, parentWins, byLabel, secure] = [freePort(), freePort(), freePort(), freePort()];
  const [one, two] = [await leaf("one"), await leaf("two")];
  const tcp = startTcpBackend("tcp");
  const serverName = (name: string): object => ({ httpConnectionManagerSettings: { serverName: name } });
  const delegated = (preventChildOverrides: boolean): object => ({
    delegatedHttpGateways: {
      ref: ref("child"),
      preventChildOverrides,
      httpConnectionManagerSettings: { serverName: "parent", via: "parent" },
    },
  });
  const range = (addressPrefix: string): object => ({ sourcePrefixRanges: [{ addressPrefix, prefixLen: 32 }] });
  const files = {
    "gateways.yaml": [
      hybrid("child-wins", childWins, delegated(false)),
      hybrid("parent-wins", parentWins, delegated(true)),
      resource("MatchableHttpGateway", "child", { httpGateway: { ...named("vs"), options: serverName("child") } }),
      hybrid("by-label", byLabel, {
        delegatedHttpGateways: { selector: { labels: { part: "yes" } } },
        delegatedTcpGateways: { selector: { labels: { part: "yes" } } },
      }, { proxyProtocol: {} }),
      labelled(
        resource("MatchableHttpGateway", "labelled", { matcher: range("10.0.0.1"), httpGateway: named("vs") }),
        { part: "yes" },
      ),
      labelled(
        resource("MatchableTcpGateway", "labelled-tcp", {
          matcher: range("10.0.0.2"),
          tcpGateway: { tcpHosts: [{ name: "tcp", destination: { single: { upstream: ref("tcp") } } }] },
        }),
        { part: "yes" },
      ),
      hybrid("secure", secure, {
        delegatedHttpGateways: {
          selector: { labels: { secure: "yes" } },
          sslConfig: { secretRef: ref("two") },
        },
      }),
      labelled(
        resource("MatchableHttpGateway", "secure-one", {
          matcher: { sslConfig: { secretRef: ref("one"), sniDomains: ["one.test"] } },
          httpGateway: named("secure"),
        }),
        { secure: "yes" },
      ),
      labelled(
        resource("MatchableHttpGateway", "secure-two", {
          matcher: { sslConfig: { sniDomains: ["two.test"] } },
          httpGateway: named("secure"),
        }),
        { secure: "yes" },
      ),
    ].join("---\n"),
    "services.yaml": [
      virtualService("vs", ["*"], [answer("vs")]),
      virtualService("secure", ["*"], [answer("secure")], { sslConfig: {} }),
      upstream("tcp", tcp.port),
      tlsSecret("one", one.cert, one.key),
      tlsSecret("two", two.cert, two.key),
    ].join("---\n"),
  };
  try {
    await withEnvoy({ files }, async (sluice) => {
      const asked = async (port: number): Promise<string> => {
        const { body, headers } = await send(port, "/", { host: "any.test" });
        return `${body} of ${headers.server} via ${headers.via}`;
      };
      await until("the start", () => asked(childWins), "vs of child via parent");
      assert.equal(await asked(parentWins), "vs of parent via parent");
      assert.equal(await sendFrom("10.0.0.1", byLabel), "vs");
      assert.equal(await sendFrom("10.0.0.2", byLabel), "tcp");
      assert.equal(await shownTls(secure, { sni: "one.test", ca }), "secure by one");
      assert.equal(await shownTls(secure, { sni: "two.test", ca }), "secure by two");
      for (const child of ["child", "labelled", "secure-one", "secure-two"]) {
        assert.equal((await sluice.status("MatchableHttpGateway", child))?.state, "Accepted", child);
      }
      assert.equal((await sluice.status("MatchableTcpGateway", "labelled-tcp"))?.state, "Accepted");
      await sluice.write(
        "gateways.yaml",
        hybrid("child-wins", childWins, { delegatedHttpGateways: { selector: { labels: { part: "no" } } } }),
      );
      const warned = await statusIs(sluice, "Gateway", "child-wins", "Warning");
      assert.match(warned.reason, /no MatchableHttpGateway is selected/);
    });
  } finally {
    await tcp.stop();
  }
});
