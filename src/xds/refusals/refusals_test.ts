import assert from "node:assert/strict";
import { any, decode, encode } from "../../envoy/mod.ts";
import { domainsOf } from "../domains.ts";
import type { EnvoySnapshot, XdsResource } from "../resource.ts";
import { cluster, endpoints, listener, route, secret, snapshot, tcpListener } from "../test_snapshot.ts";
import { ROLE } from "../test_stream.ts";
import { versionOf } from "../version.ts";
import { refusedKey } from "./client_hold.ts";
import {
  BAD,
  cacheWith,
  type EnvoyOptions,
  type Form,
  FORMS,
  hostOf,
  marked,
  PlayedEnvoy,
  type Refuses,
} from "./test_envoy.ts";

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
      let refuses = options.refuses ?? marked;
      const envoy = new PlayedEnvoy({ form, cache, ...options, refuses: (type, one) => refuses(type, one) });
      envoy.run();
      const set = (next: EnvoySnapshot) => {
        cache.setSnapshot(ROLE, next);
        envoy.run();
      };
      await test({
        envoy,
        set,
        change: (next) => void cache.setSnapshot(ROLE, next),
        answers: (by) => void (refuses = by),
        form,
        another: (more = {}) => new PlayedEnvoy({ form, cache, ...options, ...more }),
      });
    });
  }
}

interface Scene {
  readonly envoy: PlayedEnvoy;
  /** Serves this, and lets the client take it. */
  readonly set: (snapshot: EnvoySnapshot) => void;
  /** Serves this. */
  readonly change: (snapshot: EnvoySnapshot) => void;
  /** How the client answers from now on. */
  readonly answers: (by: Refuses) => void;
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

const CROWD = Array.from({ length: 300 }, (_, i) => hostOf(`l/c${i}`, ["/1>a", "/2>b"]));

/** Takes clusters and listeners, so that it asks for routes, and refuses all of those. */
const noRoutes: Refuses = (type, one) =>
  type === "virtualHost" || (type === "route" && "virtualHosts" in one) ? "I take none" : undefined;

forms(
  "a client that refuses everything is soon left alone",
  show(X, Y, ...CROWD),
  ({ envoy, set }) => {
    assert.ok(envoy.nacks > 0 && envoy.nacks < 200, `${envoy.nacks} at the start`);
    let { responses } = envoy;
    const edits = 200;
    for (let i = 0; i < edits; i++) {
      if (i === edits / 2) responses = envoy.responses;
      set(show(hostOf("l/x", [`/${i}>a`]), Y, hostOf(`l/${i}`, ["/>a"]), ...CROWD));
    }
    assert.ok(envoy.responses - responses <= edits / 2, `${envoy.responses - responses} for ${edits / 2} edits`);
  },
  { refuses: noRoutes },
);

forms("a client that answers no try is told of other things after a bounded time", show(X, Y), async (scene) => {
  const { envoy, set, answers } = scene;
  answers(() => {
    envoy.silent = true;
    return "no";
  });
  const edit = hostOf("l/x", ["/1>b", "/2>b", "/3>b"]);
  set(show(edit, Y));
  set(snapshot(...BASE.filter(({ name }) => name !== "b"), cluster("b"), endpoints("b", 9), route("l", edit, Y)));
  assert.ok(!envoy.unanswered.includes("endpoint"));
  await envoy.clock.advance(5_000);
  envoy.run();
  await envoy.clock.advance(5_000);
  envoy.run();
  assert.ok(envoy.unanswered.includes("endpoint"), envoy.unanswered.join());
  answers(() => undefined);
  envoy.answerAll();
  set(show(edit, hostOf("l/y", ["/>b"])));
  assert.deepEqual(envoy.routes("l/y"), ["/>b"]);
});

forms("what comes while it is searched is no part of the search", show(X, Y), ({ envoy, set, answers, change }) => {
  const many = Array.from({ length: 20 }, (_, i) => hostOf(`l/h${i}`, ["/1>a", i === 15 ? `/2>${BAD}` : "/2>b"]));
  answers((type, resource) => {
    const fault = marked(type, resource);
    if (envoy.nacks === 1) change(show(hostOf("l/x", [`/1>${BAD}`, "/2>b", "/3>b"]), hostOf("l/y", ["/>b"]), ...many));
    return fault;
  });
  set(show(X, Y, ...many));
  assert.deepEqual(held(envoy).sort(), ["part l/h15", "part l/x"]);
  assert.deepEqual(envoy.routes("l/x"), ["/1>a", "/2>b", "/3>b"]);
  assert.deepEqual(envoy.routes("l/y"), ["/>b"]);
});

forms("what is said to a response that rests on a refused one means nothing", show(X, Y), ({ envoy, set }) => {
  envoy.silent = true;
  set(show(hostOf("l/x", ["/1>b", `/2>${BAD}`, "/3>a"]), Y));
  set(show(hostOf("l/x", ["/1>b", `/2>${BAD}`, "/3>a"]), hostOf("l/y", ["/>b"])));
  envoy.answerAll();
  assert.deepEqual(envoy.routes("l/x"), ["/1>b", "/2>a", "/3>a"]);
  assert.deepEqual(envoy.routes("l/y"), ["/>b"]);
  set(show(hostOf("l/x", ["/1>b", `/2>${BAD}2`, "/3>a"]), hostOf("l/y", ["/>b"])));
  assert.deepEqual(envoy.routes("l/x"), ["/1>b", "/2>a", "/3>a"]);
});

forms("one route that became two bad ones is there once", show(X, Y), ({ envoy, set }) => {
  set(show(hostOf("l/x", ["/1>a", `/${BAD}1>b`, `/${BAD}2>b`, "/3>a"]), Y));
  assert.deepEqual(envoy.routes("l/x"), ["/1>a", "/2>a", "/3>a"]);
});

forms("that one held form is refused too changes nothing about the others", show(X, Y), ({ envoy, set }) => {
  set(show(hostOf("l/x", [`/1>${BAD}`, "/2>a", "/3>b"]), hostOf("l/y", [`/${BAD}>a!`, "/>b"])));
  assert.deepEqual(envoy.routes("l/x"), ["/1>a", "/2>a", "/3>b"]);
  assert.deepEqual(envoy.routes("l/y"), ["/>a"]);
});

const needing = (name: string, secretName: string, more = {}) => ({
  ...cluster(name, { altStatName: secretName, ...more }),
  refs: { endpoints: [name], secrets: [secretName] },
});

forms(
  "a cluster whose secret is refused goes on as it was, and no route is given over to a new one",
  show(X, Y),
  ({ envoy, set }) => {
    const all = [
      needing("a", "s"),
      endpoints("a", 1),
      cluster("b"),
      endpoints("b", 2),
      needing("c", "s"),
      endpoints("c", 3),
    ];
    const rest = [listener("l", 80), route("l", hostOf("l/x", ["/1>c"]), hostOf("l/y", ["/>b"]))];
    set(snapshot(...all, secret("s", BAD), ...rest));
    const clusters = envoy.has.get("cluster")!;
    assert.equal(clusters.get("a")!.version, cluster("a").version);
    assert.deepEqual(envoy.routes("l/x"), ["/1>a", "/2>a", "/3>a"]);
    assert.deepEqual(envoy.routes("l/y"), ["/>b"]);
    set(snapshot(...all, secret("s", "mended"), ...rest));
    assert.equal(envoy.has.get("cluster")!.get("a")!.version, needing("a", "s").version);
    assert.deepEqual(envoy.routes("l/x"), ["/1>c"]);
  },
);

/** A TCP listener with a filter chain for each `server name>cluster`. */
function chains(name: string, texts: readonly string[], frame = ""): XdsResource {
  const bytes = encode("envoy.config.listener.v3.Listener", {
    name,
    address: { socketAddress: { address: "127.0.0.1", portValue: 443 } },
    statPrefix: frame,
    filterChains: texts.map((text) => {
      const [names, to] = text.split(">") as [string, string];
      const proxy = any("envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy", { statPrefix: "tcp", cluster: to });
      return {
        filterChainMatch: { serverNames: names.split(",") },
        filters: [{ name: "envoy.filters.network.tcp_proxy", typedConfig: proxy }],
      };
    }),
  });
  return { ...listener(name, 443), bytes, version: versionOf(bytes), refs: { clusters: ["a", "b"] } };
}

function chainsOf(envoy: PlayedEnvoy, name: string): string[] | undefined {
  const found = envoy.has.get("listener")!.get(name);
  const { filterChains = [] } = found ? decode("envoy.config.listener.v3.Listener", found.bytes) : {};
  return found && filterChains.map(({ filterChainMatch, filters }) => {
    const proxy = filters![0]!.typedConfig as { value: Uint8Array };
    return `${filterChainMatch!.serverNames}>${
      decode("envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy", proxy.value).cluster
    }`;
  });
}

const listening = (...listeners: XdsResource[]) => snapshot(...BASE.slice(0, 4), ...listeners);

forms(
  "of a listener the filter chain that is refused is held",
  listening(chains("t", ["x>a", "y>a"])),
  ({ envoy, set }) => {
    set(listening(chains("t", [`x>${BAD}`, "y>b", "z>b"])));
    assert.deepEqual(chainsOf(envoy, "t"), ["x>a", "y>b", "z>b"]);
    set(listening(chains("t", [`x>${BAD}`, "y>b"], BAD)));
    assert.deepEqual(chainsOf(envoy, "t"), ["x>a", "y>b", "z>b"], "the rest of it is refused as well");
    const { nacks } = envoy;
    set(listening(chains("t", [`x>${BAD}`, "y>b"], BAD), chains("other", ["o>a"])));
    assert.deepEqual(chainsOf(envoy, "other"), ["o>a"]);
    assert.equal(envoy.nacks, nacks);
  },
);

forms("of a new listener the filter chain that is refused stays away", listening(), ({ envoy, set }) => {
  set(listening(chains("t", ["w>a", "x>a", `y>${BAD}`, "z>b"])));
  assert.deepEqual(chainsOf(envoy, "t"), ["w>a", "x>a", "z>b"]);
});

forms(
  "a held filter chain gives up a name that another has now",
  listening(chains("t", ["x,q>a", "y>a"])),
  ({ envoy, set }) => {
    set(listening(chains("t", [`x>${BAD}`, "y,q>b"])));
    assert.deepEqual(chainsOf(envoy, "t"), ["x>a", "y,q>b"]);
  },
);

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
