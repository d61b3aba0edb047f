/** Who may read what: roles, client certificates, and the permissions of Sluice itself. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { createAuthority, issueCertificate } from "../../scripts/certificates.ts";
import { freePort, send, startEnvoy, waitFor } from "./harness.ts";
import { makeFolder, startSluice } from "./product.ts";
import { answer, httpGateway, httpsGateway, tlsSecret, virtualService } from "./yaml.ts";

const FALLBACK_PORT = 8080;

Deno.test("a client with a wrong role, or no certificate where one is needed, gets no secret and no foreign configuration", async () => {
  const authority = await createAuthority("envoys");
  const server = await issueCertificate(authority, {
    commonName: "sluice",
    dnsNames: ["sluice"],
    ipAddresses: ["127.0.0.1"],
  });
  const edge = await issueCertificate(authority, { commonName: "edge-1" });
  const stranger = await issueCertificate(await createAuthority("others"), { commonName: "edge-1" });
  const tls = await makeFolder({
    "ca.pem": authority.cert,
    "server.pem": server.cert,
    "server.key": server.key,
    "roles.json": JSON.stringify({ "edge-1": ["gloo-system~edge"] }),
    "edge.pem": edge.cert,
    "edge.key": edge.key,
    "stranger.pem": stranger.cert,
    "stranger.key": stranger.key,
  });
  const file = (name: string): string => join(tls, name);
  const [edgePort, otherPort] = [freePort(), freePort()];
  const secure = await issueCertificate(authority, { commonName: "web", dnsNames: ["web.test"] });
  const sluice = await startSluice({
    files: {
      "gateways.yaml": `${httpGateway(edgePort, { proxyNames: ["edge"] })}---\n${httpsGateway(otherPort)}`,
      "vs.yaml": virtualService("vs", ["*"], [answer("edge only")]),
      "secure.yaml": virtualService("secure", ["web.test"], [answer("secure")], {
        sslConfig: { secretRef: { name: "web", namespace: "gloo-system" } },
      }),
      "secret.yaml": tlsSecret("web", secure.cert, secure.key),
    },
    flags: [
      ...["--xds-tls-cert", file("server.pem"), "--xds-tls-key", file("server.key")],
      ...["--xds-client-ca", file("ca.pem"), "--xds-roles", file("roles.json")],
    ],
  });
  const socket = (certificate?: string): Record<string, unknown> => ({
    name: "envoy.transport_sockets.tls",
    typed_config: {
      "@type": "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext",
      common_tls_context: {
        validation_context: { trusted_ca: { filename: file("ca.pem") } },
        ...(certificate === undefined ? {} : {
          tls_certificates: [{
            certificate_chain: { filename: file(`${certificate}.pem`) },
            private_key: { filename: file(`${certificate}.key`) },
          }],
        }),
      },
    },
  });
  try {
    const good = await startEnvoy({ xds: sluice.xds, role: "gloo-system~edge", xdsTransportSocket: socket("edge") });
    try {
      await waitFor("its own configuration", async () => (await send(edgePort)).body === "edge only");
      const dump = JSON.stringify(await good.admin("config_dump?include_eds"));
      assert.ok(!dump.includes("web.test"), "nothing of another proxy");
    } finally {
      await good.stop();
    }
    const refused: [what: string, role: string, certificate: string | undefined][] = [
      ["another role than the certificate gives", "gloo-system~gateway-proxy", "edge"],
      ["no certificate", "gloo-system~edge", undefined],
      ["a certificate of another authority", "gloo-system~edge", "stranger"],
    ];
    for (const [what, role, certificate] of refused) {
      const envoy = await startEnvoy({
        xds: sluice.xds,
        role,
        xdsTransportSocket: socket(certificate),
        until: "admin",
      });
      try {
        // Refused streams and refused connections are both tried again.
        await waitFor(`${what}: to be refused twice`, async () => {
          const [streams, connections] = await Promise.all(
            ["upstream_rq_total", "upstream_cx_total"].map((name) => envoy.stat(`cluster.xds_cluster.${name}`)),
          );
          return streams! > 1 || connections! > 1;
        });
        const dump = JSON.stringify(await envoy.admin("config_dump?include_eds"));
        for (const foreign of ["web.test", "edge only", "BEGIN", "listener-"]) {
          assert.ok(!dump.includes(foreign), `${what}: ${foreign}`);
        }
      } finally {
        await envoy.stop();
      }
    }
    const clients = await (await sluice.page("/clients")).text();
    assert.ok(!clients.includes("PRIVATE KEY"));
    for (const page of ["/snapshots/input", "/snapshots/xds?node=gloo-system~gateway-proxy"]) {
      const text = await (await sluice.page(page)).text();
      assert.match(text, /\[redacted\]/, page);
      assert.ok(!text.includes("PRIVATE KEY") && !text.includes(btoa(secure.key).slice(0, 60)), page);
    }
  } finally {
    await sluice.stop();
    await Deno.remove(tls, { recursive: true });
  }
});

Deno.test("an Envoy of an unknown role gets a listener that answers 500 and names no role", async () => {
  const sluice = await startSluice({
    files: { "a.yaml": httpGateway(freePort()) + "---\n" + virtualService("vs", ["*"], [answer("secret plans")]) },
  });
  const envoy = await startEnvoy({ xds: sluice.xds, role: "gloo-system~nobody" });
  try {
    const got = await waitFor("the fallback", async () => await send(FALLBACK_PORT));
    assert.equal(got.status, 500);
    assert.ok(!got.body.includes("gateway-proxy"), got.body);
    await waitFor("the log to tell", () => sluice.log().includes("gloo-system~nobody"));
  } finally {
    await envoy.stop();
    await sluice.stop();
  }
});
