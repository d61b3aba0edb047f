/** Random configurations, some of it bad, against a client that refuses what is bad: nothing good ever waits for it. */
import assert from "node:assert/strict";
import { domainsOf } from "../domains.ts";
import type { EnvoySnapshot, XdsResource } from "../resource.ts";
import { cluster, endpoints, listener, route, snapshot } from "../test_snapshot.ts";
import { ROLE } from "../test_stream.ts";
import { BAD, cacheWith, FORMS, hostOf, PlayedEnvoy, routesOf } from "./test_envoy.ts";

const BASE = [cluster("a"), endpoints("a", 1), cluster("b"), endpoints("b", 2), listener("l", 80)];

interface Host {
  name: string;
  domains: string[];
  frame: string;
  routes: string[];
}

class World {
  #seed: number;
  hosts: Host[] = [];
  #made = 0;

  constructor(seed: number) {
    this.#seed = seed;
    for (let i = 0; i < 6; i++) this.#add();
  }

  below(most: number): number {
    this.#seed = (Math.imul(this.#seed, 1664525) + 1013904223) >>> 0;
    return Math.floor(this.#seed / 2 ** 32 * most);
  }

  /** One to three edits, each of which may bring something bad. */
  edit(): void {
    for (let i = this.below(3); i >= 0; i--) this.#edit();
  }

  mend(): void {
    const good = (text: string) => text.replaceAll(BAD, "good");
    this.hosts = this.hosts.map(({ name, domains, frame, routes }) => {
      const all = [...new Set(routes.map(good).map((one) => one.split(">")[0]!))];
      return { name, domains: domains.map(good), frame: good(frame), routes: all.map((prefix) => `${prefix}>a`) };
    });
  }

  snapshot(): EnvoySnapshot {
    return snapshot(...BASE, route("l", ...this.hosts.map((one) => this.#resource(one))));
  }

  #resource({ name, domains, frame, routes }: Host): XdsResource {
    return hostOf(name, routes, domains, frame);
  }

  #add(): void {
    const name = `h${this.#made++}`;
    this.hosts.push({ name: `l/${name}`, domains: [`${name}.test`], frame: "", routes: ["/1>a", "/2>b", "/3>a"] });
  }

  #cluster(): string {
    return this.below(8) === 0 ? BAD : ["a", "b"][this.below(2)]!;
  }

  #edit(): void {
    const at = this.below(this.hosts.length);
    const host = this.hosts[at]!;
    const routes = host.routes;
    switch (this.below(10)) {
      case 0:
        return this.#add();
      case 1:
        if (this.hosts.length > 3) this.hosts.splice(at, 1);
        return;
      case 2: // renamed
        this.hosts[at] = { ...host, name: `l/h${this.#made++}`, frame: this.below(5) === 0 ? BAD : host.frame };
        return;
      case 3: { // a domain moves
        const other = this.hosts[this.below(this.hosts.length)]!;
        if (other === host || host.domains.length < 2) return void host.domains.push(`d${this.#made++}.test`);
        other.domains = [...other.domains, host.domains.pop()!];
        return;
      }
      case 4:
        host.frame = this.below(4) === 0 ? BAD : `x-${this.below(5)}`;
        return;
      case 5:
        if (routes.length > 1) routes.splice(this.below(routes.length), 1);
        return;
      case 6:
        return void routes.reverse();
      case 7:
        return void routes.splice(this.below(routes.length), 0, `/${this.#made++}>${this.#cluster()}`);
      default: {
        const i = this.below(routes.length);
        routes[i] = `${routes[i]!.split(">")[0]}>${this.#cluster()}`;
      }
    }
  }
}

const isBad = ({ domains, frame, routes }: Host) => JSON.stringify([domains, frame, routes]).includes(BAD);

/** Hosts that share no domain with a bad one, in its present form or any that the client may still have. */
function untouched(world: World, envoy: PlayedEnvoy): Host[] {
  const bad = new Set(world.hosts.filter(isBad).map(({ name }) => name));
  const names = new Set(world.hosts.map(({ name }) => name));
  const domains = new Set(world.hosts.filter(isBad).flatMap((one) => one.domains));
  const shown = envoy.hosts();
  for (const [name, { bytes }] of shown) {
    if (bad.has(name) || !names.has(name)) domainsOf(bytes).forEach((domain) => domains.add(domain));
  }
  const held = new Set(envoy.holds.map(({ hold }) => hold.name));
  return world.hosts.filter((one) =>
    !isBad(one) && !held.has(one.name) && one.domains.every((domain) => !domains.has(domain))
  );
}

/** Names of hosts that are held although neither they nor hosts that they share domains with, now or before, are bad. */
function blameless(world: World, before: readonly XdsResource[], envoy: PlayedEnvoy): string[] {
  const forms = [
    ...world.hosts.map((one) => ({ name: one.name, domains: one.domains, bad: isBad(one) })),
    ...[...before, ...envoy.hosts().values()].map(({ name, bytes }) => ({
      name,
      domains: domainsOf(bytes),
      bad: false,
    })),
  ];
  const tainted = new Set(forms.filter(({ bad }) => bad).map(({ name }) => name));
  for (let size = 0; size < tainted.size;) {
    size = tainted.size;
    const domains = new Set(forms.filter(({ name }) => tainted.has(name)).flatMap((one) => one.domains));
    for (const one of forms) if (one.domains.some((domain) => domains.has(domain))) tainted.add(one.name);
  }
  return envoy.holds.map(({ hold }) => hold.name).filter((name) => !tainted.has(name));
}

for (const form of FORMS) {
  Deno.test(`${form}: whatever is refused, all else is shown in its newest form, and what is mended too`, async () => {
    for (let seed = 1; seed <= 12; seed++) {
      const world = new World(seed);
      const cache = cacheWith(world.snapshot());
      const envoy = new PlayedEnvoy({ form, cache });
      envoy.run();
      for (let step = 0; step < 30; step++) {
        world.edit();
        const what = `seed ${seed}, step ${step}`;
        const { nacks } = envoy;
        const before = [...envoy.hosts().values()];
        cache.setSnapshot(ROLE, world.snapshot());
        envoy.run();
        assert.ok(envoy.nacks - nacks <= 60, `${what}: ${envoy.nacks - nacks} refusals`);
        for (const host of untouched(world, envoy)) {
          assert.deepEqual(envoy.routes(host.name), host.routes.map((one) => one), `${what}: ${host.name}`);
        }
        for (const { name, bytes } of envoy.hosts().values()) {
          assert.ok(!routesOf(bytes).join().includes(BAD), `${what}: ${name} is bad`);
        }
        for (const name of blameless(world, before, envoy)) assert.fail(`${what}: ${name} is held for nothing`);
        await envoy.clock.advance(20_000);
        envoy.run();
      }
      world.mend();
      cache.setSnapshot(ROLE, world.snapshot());
      envoy.run();
      await envoy.clock.advance(60_000);
      envoy.run();
      assert.deepEqual(envoy.holds, [], `seed ${seed}`);
      const wanted = world.hosts.map((one) => [one.name, one.routes] as const).sort();
      assert.deepEqual(
        [...envoy.hosts().keys()].sort().map((name) => [name, envoy.routes(name)]),
        wanted,
        `seed ${seed}`,
      );
    }
  });
}
