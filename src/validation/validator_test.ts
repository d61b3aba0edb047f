import assert from "node:assert/strict";
import {
  Bed,
  gateway,
  id,
  lines,
  manifest,
  PERMISSIVE,
  ref,
  settings,
  STRICT,
  toUpstream,
  upstream,
  virtualService,
} from "./fixtures_test.ts";

const SHOP = [gateway(), upstream("shop"), virtualService("shop", "shop")];

/** A route that no Envoy takes. */
const FAULTY = toUpstream("shop", "/", { timeout: "-1s" });

Deno.test("a change that makes nothing worse is allowed without a word", async () => {
  const bed = new Bed(STRICT, ...SHOP);
  assert.deepEqual(await bed.put(virtualService("news", "shop")), { allowed: true, errors: [], warnings: [] });
  assert.deepEqual(await bed.remove(id("VirtualService", "shop")), { allowed: true, errors: [], warnings: [] });
});

Deno.test("who writes a resource is to have it right: its errors count, also those it had before", async () => {
  const bed = new Bed(PERMISSIVE, ...SHOP, virtualService("bad", "shop", { routes: [FAULTY] }));
  const own = [
    "error SLUICE-1414 VirtualService bad virtualHost.routes[0].options.timeout: -1s is negative; 0s means no timeout",
  ];
  const edited = await bed.put(virtualService("bad", "shop", { routes: [FAULTY, toUpstream("shop", "/more")] }));
  assert.deepEqual([edited.allowed, lines(edited)], [false, own]);
  const labelled = virtualService("bad", "shop", { routes: [FAULTY] });
  const verdict = await bed.put({ ...labelled, metadata: { ...labelled.metadata, labels: { team: "a" } } });
  assert.deepEqual([verdict.allowed, lines(verdict)], [true, []], "its spec is as it was");
});

Deno.test("what was wrong before is nobody's fault who changes something else", async () => {
  const bed = new Bed(STRICT, ...SHOP, virtualService("bad", "nowhere", { routes: [FAULTY] }));
  const verdict = await bed.put(virtualService("news", "shop"));
  assert.deepEqual([verdict.allowed, lines(verdict)], [true, []]);
});

Deno.test("a domain that another has is refused, and both are named", async () => {
  const bed = new Bed(PERMISSIVE, ...SHOP);
  const verdict = await bed.put(virtualService("thief", "shop", { domain: "shop.com" }));
  assert.equal(verdict.allowed, false);
  assert.deepEqual(lines(verdict), []);
});

Deno.test("deleting what is in use breaks those who use it", async () => {
  const table = manifest("RouteTable", "table", { routes: [toUpstream("shop")] });
  const delegating = virtualService("delegating", "", {
    routes: [{ matchers: [{ prefix: "/" }], delegateAction: { ref: ref("table") } }],
  });
  const bed = new Bed(PERMISSIVE, ...SHOP, table, delegating, upstream("idle"));
  assert.deepEqual(lines(await bed.remove(id("Upstream", "idle"))), []);
  const verdict = await bed.remove(id("Upstream", "shop"));
  assert.deepEqual([verdict.allowed, lines(verdict)], [false, []]);
  const other = await bed.remove(id("RouteTable", "table"));
  assert.deepEqual([other.allowed, lines(other)], [false, []]);
});

Deno.test("x", async () => {
  const bed = new Bed(
    settings({ alwaysAccept: false, warnMissingTlsSecret: true }),
    ...SHOP,
    gateway("tls", { bindPort: 8443, ssl: true, httpGateway: {} }),
  );
  const verdict = await bed.put(virtualService("secure", "shop", { tls: "cert" }));
  assert.deepEqual([verdict.allowed, lines(verdict)], [false, []]);
});
