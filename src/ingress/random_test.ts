/** Random Ingresses under random edits: what is remembered changes nothing, and no Ingress harms another. */
import assert from "node:assert/strict";
import { Random } from "../../tests/incremental/random.ts";
import { refKey, type Resource } from "../api/mod.ts";
import { Edited, hostsOf, ingress, resource, rule, service, to } from "./fixtures_test.ts";
import { CONTROLLER } from "./settings.ts";

const NAMES = ["a", "b", "c", "d", "e", "f"];
const HOSTS = ["", "a.test", "b.test", "*.test", "x.y.test", "*.y.test", "bad_host"];
const PATHS = ["/", "/a", "=/a", "/a/b", "=/a/b/", "nothing"];
const SERVICES = ["web", "api", "other", "late"];
const ISSUED = ["one", "two"];

function randomIngress(random: Random): Resource<"Ingress"> {
  const rules = random.upTo(3, () => rule(random.pick(HOSTS), random.some(PATHS, 2), random.pick(SERVICES)));
  const tls = random.upTo(
    2,
    () => ({ hosts: random.some(HOSTS.slice(1), 3), secretName: random.pick([...ISSUED, ""]) }),
  );
  const metadata = random.oneIn(2) ? { creationTimestamp: `2026-01-01T00:00:0${random.below(9)}Z` } : {};
  return ingress(random.pick(NAMES), {
    ...(random.oneIn(3) ? { defaultBackend: to(random.pick(SERVICES)) } : {}),
    ingressClassName: random.pick(["sluice", "sluice", "sluice", "edge"]),
    rules,
    tls,
  }, metadata);
}

function edit(world: Edited, random: Random): ReturnType<Edited["put"]> {
  switch (random.below(6)) {
    case 0:
      return world.remove(ingress(random.pick(NAMES), {}));
    case 1:
      return random.oneIn(2) ? world.put(service("late")) : world.remove(service("late"));
    case 2:
      return world.put(
        resource("IngressClass", "edge", { controller: random.pick([CONTROLLER, "x/y"]) }, { namespace: "" }),
      );
    default:
      return world.put(...random.upTo(2, () => randomIngress(random)));
  }
}

Deno.test("random edits: the same as from nothing, each domain and name once, and every path with one holder", () => {
  for (let seed = 0; seed < 40; seed++) {
    const random = new Random(seed);
    const world = new Edited([], { tlsHosts: random.pick(["REDIRECT", "BOTH", "HTTPS_ONLY"]) });
    for (let step = 0; step < 25; step++) {
      const result = edit(world, random);
      assert.deepEqual(result, world.anew(), `seed ${seed}, step ${step}`);
      for (const listener of ["http", "https"]) {
        const hosts = hostsOf(result, listener);
        const domains = hosts.flatMap(({ domains = [] }) => domains);
        assert.equal(new Set(domains).size, domains.length);
        for (const { routes = [] } of hosts) {
          const matchers = routes.map((route) => JSON.stringify(route.matchers));
          assert.equal(new Set(matchers).size, matchers.length, `seed ${seed}, step ${step}: ${matchers}`);
        }
      }
      for (const { ref } of result.reports) assert.ok(NAMES.includes(ref.name), refKey(ref));
    }
  }
});
