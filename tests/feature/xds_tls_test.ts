/** xDS over mutual TLS: who gets in, who may read what, and certificates that change while the server runs. */
import assert from "node:assert/strict";
import { status } from "@grpc/grpc-js";
import { envoyName, issueCertificate, rolesOf } from "../../src/certificates/mod.ts";
import {
  type CertificateProvider,
  startXdsServer,
  type XdsServer,
  type XdsServerOptions,
} from "../../src/server/mod.ts";
import { createMetrics, silentLogger, systemClock } from "../../src/telemetry/mod.ts";
import { XdsCache } from "../../src/xds/mod.ts";
import { cluster, snapshot } from "../../src/xds/test_snapshot.ts";
import { waitFor } from "../envoy/harness.ts";
import { issue, type KeyPair, newAuthority } from "./certificates.ts";
import { ask, connect, names, node } from "./xds_client.ts";

const ROLE = "ns~proxy";
const OTHER = "ns~other";
const FOLDER = `.cache/test/xds_tls_${crypto.randomUUID()}`;
const FILES = { certificate: `${FOLDER}/tls.crt`, key: `${FOLDER}/tls.key`, clientAuthority: `${FOLDER}/ca.crt` };

function write(pair: KeyPair, clientAuthority: KeyPair): void {
  Deno.mkdirSync(FOLDER, { recursive: true });
  Deno.writeTextFileSync(FILES.certificate, pair.certificate);
  Deno.writeTextFileSync(FILES.key, pair.key);
  Deno.writeTextFileSync(FILES.clientAuthority, clientAuthority.certificate);
}

async function start(options: Partial<XdsServerOptions> = {}, cache = new XdsCache()): Promise<XdsServer> {
  cache.setSnapshot(ROLE, snapshot(cluster("a")));
  cache.setSnapshot(OTHER, snapshot(cluster("b")));
  return await startXdsServer({
    address: "127.0.0.1:0",
    cache,
    clock: systemClock,
    logger: silentLogger,
    metrics: await createMetrics(),
    tls: FILES,
    tlsRefreshMs: 20,
    ...options,
  });
}

/** A client that trusts `authority` and shows `own`. */
function client(server: XdsServer, authority: KeyPair, own?: KeyPair) {
  const tls = { ca: authority.certificate, ...(own && { key: own.key, cert: own.certificate }) };
  return connect(server.address.replace("127.0.0.1", "localhost"), tls);
}

/** The clusters that a client gets for a role, or the status that it gets instead. */
async function clustersFor(role: string, ...who: Parameters<typeof client>): Promise<string[] | status> {
  const connection = client(...who);
  try {
    return names(await connection.fetch("cluster", { node: node(role) }));
  } catch (error) {
    return (error as { code: status }).code;
  } finally {
    await connection.close();
  }
}

Deno.test("only clients with a certificate of the authority get in, and they read only the roles of its names", async () => {
  const [authority, stranger] = [await newAuthority("ours"), await newAuthority("strangers")];
  write(await issue(authority, "server", ["localhost"]), authority);
  const edge = await issue(authority, "edge");
  const alternative = await issue(authority, "ignored", ["edge.example"]);
  const misleading = await issue(authority, "edge", ["harmless.example"]);
  const everybody = await issue(authority, "operator");
  const server = await start({ clients: { edge: [ROLE], "edge.example": [ROLE], operator: ["*"] } });
  try {
    assert.deepEqual(await clustersFor(ROLE, server, authority, edge), ["a"]);
    assert.deepEqual(await clustersFor(ROLE, server, authority, alternative), ["a"]);
    assert.deepEqual(await clustersFor(OTHER, server, authority, everybody), ["b"]);
    assert.equal(await clustersFor(OTHER, server, authority, edge), status.PERMISSION_DENIED);
    assert.equal(await clustersFor(ROLE, server, authority, misleading), status.PERMISSION_DENIED);
    assert.equal(await clustersFor(ROLE, server, authority, await issue(authority, "x")), status.PERMISSION_DENIED);
    assert.equal(await clustersFor(ROLE, server, authority), status.UNAVAILABLE);
    assert.equal(await clustersFor(ROLE, server, authority, await issue(stranger, "edge")), status.UNAVAILABLE);
    const connection = client(server, authority, edge);
    const denied = connection.stream();
    denied.send(ask("cluster", [], { node: node(OTHER) }));
    assert.equal((await denied.ended)?.code, status.PERMISSION_DENIED);
    assert.deepEqual(denied.responses, []);
    const allowed = connection.stream();
    allowed.send(ask("cluster", [], { node: node(ROLE) }));
    await allowed.response(1);
    assert.equal(server.clients()[0]!.certificate, "edge");
    await connection.close();
  } finally {
    await server.close(1_000);
    Deno.removeSync(FOLDER, { recursive: true });
  }
});

Deno.test("certificates change without a restart; a pair that does not match is passed over; streams go on", async () => {
  const [old, fresh] = [await newAuthority("old"), await newAuthority("fresh")];
  write(await issue(old, "server", ["localhost"]), old);
  const [oldEdge, freshEdge] = [await issue(old, "edge"), await issue(fresh, "edge")];
  const complaints: string[] = [];
  const logger = { ...silentLogger, error: (text: string) => void complaints.push(text) };
  const cache = new XdsCache();
  const server = await start({ clients: { edge: [ROLE] }, logger }, cache);
  const connection = client(server, old, oldEdge);
  try {
    const stream = connection.stream();
    stream.send(ask("cluster", [], { node: node(ROLE) }));
    await stream.response(1);
    const next = await issue(fresh, "server", ["localhost"]);
    Deno.writeTextFileSync(FILES.certificate, next.certificate);
    await waitFor("the complaint about half a rotation", () => complaints.length > 0);
    assert.deepEqual(await clustersFor(ROLE, server, old, oldEdge), ["a"]);
    write(next, fresh);
    await waitFor("the new certificate", async () => Array.isArray(await clustersFor(ROLE, server, fresh, freshEdge)));
    assert.equal(await clustersFor(ROLE, server, fresh, oldEdge), status.UNAVAILABLE);
    cache.setSnapshot(ROLE, snapshot(cluster("a"), cluster("later")));
    assert.deepEqual(names(await stream.response(2)), ["a", "later"]);
  } finally {
    await connection.close();
    await server.close(1_000);
    Deno.removeSync(FOLDER, { recursive: true });
  }
});

Deno.test("certificates from memory: streams go on over a change, newcomers go by it; a name gives its role and no other", async () => {
  const life = { notBefore: Date.now() - 60_000, notAfter: Date.now() + 3_600_000 };
  const forClient = async (authority: KeyPair, usage: "client" | "server", proxyName = "proxy"): Promise<KeyPair> => {
    const dnsNames = [envoyName("ns", proxyName)];
    const from = { cert: authority.certificate, key: authority.key };
    const { cert, key } = await issueCertificate(from, { commonName: "envoy", dnsNames, usage, ...life });
    return { certificate: cert, key };
  };
  const [old, fresh] = [await newAuthority("old"), await newAuthority("fresh")];
  const [oldEdge, freshEdge] = [await forClient(old, "client"), await forClient(fresh, "client")];
  const materialOf = async (authority: KeyPair) => {
    const { certificate, key } = await issue(authority, "server", ["localhost"]);
    return { cert: certificate, key, clientCa: authority.certificate };
  };
  let material = await materialOf(old);
  const listeners = new Set<() => void>();
  const tls: CertificateProvider = {
    current: () => material,
    onChange: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
  const cache = new XdsCache();
  const server = await start({ tls, clients: rolesOf }, cache);
  const connection = client(server, old, oldEdge);
  try {
    const stream = connection.stream();
    stream.send(ask("cluster", [], { node: node(ROLE) }));
    await stream.response(1);
    assert.equal(server.clients()[0]!.certificate, "proxy.ns.envoy.sluice");
    assert.equal(await clustersFor(OTHER, server, old, oldEdge), status.PERMISSION_DENIED);
    assert.deepEqual(await clustersFor(OTHER, server, old, await forClient(old, "client", "other")), ["b"]);
    assert.equal(await clustersFor(ROLE, server, old, await forClient(old, "server")), status.UNAVAILABLE);
    material = await materialOf(fresh);
    for (const listener of listeners) listener();
    assert.deepEqual(await clustersFor(ROLE, server, fresh, freshEdge), ["a"]);
    assert.equal(await clustersFor(ROLE, server, fresh, oldEdge), status.UNAVAILABLE);
    cache.setSnapshot(ROLE, snapshot(cluster("a"), cluster("later")));
    assert.deepEqual(names(await stream.response(2)), ["a", "later"]);
  } finally {
    await connection.close();
    await server.close(1_000);
  }
  assert.equal(listeners.size, 0, "a server that has ended hears of nothing");
});

Deno.test("TLS without a map of roles, or with files that are no good, does not start", async () => {
  const authority = await newAuthority("ours");
  write(await issue(authority, "server", ["localhost"]), authority);
  await assert.rejects(start(), /map from certificate names/);
  write({ ...await issue(authority, "server"), key: authority.key }, authority);
  await assert.rejects(start({ clients: {} }), /is not the key of/);
  Deno.removeSync(FOLDER, { recursive: true });
  await assert.rejects(start({ clients: {} }), /ENOENT/);
});
