/** What one edit among many Ingresses makes again, in counts; and that it gives what a translation from nothing gives. */
import assert from "node:assert/strict";
import type { Resource, Spec } from "../api/mod.ts";
import { Edited, hostsOf, ingress, listenerOf, resource, rule, service, to } from "./fixtures_test.ts";

const COUNT = 1000;

/** Of a host of its own; every tenth has TLS, of every hundred hosts one is shared with the next. */
function numbered(i: number, spec: Spec<"Ingress"> = {}): Resource<"Ingress"> {
  const host = `host-${i % 100 === 1 ? i - 1 : i}.test`;
  const tls = i % 10 === 0 ? { tls: [{ hosts: [host], secretName: "s" }] } : {};
  return ingress(`i-${i}`, { rules: [rule(host, [`/${i}`, "/both"])], ...tls, ...spec });
}

const all = Array.from({ length: COUNT }, (_, i) => numbered(i));
const extra = [
  ingress("fallback", { defaultBackend: to("api") }),
  resource("IngressClass", "sluice", { controller: "sluice.dev/ingress" }, { namespace: "" }),
];

function edited(): Edited {
  const edited = new Edited([...all, ...extra]);
  edited.put();
  return edited;
}

Deno.test("of 1,000 Ingresses, one whose backend is edited makes itself and its host again, on each port", () => {
  const world = edited();
  assert.equal(world.made["ingress"], COUNT + 1);
  const before = world.put();
  assert.deepEqual(world.made, {}, "nothing changed, nothing is made");
  const after = world.put(numbered(5, { rules: [rule("host-5.test", ["/5", "/both"], "other")] }));
  assert.deepEqual(after, world.anew());
  const { ingress: made, "ingress virtual host": hosts, ...rest } = world.made;
  assert.deepEqual({ made, hosts }, { made: 1, hosts: 1 });
  const settled = ["settlement"].filter((name) => name in rest);
  assert.deepEqual(settled, [], "who has what is not settled again");
  const [were, are] = [hostsOf(before), hostsOf(after)];
  assert.deepEqual(are.filter((host, i) => host !== were[i]).map(({ name }) => name), ["host-5_test"]);
  assert.equal(listenerOf(after, "https"), listenerOf(before, "https"), "the other port has nothing of it");
  world.put(numbered(10, { rules: [rule("host-10.test", ["/10", "/both"], "other")] }));
  assert.deepEqual([world.made["ingress"], world.made["ingress virtual host"]], [1, 2]);
});

Deno.test("an Ingress that comes or goes, changes its hosts or certificate, makes no other one again", () => {
  const world = edited();
  const steps: [what: string, step: () => ReturnType<Edited["put"]>, ingresses: number, hosts: number][] = [
    ["a new one", () => world.put(numbered(COUNT + 5)), 1, 1],
    ["of another host", () => world.put(numbered(7, { rules: [rule("new.test", ["/"])] })), 1, 1],
    ["that is of no use", () => world.put(numbered(8, { rules: [] })), 1, 0],
    [
      "that takes a path of another's host",
      () => world.put(numbered(9, { rules: [rule("host-12.test", ["/x"])] })),
      1,
      1,
    ],
    ["that wants what another has", () => world.put(numbered(11, { rules: [rule("host-12.test", ["/12"])] })), 1, 1],
    [
      "with another certificate",
      () => world.put(numbered(20, { tls: [{ hosts: ["host-20.test"], secretName: "t" }] })),
      1,
      0,
    ],
    ["gone", () => world.remove(numbered(13)), 0, 0],
    ["gone that shared a host", () => world.remove(numbered(100)), 0, 1],
  ];
  for (const [what, step, ingresses, hosts] of steps) {
    const after = step();
    assert.deepEqual(after, world.anew(), what);
    const { ingress: made = 0, "ingress virtual host": ofHosts = 0 } = world.made;
    assert.deepEqual({ made, ofHosts }, { made: ingresses, ofHosts: hosts }, what);
  }
});

Deno.test("a Service concerns the Ingresses that lead to it, an IngressClass those of the class", () => {
  const world = edited();
  const lone = service("lone");
  const leading = numbered(3, { rules: [rule("host-3.test", ["/"], "lone")] });
  assert.deepEqual(world.put(leading).reports.map(({ code }) => code).filter((code) => code.endsWith("74")), [
    "SLUICE-1274",
  ]);
  const there = world.put(lone);
  assert.deepEqual(there, world.anew());
  assert.deepEqual(there.reports.filter(({ code }) => code.endsWith("74")), []);
  assert.equal(world.made["ingress"], 1);
  world.put(service("nobodys"));
  assert.equal(world.made["ingress"], undefined);
  const foreign = world.put(resource("IngressClass", "sluice", { controller: "example.com/other" }, { namespace: "" }));
  assert.deepEqual(foreign, world.anew());
  assert.deepEqual(foreign.proxies, []);
});

Deno.test("the default backend of all hosts is in each of them, and no Ingress is made again for it", () => {
  const world = edited();
  const after = world.put(ingress("fallback", { defaultBackend: to("other") }));
  assert.deepEqual(after, world.anew());
  assert.equal(world.made["ingress"], 1);
  assert.ok(world.made["ingress virtual host"]! >= COUNT);
});
