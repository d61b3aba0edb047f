import assert from "node:assert/strict";
import { domainsOf } from "../domains.ts";
import type { EnvoySnapshot, XdsResource } from "../resource.ts";
import { cluster, endpoints, listener, route, snapshot, tcpListener } from "../test_snapshot.ts";
import { ROLE } from "../test_stream.ts";
import { refusedKey } from "./client_hold.ts";
import { BAD, cacheWith, type EnvoyOptions, type Form, FORMS, hostOf, PlayedEnvoy } from "./test_envoy.ts";

const BASE = [cluster("a"), endpoints("a", 1), cluster("b"), endpoints("b", 2), listener("l", 80)];
const show = (...hosts: XdsResource[]): EnvoySnapshot => snapshot(...BASE, route("l", ...hosts));
const X = hostOf("l/x", ["/1>a", "/2>a", "/3>a"]);
const Y = hostOf("l/y", ["/>a"]);

/** Runs a test with a client in each form that has taken over `start`. */
function forms(
  name: string,
  start: EnvoySnapshot,
  test: (scene: Scene) => void | Promise<void>,
  options: Partial<EnvoyOptions> = {},
): void {
  for (const form of FORMS) {
    Deno.test(`${form}: ${name}`, async () => {
      const cache = cacheWith(start);
      const envoy = new PlayedEnvoy({ form, cache, ...options });
      envoy.run();
      const set = (next: EnvoySnapshot) => {
        cache.setSnapshot(ROLE, next);
        envoy.run();
      };
      await test({ envoy, set, form, another: (more = {}) => new PlayedEnvoy({ form, cache, ...options, ...more }) });
    });
  }
}

interface Scene {
  readonly envoy: PlayedEnvoy;
  readonly set: (snapshot: EnvoySnapshot) => void;
  readonly form: Form;
  readonly another: (options?: Partial<EnvoyOptions>) => PlayedEnvoy;
}

const held = (envoy: PlayedEnvoy) => envoy.holds.map(({ hold }) => `${hold.what} ${hold.name}`);

forms(
  "one bad route keeps its last accepted form; its neighbours and other hosts go on",
  show(X, Y),
  ({ envoy, set }) => {
    set(show(hostOf("l/x", ["/1>b", `/2>${BAD}`, "/3>b"]), hostOf("l/y", ["/>b"])));
    assert.deepEqual(envoy.routes("l/x"), ["/1>b", "/2>a", "/3>b"]);
    assert.deepEqual(envoy.routes("l/y"), ["/>b"]);
    assert.deepEqual(held(envoy), ["part l/x"]);
    assert.equal(envoy.holds[0]!.detail, "it is marked");
  },
);

forms("what is mended is shown, and held no more", show(X, Y), ({ envoy, set }) => {
  set(show(hostOf("l/x", ["/1>a", `/2>${BAD}`, "/3>a"]), Y));
  const { nacks } = envoy;
  set(show(hostOf("l/x", ["/1>a", "/2>b", "/3>a"]), Y));
  assert.deepEqual(envoy.routes("l/x"), ["/1>a", "/2>b", "/3>a"]);
  assert.deepEqual(held(envoy), []);
  assert.equal(envoy.nacks, nacks);
});

forms("edits beside a held route reach the client without another refusal", show(X, Y), ({ envoy, set }) => {
  set(show(hostOf("l/x", ["/1>a", `/2>${BAD}`, "/3>a"]), Y));
  const { nacks } = envoy;
  set(show(hostOf("l/x", ["/1>b", `/2>${BAD}`, "/3>a", "/4>b"]), hostOf("l/y", ["/>b"])));
  assert.deepEqual(envoy.routes("l/x"), ["/1>b", "/2>a", "/3>a", "/4>b"]);
  assert.deepEqual(envoy.routes("l/y"), ["/>b"]);
  assert.equal(envoy.nacks, nacks);
  assert.deepEqual(held(envoy), ["part l/x"]);
});

forms("a new bad route is closed: its match is answered with 500", show(X, Y), ({ envoy, set }) => {
  set(show(hostOf("l/x", ["/new>" + BAD, "/1>b", "/2>a", "/3>a"]), Y));
  assert.deepEqual(envoy.routes("l/x"), ["/new=500", "/1>b", "/2>a", "/3>a"]);
});

forms("a route whose match was edited into a bad one stays as it was", show(X, Y), ({ envoy, set }) => {
  set(show(hostOf("l/x", ["/1>b", `/${BAD}>b`, "/3>a"]), Y));
  assert.deepEqual(envoy.routes("l/x"), ["/1>b", "/2>a", "/3>a"]);
});

forms("a new route of which even the match is bad is left out", show(X, Y), ({ envoy, set }) => {
  set(show(hostOf("l/x", ["/1>b", "/2>a", "/3>a", `/${BAD}>b`]), hostOf("l/y", ["/>b"])));
  assert.deepEqual(envoy.routes("l/x"), ["/1>b", "/2>a", "/3>a"]);
  assert.deepEqual(envoy.routes("l/y"), ["/>b"]);
});

forms(
  "a new guarded route of which even the match is bad: nothing goes round it, the host stays",
  show(X, Y),
  (scene) => {
    const { envoy, set } = scene;
    set(show(hostOf("l/x", ["/1>b", "/2>a", "/3>a", `/${BAD}>b!`]), hostOf("l/y", ["/>b"])));
    assert.deepEqual(envoy.routes("l/x"), ["/1>a", "/2>a", "/3>a"]);
    assert.deepEqual(envoy.routes("l/y"), ["/>b"]);
  },
);

forms("a new bad host is closed on its domains", show(X, Y), ({ envoy, set }) => {
  set(show(hostOf("l/x", ["/1>b"]), Y, hostOf("l/z", ["/>a"], ["z"], BAD)));
  assert.deepEqual(envoy.routes("l/z"), ["/=500"]);
  assert.deepEqual(envoy.routes("l/x"), ["/1>b"]);
});

forms("a new host that cannot even be closed stays away", show(X, Y), ({ envoy, set }) => {
  set(show(hostOf("l/x", ["/1>b"]), Y, hostOf("l/z", ["/>a"], ["z", BAD])));
  assert.equal(envoy.routes("l/z"), undefined);
  assert.deepEqual(envoy.routes("l/x"), ["/1>b"]);
});

forms("a host that took over the domain of one that went: that one stays", show(X, Y), ({ envoy, set }) => {
  set(show(hostOf("l/renamed", ["/1>a"], ["x"], BAD), hostOf("l/y", ["/>b"])));
  assert.deepEqual([...envoy.hosts().keys()].sort(), ["l/x", "l/y"]);
  assert.deepEqual(envoy.routes("l/x"), ["/1>a", "/2>a", "/3>a"]);
  assert.deepEqual(envoy.routes("l/y"), ["/>b"]);
  set(show(hostOf("l/renamed", ["/1>b"], ["x"]), hostOf("l/y", ["/>b"])));
  assert.deepEqual([...envoy.hosts().keys()].sort(), ["l/renamed", "l/y"]);
});

forms(
  "a held host gives up a domain that another host has now",
  show(X, hostOf("l/y", ["/>a"], ["y", "shared"])),
  ({ envoy, set }) => {
    set(show(X, hostOf("l/y", ["/>b"], ["y", "shared"], BAD)));
    set(show(hostOf("l/x", ["/1>b"], ["x", "shared"]), hostOf("l/y", ["/>b"], ["y"], BAD)));
    assert.deepEqual(held(envoy), ["resource l/y"]);
    assert.deepEqual(envoy.routes("l/x"), ["/1>b"]);
    assert.deepEqual(envoy.routes("l/y"), ["/>a"]);
    assert.deepEqual(domainsOf(envoy.hosts().get("l/y")!.bytes), ["y"]);
  },
);

forms("a bad cluster keeps its last accepted form, the others go on", show(X, Y), ({ envoy, set }) => {
  const bad = cluster("a", { altStatName: BAD });
  const next = cluster("b", { altStatName: "other" });
  const refs = (name: string) => ({ refs: { endpoints: [name] } });
  set(
    snapshot(
      { ...bad, ...refs("a") },
      endpoints("a", 1),
      { ...next, ...refs("b") },
      endpoints("b", 2),
      listener("l", 80),
      route("l", X, Y),
    ),
  );
  assert.equal(envoy.has.get("cluster")!.get("a")!.version, cluster("a").version);
  assert.equal(envoy.has.get("cluster")!.get("b")!.version, next.version);
  assert.deepEqual(held(envoy), ["resource a"]);
  assert.equal(envoy.nacks, 1);
});

forms("routes are not given over to a new cluster that is refused", show(X, Y), async ({ envoy, set }) => {
  const bad = { ...cluster("c", { altStatName: BAD }), refs: { endpoints: ["c"] } };
  set(snapshot(...BASE, bad, endpoints("c", 3), route("l", hostOf("l/x", ["/1>c"]), hostOf("l/y", ["/>b"]))));
  await envoy.clock.advance(60_000);
  envoy.run();
  assert.deepEqual(envoy.routes("l/x"), ["/1>a", "/2>a", "/3>a"]);
  assert.deepEqual(envoy.routes("l/y"), ["/>b"]);
  set(snapshot(...BASE, cluster("c"), endpoints("c", 3), route("l", hostOf("l/x", ["/1>c"]), hostOf("l/y", ["/>b"]))));
  assert.deepEqual(envoy.routes("l/x"), ["/1>c"]);
});

forms("what a held route needs stays although the configuration dropped it", show(X, Y), async ({ envoy, set }) => {
  set(show(hostOf("l/x", ["/1>b", `/2>${BAD}`, "/3>b"]), hostOf("l/y", ["/>b"])));
  set(
    snapshot(
      cluster("b"),
      endpoints("b", 2),
      listener("l", 80),
      route("l", hostOf("l/x", ["/1>b", `/2>${BAD}`, "/3>b"]), hostOf("l/y", ["/>b"])),
    ),
  );
  await envoy.clock.advance(60_000);
  envoy.run();
  assert.deepEqual(envoy.routes("l/x"), ["/1>b", "/2>a", "/3>b"]);
  assert.ok(envoy.has.get("cluster")!.has("a") && envoy.has.get("endpoint")!.has("a"));
  set(
    snapshot(
      cluster("b"),
      endpoints("b", 2),
      listener("l", 80),
      route("l", hostOf("l/x", ["/1>b"]), hostOf("l/y", ["/>b"])),
    ),
  );
  await envoy.clock.advance(60_000);
  envoy.run();
  assert.ok(!envoy.has.get("cluster")!.has("a"));
});

forms("a bad listener stays as it was, a new bad one stays away", show(X, Y), ({ envoy, set }) => {
  const bad = { ...listener("l", 80, { statPrefix: BAD }), refs: { routes: ["l"] } };
  set(snapshot(...BASE.slice(0, -1), bad, tcpListener("new", 81, BAD), tcpListener("good", 82, "a"), route("l", X, Y)));
  assert.deepEqual([...envoy.has.get("listener")!.keys()].sort(), ["good", "l"]);
  assert.equal(envoy.has.get("listener")!.get("l")!.version, listener("l", 80).version);
  assert.deepEqual(held(envoy).sort(), ["resource l", "resource new"]);
});

forms("several bad parts in several hosts are all found", show(X, Y), ({ envoy, set }) => {
  const many = Array.from({ length: 40 }, (_, i) => hostOf(`l/h${i}`, ["/1>a", i % 13 === 0 ? `/2>${BAD}` : "/2>b"]));
  set(show(X, Y, ...many));
  many.forEach((host, i) => assert.deepEqual(envoy.routes(host.name), ["/1>a", i % 13 === 0 ? "/2=500" : "/2>b"]));
  assert.equal(envoy.holds.length, 4);
});

forms("another client that refuses the same needs one refusal and one try", show(X, Y), ({ envoy, set, another }) => {
  const many = Array.from({ length: 100 }, (_, i) => hostOf(`l/h${i}`, ["/1>a", i === 50 ? `/2>${BAD}` : "/2>b"]));
  set(show(X, Y, ...many));
  const suspects = new Set(envoy.holds.map(({ hold }) => refusedKey(hold)));
  const second = another({ suspected: (key) => suspects.has(key) });
  second.run();
  assert.equal(second.nacks, 1);
  assert.deepEqual(second.routes("l/h50"), ["/1>a", "/2=500"]);
  assert.ok(envoy.nacks > 3);
});

forms("a client that accepts all is shown all", show(X, Y), ({ envoy, set, another }) => {
  set(show(hostOf("l/x", ["/1>b", `/2>${BAD}`, "/3>b"]), Y));
  const other = another({ refuses: () => undefined });
  other.run();
  assert.deepEqual(other.routes("l/x"), ["/1>b", `/2>${BAD}`, "/3>b"]);
  assert.deepEqual(envoy.routes("l/x"), ["/1>b", "/2>a", "/3>b"]);
});

forms("a client that refuses everything is soon left alone", show(X, Y), ({ envoy, set }) => {
  const most = 200;
  assert.ok(envoy.nacks < most, `${envoy.nacks} at the start`);
  const { responses } = envoy;
  const edits = 50;
  for (let i = 0; i < edits; i++) set(show(hostOf("l/x", [`/${i}>a`]), Y, hostOf(`l/${i}`, ["/>a"])));
  assert.ok(envoy.responses - responses <= edits * 4 + most, `${envoy.responses - responses} for ${edits} edits`);
}, { refuses: () => "I take nothing" });

Deno.test("a client that answers no try goes on after a bounded time, with what it had", async () => {
  const cache = cacheWith(show(X, Y));
  let silent = false;
  const envoy = new PlayedEnvoy({ form: "delta", cache, refuses: (_type, { name }) => silent ? `${name}` : undefined });
  envoy.run();
  silent = true;
  cache.setSnapshot(ROLE, show(hostOf("l/x", ["/1>b"]), Y));
  envoy.run();
  silent = false;
  await envoy.clock.advance(60_000);
  cache.setSnapshot(ROLE, show(hostOf("l/x", ["/1>b"]), hostOf("l/y", ["/>b"])));
  envoy.run();
  assert.deepEqual(envoy.routes("l/y"), ["/>b"]);
});

forms(
  "who comes back with what it had is shown what it accepts at once",
  show(X, Y),
  ({ envoy, set, another, form }) => {
    set(show(hostOf("l/x", ["/1>b", `/2>${BAD}`, "/3>b"]), Y));
    const version = form === "sotw" ? "some version" : JSON.stringify([["a", "v"]]);
    const back = another({ remembered: envoy.holds });
    back.run(version);
    assert.equal(back.nacks, 0);
    assert.deepEqual(back.routes("l/x"), ["/1>b", "/2>a", "/3>b"]);
  },
);

forms("who comes anew is tried anew", show(X, Y), ({ envoy, set, another }) => {
  set(show(hostOf("l/x", ["/1>b", `/2>${BAD}`, "/3>b"]), Y));
  const mended = another({ remembered: envoy.holds, refuses: () => undefined });
  mended.run();
  assert.deepEqual(mended.routes("l/x"), ["/1>b", `/2>${BAD}`, "/3>b"]);
  assert.deepEqual(held(mended), []);
});
