import assert from "node:assert/strict";
import { fromNothing } from "../incremental/mod.ts";
import type { ProxyVirtualHost, Resource, Route } from "../api/mod.ts";
import {
  answer,
  httpGateway,
  listenersOf,
  lookupOf,
  resource,
  routeTable,
  tlsService,
  translate,
  virtualService,
  WRITE,
} from "./fixtures_test.ts";
import { translateGateways } from "./translate_gateways.ts";

/** Numbers that look random and are the same in each run (a linear congruential generator). */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state * 1103515245 + 12345) % 2147483648;
    return Math.floor((state / 2147483648) * below);
  };
}

const DOMAINS = ["a.com", "b.com", "c.com", "*"];
const LABELS = { app: "x" };

function randomRoute(next: (below: number) => number): Route {
  const prefix = "/a/b/c".slice(0, 1 + next(6));
  const matchers = [[{ prefix }], [{ exact: prefix }], [], [{ prefix }, { prefix: "/" }]][next(4)]!;
  const more = next(5) === 0 ? { name: `n${next(2)}` } : {};
  switch (next(4)) {
    case 0:
      return { matchers: [{ prefix }], delegateAction: { ref: { name: `t${next(5)}`, namespace: "" } }, ...more };
    case 1:
      return { matchers, delegateAction: { selector: { labels: LABELS } }, ...more };
    case 2:
      return next(4) === 0 ? { matchers, ...more } : answer(prefix, more);
    default:
      return { matchers, directResponseAction: { status: 200 }, ...more };
  }
}

function randomConfiguration(seed: number): Resource[] {
  const next = numbers(seed);
  const routes = () => Array.from({ length: next(4) }, () => randomRoute(next));
  const tables = Array.from(
    { length: 4 },
    (_, i) => routeTable(`t${i}`, routes().slice(0, 2), next(3) === 0 ? { labels: LABELS } : {}, next(2)),
  );
  const services = Array.from({ length: 6 }, (_, i) => {
    const domains = DOMAINS.filter(() => next(3) === 0);
    if (next(4) > 0) return virtualService(`s${i}`, domains, routes());
    return tlsService(`s${i}`, domains, { sniDomains: domains, secretRef: { name: `c${next(2)}`, namespace: "" } });
  });
  return [
    httpGateway("gw"),
    httpGateway("tls", { ssl: true, bindPort: 8443 }),
    httpGateway("again", { bindPort: 8080 + next(3) }),
    resource("Gateway", "hybrid", {
      bindPort: 9000,
      hybridGateway: { matchedGateways: [{ matcher: { sslConfig: {} }, httpGateway: {} }, { httpGateway: {} }] },
    }),
    ...tables,
    ...services,
  ];
}

const hostSets = (result: ReturnType<typeof translate>): (readonly ProxyVirtualHost[])[] =>
  listenersOf(result).flatMap(({ httpListener, hybridListener }) => [
    httpListener?.virtualHosts ?? [],
    ...(hybridListener?.matchedListeners ?? []).map((matched) => matched.httpListener?.virtualHosts ?? []),
  ]);

const unique = (texts: readonly (string | undefined)[]) => assert.equal(new Set(texts).size, texts.length);

Deno.test("for any configuration: inputs stay as they are, and domains, keys and reports are there once", () => {
  for (let seed = 1; seed <= 200; seed++) {
    const resources = randomConfiguration(seed); // deep-frozen: a write to any of it throws
    const claims = new Map([["domain gateway-proxy :::8080", new Map([["a.com", "VirtualService/gloo-system/s5"]])]]);
    const result = translate(resources, {}, claims);
    assert.equal(claims.size, 1);
    for (const hosts of hostSets(result)) {
      unique(hosts.flatMap(({ domains }) => domains ?? []));
      for (const { routes = [] } of hosts) {
        unique(routes.map(({ metadataStatic }) => metadataStatic?.key));
        assert.ok(routes.every(({ matchers }) => matchers?.length));
      }
    }
    unique(result.reports.map((report) => JSON.stringify(report)));
  }
});

Deno.test("for any configuration: the outcome hangs on content, not on order, and is stable under its own claims", () => {
  for (let seed = 1; seed <= 100; seed++) {
    const resources = randomConfiguration(seed);
    const result = translate(resources);
    assert.deepEqual(translate([...resources].reverse()), result);
    assert.deepEqual(translate(resources, {}, result.claims), result);
  }
});

Deno.test("for any configuration: a newcomer that wants everything changes nothing for those who are there", () => {
  for (let seed = 1; seed <= 100; seed++) {
    const resources = randomConfiguration(seed);
    const before = translate(resources);
    const metadata = { creationTimestamp: "2000-01-01T00:00:00Z" };
    const newcomers = [
      virtualService("0", DOMAINS, undefined, metadata),
      resource("Gateway", "0", { bindPort: 8080, httpGateway: {} }, metadata),
    ];
    const after = translate([...resources, ...newcomers], {}, before.claims);
    for (const [i, hosts] of hostSets(before).entries()) {
      const now = hostSets(after)[i]?.filter(({ name }) => name !== `${WRITE}_0`);
      assert.deepEqual(now, hosts);
    }
  }
});

Deno.test("the work can be given up between VirtualServices", () => {
  const services = ["a", "b", "c"].map((name) => virtualService(name, [`${name}.com`]));
  const lookup = lookupOf([httpGateway(), ...services]);
  const steps = translateGateways({
    revision: fromNothing(lookup),
    settings: {},
    writeNamespace: WRITE,
    claims: new Map(),
  });
  let pauses = 0;
  while (!steps.next().done) pauses++;
  assert.ok(pauses >= services.length);
});
