import assert from "node:assert/strict";
import { makeReport } from "../report/mod.ts";
import { ApiSnapshot } from "../snapshot/mod.ts";
import {
  Bed,
  gateway,
  id,
  lines,
  type Manifest,
  manifest,
  PERMISSIVE,
  ref,
  settings,
  STRICT,
  toUpstream,
  upstream,
  virtualService,
} from "./fixtures_test.ts";
import type { Verdict } from "./mod.ts";

const SHOP = [gateway(), upstream("shop"), virtualService("shop", "shop")];
const ALLOWED = { allowed: true, errors: [], warnings: [] };

/** A route that no Envoy takes, and what is said of it. */
const FAULTY = toUpstream("shop", "/", { timeout: "-1s" });
const fault = (name: string) =>
  `error SLUICE-1414 VirtualService ${name} virtualHost.routes[0].options.timeout: ` +
  "-1s is negative; a span of time of zero or more is wanted";

const UNSERVED = "until it does, requests are answered 503 and connections closed";
const missing = (severity: string, owner: string, path: string, name: string) =>
  `${severity} SLUICE-1332 ${owner} ${path}.routeAction.single.upstream: ` +
  `Upstream gloo-system/${name} does not exist; ${UNSERVED}`;

Deno.test("a change that makes nothing worse is allowed without a word", async () => {
  const bed = new Bed(STRICT, ...SHOP);
  assert.deepEqual(await bed.put(virtualService("news", "shop")), ALLOWED);
  assert.deepEqual(await bed.remove(id("VirtualService", "shop")), ALLOWED);
  assert.deepEqual(await bed.remove(id("VirtualService", "nowhere")), ALLOWED);
});

Deno.test("who writes a resource is to have it right, also where it was as wrong before; who leaves its spec alone is not", async () => {
  const bad = virtualService("bad", "shop", { routes: [FAULTY] });
  const bed = new Bed(PERMISSIVE, ...SHOP, bad);
  const edited = await bed.put(virtualService("bad", "shop", { routes: [FAULTY, toUpstream("shop", "/more")] }));
  assert.deepEqual([edited.allowed, lines(edited)], [false, [fault("bad")]]);
  assert.deepEqual(await bed.put({ ...bad, metadata: { ...bad.metadata, labels: { team: "a" } } }), ALLOWED);
});

Deno.test("what was wrong before is not the fault of who changes something else, nor that it is worded anew", async () => {
  const bad = virtualService("bad", "nowhere", { routes: [FAULTY] });
  const late = virtualService("late", "shop", { domain: "shop.com" });
  const bed = new Bed(STRICT, ...SHOP, bad);
  bed.sync(late);
  assert.deepEqual(await bed.put(virtualService("news", "shop")), ALLOWED);
  const other = await bed.put(virtualService("earlier", "shop", { domain: "shop.com" }));
  assert.equal(other.errors.length, 1, "the newcomer's own, not that of the one who came late before");
});

Deno.test("a domain that another has: the newcomer is refused, and both are named", async () => {
  const bed = new Bed(PERMISSIVE, ...SHOP);
  const verdict = await bed.put(virtualService("thief", "shop", { domain: "shop.com" }));
  assert.deepEqual([verdict.allowed, lines(verdict)], [false, [
    'error SLUICE-1211 VirtualService thief virtualHost.domains[0]: domain "shop.com" on listener-::-8080 of proxy ' +
    "gateway-proxy belongs to VirtualService gloo-system/shop; it is not served from here",
  ]]);
});

Deno.test("a port that another has: the newcomer is refused, and both are named", async () => {
  const bed = new Bed(PERMISSIVE, ...SHOP);
  const verdict = await bed.put(gateway("other"));
  assert.equal(verdict.allowed, false);
  assert.match(lines(verdict)[0]!, /^error SLUICE-1202 Gateway other bindPort: .*Gateway gloo-system\/gateway/);
});

Deno.test("an Upstream in use is not deleted, nor made one that nothing can be sent to; one that is idle may go", async () => {
  const bed = new Bed(PERMISSIVE, ...SHOP, upstream("idle"));
  assert.deepEqual(await bed.remove(id("Upstream", "idle")), ALLOWED);
  const gone = await bed.remove(id("Upstream", "shop"));
  assert.deepEqual(
    [gone.allowed, lines(gone)],
    [false, [missing("error", "VirtualService shop", "virtualHost.routes[0]", "shop")]],
  );
  const faulty = await bed.put(upstream("shop", { static: { hosts: [{ addr: "10.0.0.1", port: 70000 }] } }));
  assert.deepEqual([faulty.allowed, faulty.errors.map(({ code, ref }) => `${code} ${ref.kind}`)], [
    false,
    ["SLUICE-1451 Upstream", "SLUICE-1333 VirtualService"],
  ]);
});

Deno.test("a RouteTable that is delegated to is not deleted, by name or by labels; one of several by labels may go", async () => {
  const table = (name: string) =>
    manifest("RouteTable", name, { routes: [toUpstream("shop", `/${name}`)] }, { labels: { app: "x" } });
  const delegating = (name: string, delegateAction: object) =>
    virtualService(name, "", { routes: [{ matchers: [{ prefix: "/" }], delegateAction }] });
  const bed = new Bed(
    PERMISSIVE,
    ...SHOP,
    table("a"),
    table("b"),
    delegating("by-name", { ref: ref("a") }),
    delegating("by-labels", { selector: { labels: { app: "x" } } }),
  );
  const gone = await bed.remove(id("RouteTable", "a"));
  assert.deepEqual([gone.allowed, lines(gone)], [false, [
    "error SLUICE-1224 VirtualService by-name virtualHost.routes[0].delegateAction.ref: " +
    "RouteTable gloo-system/a is not there; this route serves nothing",
  ]]);
  assert.deepEqual(await bed.remove(id("RouteTable", "b")), ALLOWED);
  const last = await bed.remove(id("RouteTable", "a"), id("RouteTable", "b"));
  assert.deepEqual(last.errors.map(({ code, ref }) => `${code} ${ref.name}`), [
    "SLUICE-1225 by-labels",
    "SLUICE-1224 by-name",
  ]);
});

Deno.test("a TLS secret in use is not deleted; warnMissingTlsSecret makes that a warning, and a faulty ssl config stays an error", async () => {
  const tls = gateway("tls", { bindPort: 8443, ssl: true, httpGateway: {} });
  const secure = virtualService("secure", "shop", { tls: "cert" });
  const nameless = manifest("VirtualService", "nameless", {
    virtualHost: { domains: ["nameless.com"], routes: [toUpstream("shop")] },
    sslConfig: {},
  });
  const said = "SLUICE-1314 VirtualService secure sslConfig.secretRef: Secret gloo-system/cert does not exist";
  const strict = await new Bed(PERMISSIVE, ...SHOP, tls).put(secure);
  assert.deepEqual([strict.allowed, lines(strict)], [false, [`error ${said}`]]);
  const bed = new Bed(settings({ alwaysAccept: false, warnMissingTlsSecret: true }), ...SHOP, tls);
  const warned = await bed.put(secure);
  assert.deepEqual([warned.allowed, lines(warned)], [true, [`warning ${said}`]]);
  assert.equal((await bed.put(nameless)).allowed, false);
});

Deno.test("modes: warnings pass unless allowWarnings is false; by default everything passes, and errors are told", async () => {
  const later = virtualService("later", "later");
  const warning = [missing("warning", "VirtualService later", "virtualHost.routes[0]", "later")];
  const outcome = async (mode: Parameters<typeof settings>[0]) => {
    const bed = new Bed(settings(mode), ...SHOP);
    const [warned, faulty] = [await bed.ask(later), await bed.ask(virtualService("bad", "shop", { routes: [FAULTY] }))];
    assert.deepEqual([lines(warned), lines(faulty)], [warning, [fault("bad")]]);
    return [warned.allowed, faulty.allowed];
  };
  assert.deepEqual(await outcome({}), [true, true]);
  assert.deepEqual(await outcome({ alwaysAccept: true, allowWarnings: false }), [true, true]);
  assert.deepEqual(await outcome({ alwaysAccept: false }), [true, false]);
  assert.deepEqual(await outcome({ alwaysAccept: false, allowWarnings: false }), [false, false]);
});

Deno.test("the mode is that of the Settings that are followed, not of those that are asked about", async () => {
  const bed = new Bed(PERMISSIVE, ...SHOP);
  const verdict = await bed.put(settings({}), virtualService("bad", "shop", { routes: [FAULTY] }));
  assert.equal(verdict.allowed, false);
});

Deno.test("what was let through is there for the next request; what was refused or only asked about is not", async () => {
  const bed = new Bed(STRICT, ...SHOP);
  const later = virtualService("later", "later");
  await bed.ask(upstream("later"));
  assert.equal((await bed.ask(later)).allowed, false);
  assert.deepEqual(await bed.put(upstream("later")), ALLOWED);
  assert.deepEqual(await bed.put(later), ALLOWED);
  const gone = await bed.remove(id("Upstream", "later"));
  assert.deepEqual(gone.errors.map(({ ref }) => ref.name), ["later"], "the VirtualService is there too");
});

Deno.test("what was let through is believed in over syncs that do not show it yet, for five seconds", async () => {
  const bed = new Bed(STRICT, ...SHOP);
  const later = virtualService("later", "later");
  await bed.put(upstream("later"));
  bed.sync(virtualService("news", "shop"));
  assert.deepEqual(await bed.ask(later), ALLOWED);
  await bed.clock.advance(5_000);
  assert.equal((await bed.ask(later)).allowed, false, "it never came");
  bed.sync(upstream("later"));
  assert.deepEqual(await bed.ask(later), ALLOWED, "it came after all");
});

Deno.test("what was let through and then came is no longer believed in against what comes later", async () => {
  const bed = new Bed(STRICT, ...SHOP);
  await bed.put(upstream("later"));
  bed.sync(upstream("later"));
  await bed.put(virtualService("news", "later"));
  bed.syncWithout(id("Upstream", "later"));
  assert.equal(
    (await bed.ask(virtualService("again", "later"))).allowed,
    false,
    "somebody deleted it, whom nobody asked",
  );
});

Deno.test("warnings that were found while a resource was read count as its own", async () => {
  const found = [makeReport("warning", "SLUICE-1009", id("Upstream", "odd"), "", "this is odd")];
  const verdict = async (mode: Manifest) => {
    const bed = new Bed(mode, ...SHOP);
    return await bed.finished(bed.validator.validate({ put: [bed.decoded(upstream("odd"))], removed: [], found }));
  };
  assert.deepEqual(await verdict(STRICT), { allowed: false, errors: [], warnings: found });
  assert.deepEqual(await verdict(PERMISSIVE), { allowed: true, errors: [], warnings: found });
});

Deno.test("a request at which translation fails is told so, and the next is judged", async () => {
  const bed = new Bed(STRICT, ...SHOP);
  const { get } = ApiSnapshot.prototype;
  await bed.ask(virtualService("news", "shop"));
  ApiSnapshot.prototype.get = () => {
    throw new Error("a bug");
  };
  try {
    await assert.rejects(bed.put(virtualService("news", "other")), /a bug/);
  } finally {
    ApiSnapshot.prototype.get = get;
  }
  assert.equal((await bed.ask(virtualService("news", "other"))).allowed, false);
  assert.deepEqual(await bed.put(virtualService("news", "shop")), ALLOWED);
  assert.equal(bed.clock.pending, 0);
});

Deno.test("before the first sync nothing can be judged", async () => {
  const bed = new Bed();
  const verdict = await bed.put(virtualService("bad", "nowhere", { routes: [FAULTY] }));
  assert.deepEqual(verdict, { ...ALLOWED, unjudged: true });
});

Deno.test("a sync goes first: a request that comes in its midst waits, and is judged by what it brings", async () => {
  const bed = new Bed(STRICT, ...SHOP);
  const work = bed.beginSync(upstream("later"));
  for (let i = 0; i < 3; i++) assert.equal(work.next().done, false);
  const verdict = bed.validator.validate({ put: [bed.decoded(virtualService("later", "later"))], removed: [] });
  await bed.clock.advance(1_000);
  while (!work.next().done);
  await bed.clock.advance(0);
  assert.deepEqual(await verdict, ALLOWED);
});

/** What is said of a VirtualService where its Upstream is synced in the n-th rest between slices, and how many there were. */
async function judgedWith(syncAt: number): Promise<{ verdict: Verdict; rests: number }> {
  const crowd = Array.from({ length: 10 }, (_, i) => virtualService(`crowd-${i}`, "shop"));
  const bed = new Bed(STRICT, ...SHOP, ...crowd);
  // Each look at the clock takes so long that each step is a slice.
  let [now, rests] = [0, 0];
  bed.clock.elapsed = () => now += 20;
  const setTimeout = bed.clock.setTimeout.bind(bed.clock);
  bed.clock.setTimeout = (callback, ms) => {
    if (ms === 0 && ++rests === syncAt) bed.sync(upstream("later"));
    return setTimeout(callback, ms);
  };
  return { verdict: await bed.put(virtualService("later", "later")), rests };
}

Deno.test("a sync goes first: one that begins while a request is judged has it judged again", async () => {
  const alone = await judgedWith(-1);
  assert.equal(alone.verdict.allowed, false);
  assert.ok(alone.rests > 3, `${alone.rests}`);
  for (let at = 1; at <= alone.rests; at++) {
    const { verdict, rests } = await judgedWith(at);
    assert.deepEqual(verdict, ALLOWED, `a sync in rest ${at}`);
    assert.ok(rests > at + 2, "it began anew");
  }
});

Deno.test("a sync that never ends is not waited for: the request is let through unjudged", async () => {
  const bed = new Bed(STRICT, ...SHOP);
  bed.beginSync(upstream("later")).next();
  const verdict = bed.validator.validate({ put: [bed.decoded(virtualService("bad", "nowhere"))], removed: [] });
  await bed.clock.advance(5_000);
  assert.deepEqual(await verdict, { ...ALLOWED, unjudged: true });
  assert.equal(bed.clock.pending, 0);
});

Deno.test("requests that come at once are judged one after the other, each upon what was let through before it", async () => {
  const bed = new Bed(PERMISSIVE, ...SHOP);
  const ask = (name: string) =>
    bed.validator.validate({ put: [bed.decoded(virtualService(name, "shop", { domain: "new.com" }))], removed: [] });
  const verdicts = await bed.finished(Promise.all(["one", "two", "three"].map(ask)));
  assert.deepEqual(verdicts.map(({ allowed }) => allowed), [true, false, false]);
});

Deno.test("namespaces that nobody reads: everything is let through there", async () => {
  const bed = new Bed(STRICT, ...SHOP);
  bed.namespaces = ["team"];
  assert.deepEqual(await bed.put(virtualService("bad", "nowhere", { routes: [FAULTY] })), ALLOWED);
  bed.namespaces = ["team", "gloo-system"];
  assert.equal((await bed.put(virtualService("bad", "nowhere", { routes: [FAULTY] }))).allowed, false);
});
