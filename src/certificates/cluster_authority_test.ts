import assert from "node:assert/strict";
import { createMetrics, type LogFields, silentLogger } from "../telemetry/mod.ts";
import { FakeClock } from "../telemetry/fake_clock.ts";
import { AUTHORITY_SECRET } from "./authority_secret.ts";
import { ClusterAuthority, type ClusterAuthorityOptions } from "./cluster_authority.ts";
import { createAuthority, issueCertificate } from "./issue.ts";
import { isSignedBy, readCertificate, readCertificates } from "./read_certificate.ts";
import { serviceNames } from "./service_names.ts";
import { MemoryStore } from "./test_store.ts";
import type { WebhookConfiguration } from "./webhook_bundle.ts";

const DAY_MS = 86_400_000;
const START = Date.UTC(2026, 0, 1);

/** A store, a clock, and what makes replicas of one namespace. */
async function cluster() {
  const store = new MemoryStore();
  const clock = new FakeClock(START);
  const complaints: string[] = [];
  const logger = {
    ...silentLogger,
    error: (_: string, fields?: LogFields) => void complaints.push(String(fields!.error)),
  };
  const metrics = await createMetrics();
  const opened: ClusterAuthority[] = [];
  const open = async (options: Partial<ClusterAuthorityOptions> = {}): Promise<ClusterAuthority> => {
    const authority = await ClusterAuthority.open({
      namespace: "ns",
      store,
      clock,
      logger,
      metrics,
      isLeader: () => true,
      proxyNames: () => ["edge"],
      serverNames: serviceNames("sluice", "ns"),
      lookMs: 1000 * DAY_MS,
      ...options,
    });
    opened.push(authority);
    return authority;
  };
  /** Lets time pass, after which all look: what they do takes real time, and the clock does not wait for it. */
  const pass = async (ms: number): Promise<void> => {
    await clock.advance(ms);
    for (const each of opened) await each.look();
  };
  return {
    store,
    clock,
    complaints,
    metrics,
    open,
    pass,
    close: () => Promise.all(opened.map((each) => each.close())),
  };
}

const signedBy = async (cert: string, authorities: string): Promise<boolean> =>
  await isSignedBy(readCertificate(cert), readCertificates(authorities));

Deno.test("two replicas that start together end with one authority; only the leader writes for Envoys", async () => {
  const { store, open, pass, close, clock } = await cluster();
  const [one, other] = await Promise.all([open({ isLeader: () => false }), open({ isLeader: () => false })]);
  assert.equal(one.authorities, other.authorities);
  assert.deepEqual(store.writes, [AUTHORITY_SECRET]);
  assert.deepEqual(readCertificate(one.server.current().cert).dnsNames, [
    "sluice",
    "sluice.ns",
    "sluice.ns.svc",
    "sluice.ns.svc.cluster.local",
  ]);
  assert.notEqual(one.server.current().key, other.server.current().key);
  const leader = await open();
  assert.deepEqual(store.writes, [AUTHORITY_SECRET, "sluice-envoy-edge"]);
  const { data, type } = store.secrets.get("sluice-envoy-edge")!;
  assert.equal(type, "kubernetes.io/tls");
  assert.equal(data["ca.crt"], leader.authorities);
  assert.ok(await signedBy(data["tls.crt"]!, one.authorities));
  await pass(10 * DAY_MS);
  assert.equal(store.writes.length, 2, "nothing is due");
  await close();
  assert.equal(clock.pending, 0);
});

Deno.test("it looks from time to time by itself, and no more once it is closed", async () => {
  const { store, clock, open, close } = await cluster();
  const authority = await open({ lookMs: 30_000 });
  const before = authority.authorities;
  store.secrets.clear();
  const changed = new Promise<void>((resolve) => authority.server.onChange(resolve));
  await clock.advance(30_000);
  await changed;
  assert.notEqual(authority.authorities, before);
  await close();
  const writes = store.writes.length;
  store.secrets.clear();
  await authority.look();
  assert.deepEqual([clock.pending, store.writes.length], [0, writes]);
});

Deno.test("whoever asks while it looks is answered by one more look, that has begun later", async () => {
  const { store, open, close } = await cluster();
  let asked = 0;
  const authority = await open({ proxyNames: () => [`proxy-${asked++}`] });
  asked = 0;
  const first = authority.look();
  await Promise.resolve();
  const later = [authority.look(), authority.look(), authority.look()];
  await Promise.all([first, ...later]);
  assert.equal(asked, 2);
  assert.ok(store.secrets.has("sluice-envoy-proxy-1"));
  await close();
});

Deno.test("certificates are replaced after two thirds of their life, and the authority by steps that nobody notices", async () => {
  const { store, clock, open, pass, close } = await cluster();
  const options = { lifetimes: { authorityMs: 120 * DAY_MS, overlapMs: 2 * DAY_MS } };
  const leader = await open(options);
  const replica = await open({ ...options, isLeader: () => false });
  let changes = 0;
  replica.server.onChange(() => changes++);
  const [envoy, authority] = [store.secrets.get("sluice-envoy-edge")!, leader.authorities];
  await pass(20 * DAY_MS);
  const renewed = store.secrets.get("sluice-envoy-edge")!;
  assert.notEqual(renewed.data["tls.crt"], envoy.data["tls.crt"]);
  assert.equal(renewed.data["ca.crt"], authority);
  assert.equal(changes, 1, "the server's own");
  for (let day = 20; day < 160; day += 2) {
    await pass(2 * DAY_MS);
    const held = store.secrets.get("sluice-envoy-edge")!.data;
    const shown = replica.server.current();
    assert.ok(await signedBy(held["tls.crt"]!, shown.clientCa), `day ${day}: the replica lets the Envoy in`);
    assert.ok(await signedBy(shown.cert, held["ca.crt"]!), `day ${day}: the Envoy trusts the replica`);
    assert.ok(readCertificate(held["tls.crt"]!).notAfter > clock.now(), `day ${day}: the Envoy's has not ended`);
    assert.ok(readCertificate(shown.cert).notAfter > clock.now(), `day ${day}: the server's has not ended`);
  }
  assert.ok(!leader.authorities.includes(authority), "the first authority is gone");
  assert.deepEqual(leader.faults.concat(replica.faults), []);
  const written = (name: string): number => store.writes.filter((each) => each === name).length;
  assert.equal(written(AUTHORITY_SECRET), 1 + 3 + 1, "made; told of, signs, alone; told of again");
  assert.equal(written("sluice-envoy-edge"), 1 + 8 + 1, "made; each 20 days; and when the former authority is dropped");
  await close();
});

Deno.test("a Secret that is damaged or not ours is named, left alone, and what there was stays in use", async () => {
  const { store, clock, complaints, metrics, open, close } = await cluster();
  const leader = await open();
  const before = leader.authorities;
  const good = store.secrets.get(AUTHORITY_SECRET)!;
  const foreign = await createAuthority({ commonName: "theirs", notBefore: START, notAfter: START + DAY_MS });
  const faults: [key: string, value: string | undefined, message: RegExp][] = [
    ["tls.key", undefined, /it should have tls\.crt and tls\.key/],
    ["tls.key", foreign.key, /tls\.key is not the key of tls\.crt/],
    ["tls.key", "gibberish", /tls\.key cannot be read/],
    ["tls.crt", foreign.cert, /the certificate of CN=theirs, and not of an authority that Sluice made/],
    ["tls.crt", "gibberish", /tls\.crt cannot be read \(there is no certificate in it\)/],
    ["ca.crt", foreign.cert, /ca\.crt should hold the certificate of tls\.crt, once/],
    ["signing-since", "now", /signing-since should be a time/],
    ["next.crt", foreign.cert, /it should have next\.crt and next\.key/],
  ];
  for (const [key, value, message] of faults) {
    store.edit(AUTHORITY_SECRET, key, value);
    const damaged = store.secrets.get(AUTHORITY_SECRET);
    await leader.look();
    await leader.look();
    assert.equal(store.secrets.get(AUTHORITY_SECRET), damaged, "never overwritten");
    assert.match(leader.faults.join(), message);
    assert.match(leader.faults.join(), /Secret sluice-ca: .*delete it to have it made anew/);
    assert.equal(complaints.length, 1, "said once");
    assert.equal(leader.authorities, before);
    await assert.rejects(open(), message);
    store.secrets.set(AUTHORITY_SECRET, good);
    await leader.look();
    assert.deepEqual(leader.faults, []);
    complaints.length = 0;
  }
  store.secrets.set(AUTHORITY_SECRET, { ...good, type: "Opaque" });
  await leader.look();
  assert.match(leader.faults.join(), /it is of type Opaque, and should be of type kubernetes\.io\/tls/);
  assert.match(await metrics.text(), /^sluice_certificate_faults 1$/m);
  store.secrets.delete(AUTHORITY_SECRET);
  await leader.look();
  assert.notEqual(leader.authorities, before, "one that was deleted is made anew");
  const { data } = store.secrets.get("sluice-envoy-edge")!;
  assert.ok(await signedBy(data["tls.crt"]!, leader.authorities), "and so is what it had signed");
  assert.ok(await signedBy(leader.server.current().cert, leader.authorities));
  assert.match(await metrics.text(), /^sluice_certificate_faults 0$/m);
  assert.equal(
    (await metrics.text()).match(
      /^sluice_certificate_expiry_timestamp_seconds\{certificate="sluice-envoy-edge"\} (\d+)$/m,
    )![1],
    String(clock.now() / 1000 + 30 * 86_400),
  );
  await close();
});

Deno.test("an Envoy's Secret: damaged, foreign or of no possible name harms no other; a wrong name in it is mended", async () => {
  const { store, metrics, open, close } = await cluster();
  const proxies = ["edge", "Bad_Name", "other"];
  const leader = await open({ proxyNames: () => proxies });
  assert.match(leader.faults.join(), /Proxy Bad_Name: its Envoys get no certificate/);
  const edge = store.secrets.get("sluice-envoy-edge")!;
  const life = { notBefore: START, notAfter: START + 30 * DAY_MS };
  const theirs = await issueCertificate(await createAuthority({ commonName: "theirs", ...life }), {
    commonName: "x",
    ...life,
  });
  for (
    const [secret, message] of [
      [{ ...edge, type: "Opaque" }, /sluice-envoy-edge: it is of type Opaque/],
      [{ ...edge, data: { "tls.crt": theirs.cert, "tls.key": theirs.key } }, /was signed by CN=theirs, and not by/],
      [{ ...edge, data: { ...edge.data, "tls.key": theirs.key } }, /tls\.key is not the key of tls\.crt/],
      [{ ...edge, data: {} }, /tls\.crt and tls\.key cannot be read/],
    ] as const
  ) {
    store.secrets.set("sluice-envoy-edge", secret);
    store.secrets.delete("sluice-envoy-other");
    await leader.look();
    assert.equal(store.secrets.get("sluice-envoy-edge"), secret);
    assert.match(leader.faults.join("\n"), message);
    assert.ok(store.secrets.has("sluice-envoy-other"));
  }
  store.secrets.set("sluice-envoy-edge", store.secrets.get("sluice-envoy-other")!);
  await leader.look();
  const { data } = store.secrets.get("sluice-envoy-edge")!;
  assert.deepEqual(readCertificate(data["tls.crt"]!).dnsNames, ["edge.ns.envoy.sluice"]);
  proxies.shift();
  store.secrets.delete("sluice-envoy-edge");
  await leader.look();
  assert.ok(!store.secrets.has("sluice-envoy-edge"), "a Proxy that is gone gets none");
  const expiry = async (name: string): Promise<number> =>
    Number((await metrics.text()).match(new RegExp(`timestamp_seconds\\{certificate="${name}"\\} (.*)$`, "m"))![1]);
  assert.ok(Number.isNaN(await expiry("sluice-envoy-edge")), "nor an alarm when its certificate ends");
  assert.ok(await expiry("sluice-envoy-other") > 0);
  assert.match(leader.faults.join(), /^Proxy Bad_Name/);
  proxies.shift();
  await leader.look();
  assert.deepEqual(leader.faults, []);
  await close();
});

Deno.test("who writes at the same time is not overwritten; an API server that is away harms nothing", async () => {
  const { store, clock, open, pass, close } = await cluster();
  const leader = await open({ lifetimes: { authorityMs: 120 * DAY_MS } });
  await pass(79 * DAY_MS);
  const rival = await open({ lifetimes: { authorityMs: 120 * DAY_MS } });
  clock.set(2 * DAY_MS);
  store.before = () => rival.look();
  await leader.look();
  assert.equal(readCertificates(leader.authorities).length, 2);
  assert.equal(leader.authorities, rival.authorities);
  store.failure = new Error("the API server is away");
  await leader.look();
  assert.deepEqual(new Set(leader.faults), new Set(["the API server is away"]));
  assert.equal(leader.authorities, rival.authorities);
  store.failure = undefined;
  await leader.look();
  assert.deepEqual(leader.faults, []);
  await close();
});

Deno.test("webhooks are given the authorities, and patched only where they differ", async () => {
  const { open, close } = await cluster();
  let present: WebhookConfiguration | undefined = { resourceVersion: "7", bundles: [undefined, "b2xk"] };
  let conflicts = 1;
  const patches: number[] = [];
  const leader = await open({
    webhooks: {
      names: ["sluice"],
      store: {
        get: () => Promise.resolve(present),
        patch: (_, steps) => {
          patches.push(steps.length);
          if (conflicts-- > 0) return Promise.resolve("conflict");
          assert.deepEqual(steps[0], { op: "replace", path: "/metadata/resourceVersion", value: "7" });
          assert.deepEqual(steps.slice(1).map(({ path }) => path), [
            "/webhooks/0/clientConfig/caBundle",
            "/webhooks/1/clientConfig/caBundle",
          ]);
          present = { resourceVersion: "8", bundles: steps.slice(1).map(({ value }) => value) };
          return Promise.resolve("patched");
        },
      },
    },
  });
  assert.equal(atob(present.bundles[0]!), leader.authorities);
  await leader.look();
  present = undefined;
  await leader.look();
  assert.deepEqual(patches, [3, 3]);
  assert.deepEqual(leader.faults, []);
  await close();
});
