/** What the Worker is granted against what it uses, both ways, over a run with TLS, secrets, statuses and a reload. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { createAuthority, issueCertificate } from "../../scripts/certificates.ts";
import { type Grant, grantsFor } from "../../src/cli/permissions.ts";
import { freePort, send, startEnvoy, waitFor } from "./harness.ts";
import { makeFolder, startSluice } from "./product.ts";
import { answer, httpGateway, httpsGateway, tlsSecret, virtualService } from "./yaml.ts";

/** One line of what Deno writes with DENO_AUDIT_PERMISSIONS. */
interface Audit {
  readonly permission: string;
  readonly value: string | null;
}

const within = (grant: string, value: string): boolean => value === grant || value.startsWith(`${grant}/`);

function covers(grant: Grant, { permission, value }: Audit): boolean {
  if (grant.permission !== permission || value === null) return false;
  if (permission === "read" || permission === "write") return within(grant.value, value);
  return grant.value === value;
}

Deno.test("permissions: everything granted is used, and everything used is granted", async () => {
  const authority = await createAuthority("envoys");
  const server = await issueCertificate(authority, { commonName: "sluice", ipAddresses: ["127.0.0.1"] });
  const client = await issueCertificate(authority, { commonName: "edge" });
  const web = await issueCertificate(authority, { commonName: "web", dnsNames: ["web.test"] });
  const folder = await makeFolder({
    "ca.pem": authority.cert,
    "server.pem": server.cert,
    "server.key": server.key,
    "roles.json": JSON.stringify({ edge: ["*"] }),
    "client.pem": client.cert,
    "client.key": client.key,
  });
  const file = (name: string): string => join(folder, name);
  const audit = file("audit.jsonl");
  const port = freePort();
  const sluice = await startSluice({
    env: { DENO_AUDIT_PERMISSIONS: audit },
    files: {
      "gw.yaml": `${httpGateway(port)}---\n${httpsGateway(freePort())}`,
      "vs.yaml": virtualService("vs", ["*"], [answer("one")]),
      "web.yaml": virtualService("web", ["web.test"], [answer("web")], {
        sslConfig: { secretRef: { name: "web", namespace: "gloo-system" } },
      }),
      "secret.yaml": tlsSecret("web", web.cert, web.key),
    },
    flags: [
      ...["--static-fallback", file("fallback")],
      ...["--xds-tls-cert", file("server.pem"), "--xds-tls-key", file("server.key")],
      ...["--xds-client-ca", file("ca.pem"), "--xds-roles", file("roles.json")],
    ],
  });
  const config = {
    roots: [{ path: sluice.config }],
    namespace: "gloo-system",
    writeNamespace: "gloo-system",
    xdsAddress: "127.0.0.1:0",
    adminAddress: "127.0.0.1:0",
    stateDir: sluice.stateDir,
    staticFallback: file("fallback"),
    logFormat: "json" as const,
    logLevel: "info" as const,
    insecureXds: false,
    measureStalls: false,
    fixed: [],
    xdsTls: {
      cert: file("server.pem"),
      key: file("server.key"),
      clientCa: file("ca.pem"),
      roles: file("roles.json"),
    },
  };
  try {
    const envoy = await startEnvoy({
      xds: sluice.xds,
      xdsTransportSocket: {
        name: "envoy.transport_sockets.tls",
        typed_config: {
          "@type": "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext",
          common_tls_context: {
            validation_context: { trusted_ca: { filename: file("ca.pem") } },
            tls_certificates: [{
              certificate_chain: { filename: file("client.pem") },
              private_key: { filename: file("client.key") },
            }],
          },
        },
      },
    });
    try {
      await waitFor("the first form", async () => (await send(port)).body === "one");
      await sluice.write("vs.yaml", virtualService("vs", ["*"], [answer("two")]));
      await waitFor("the second form", async () => (await send(port)).body === "two");
      await waitFor("the statuses", () => [...Deno.readDirSync(join(sluice.stateDir, "status"))].length > 2);
    } finally {
      await envoy.stop();
    }
  } finally {
    await sluice.stop();
  }
  const all = (await Deno.readTextFile(audit)).trim().split("\n").map((line) => JSON.parse(line) as Audit);
  // Before it starts the Worker, main asks for itself; entries without a value are Deno's own, when it narrows
  // permissions for the Worker; those with a file: URL are the modules that the Worker loads.
  const used = all.slice(all.findLastIndex(({ value }) => value === null) + 1)
    .filter(({ value }) => !value?.startsWith("file:"));
  assert.ok(used.length > 20, "the Worker's part was found");
  const grants = grantsFor(config, (path) => path);
  const unused = grants.filter((grant) => !used.some((one) => covers(grant, one)));
  assert.deepEqual(unused, [], "granted, but never used");
  const beyond = used.filter((one) => !grants.some((grant) => covers(grant, one)));
  assert.deepEqual(beyond, [], "used, but never granted");
  await Deno.remove(folder, { recursive: true });
});
