import assert from "node:assert/strict";
import { type AuthorityState, bundleOf, firstState, nextState } from "./authority_state.ts";
import { checkLifetimes, type Lifetimes } from "./lifetimes.ts";
import { readCertificate, readCertificates } from "./read_certificate.ts";

const DAY_MS = 86_400_000;
const START = Date.UTC(2026, 0, 1);
const LIFETIMES: Lifetimes = { authorityMs: 90 * DAY_MS, leafMs: 20 * DAY_MS, overlapMs: 2 * DAY_MS };

/** All that a state changes to at one moment. */
async function settle(state: AuthorityState, now: number): Promise<AuthorityState> {
  for (;;) {
    const next = await nextState(state, "ns", now, LIFETIMES);
    if (next === undefined) return state;
    state = next;
  }
}

Deno.test("authorities over a year: each is trusted before it signs, and as long as its leaves are good", async () => {
  let state = await firstState("ns", START, LIFETIMES);
  const toldOf = new Map([[state.signing.cert, -Infinity]]);
  let lastSigned = new Map([[state.signing.cert, START]]);
  const sizes = new Set<number>();
  for (let now = START; now < START + 365 * DAY_MS; now += DAY_MS) {
    state = await settle(state, now);
    const trusted = bundleOf(state);
    sizes.add(readCertificates(trusted).length);
    if (state.next && !toldOf.has(state.next.cert)) toldOf.set(state.next.cert, now);
    assert.ok(now - toldOf.get(state.signing.cert)! >= LIFETIMES.overlapMs, "it was trusted before it signs");
    lastSigned.set(state.signing.cert, now);
    lastSigned = new Map([...lastSigned].filter(([, at]) => at + LIFETIMES.leafMs > now));
    for (const cert of lastSigned.keys()) assert.ok(trusted.includes(cert), "trusted while its leaves are good");
    assert.ok(now + LIFETIMES.leafMs <= readCertificate(state.signing.cert).notAfter, "no leaf is cut short");
  }
  assert.equal(toldOf.size, 1 + 6, "a new one each 60 days");
  assert.deepEqual([...sizes].sort(), [1, 2], "what is of no use is dropped");
});

Deno.test("an authority that has ended gives way at once: to the next one, or to a new one", async () => {
  const first = await firstState("ns", START, LIFETIMES);
  const alone = await settle(first, START + 91 * DAY_MS);
  assert.deepEqual([alone.next, alone.former], [undefined, []]);
  assert.notEqual(alone.signing.cert, first.signing.cert);
  const told = await settle(first, START + 89 * DAY_MS);
  const heir = await settle(told, START + 90 * DAY_MS);
  assert.equal(heir.signing.cert, told.next!.cert);
  assert.deepEqual(heir.former, []);
});

Deno.test("lifetimes that would cut leaves short are refused", () => {
  checkLifetimes(LIFETIMES);
  assert.throws(() => checkLifetimes({ ...LIFETIMES, leafMs: 29 * DAY_MS }), /at most a third/);
  assert.throws(() => checkLifetimes({ ...LIFETIMES, overlapMs: NaN }), /at most a third/);
});
