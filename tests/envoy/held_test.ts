/** What is held at its last good form or replaced, through `sluice serve` and a real Envoy, also while neighbours change. */
import assert from "node:assert/strict";
import { freePort, send, startBackend } from "./harness.ts";
import { ref, statusIs, until, withEnvoy } from "./traffic.ts";
import { answer, httpGateway, resource, routeTable, to, upstream, virtualService } from "./yaml.ts";

const path = (prefix: string): object => ({ prefix });
const faulty = (prefix: string): object => to("backend", path(prefix), { prefixRewrite: "/a/../b" });

/** Status and body of answers by host and path. */
const asker = (port: number) => async (host: string, where = "/"): Promise<string> => {
  const { status, body } = await send(port, where, { host: `${host}.test` });
  return `${status} ${status === 503 ? "" : body}`.trim();
};

Deno.test("invalidConfigPolicy: faulty routes and missing upstreams are answered as Settings say, and Settings change live", async () => {
  const port = freePort();
  const backend = startBackend("backend");
  const settings = (policy: object): string =>
    resource("Settings", "default", { gloo: { invalidConfigPolicy: policy } });
  const replacing = { replaceInvalidRoutes: true, invalidRouteResponseCode: 418, invalidRouteResponseBody: "replaced" };
  const weighted = {
    matchers: [path("/weighted")],
    routeAction: {
      multi: {
        destinations: [
          { destination: { upstream: ref("nowhere") }, weight: 1 },
          { destination: { upstream: ref("neither") }, weight: 2 },
        ],
      },
    },
  };
  const part = (name: string): object => ({ destination: { upstream: ref(name) }, weight: 1 });
  const partly = {
    matchers: [path("/partly")],
    routeAction: { multi: { destinations: [part("backend"), part("nowhere")] } },
  };
  const routes = (faultyRoute: object): object[] => [
    faultyRoute,
    to("nowhere", path("/missing")),
    to("unusable", path("/unusable")),
    weighted,
    partly,
    answer("rest"),
  ];
  const files = {
    "settings.yaml": settings({}),
    "gw.yaml": httpGateway(port),
    "upstreams.yaml": upstream("backend", backend.port) + "---\n" +
      resource("Upstream", "unusable", { static: { hosts: [] } }),
    "vs.yaml": virtualService("vs", ["a.test"], routes(answer("good", path("/faulty")))),
  };
  try {
    await withEnvoy({ files }, async (sluice) => {
      const ask = asker(port);
      const all = async (): Promise<string[]> => {
        const answers: string[] = [];
        for (const where of ["/faulty", "/missing", "/unusable", "/weighted", "/"]) {
          answers.push(await ask("a", where));
        }
        return answers;
      };
      await until("the start", all, ["200 good", "503", "503", "503", "200 rest"]);
      await sluice.write("vs.yaml", virtualService("vs", ["a.test"], routes(faulty("/faulty"))));
      await statusIs(sluice, "VirtualService", "vs", "Rejected");
      assert.deepEqual(await all(), ["200 good", "503", "503", "503", "200 rest"]);
      await sluice.write("settings.yaml", settings(replacing));
      const replaced = "418 replaced";
      await until("the replacement", all, [replaced, replaced, replaced, replaced, "200 rest"]);
      await sluice.write("settings.yaml", settings({ replaceInvalidRoutes: true }));
      await until("Gloo's default answer", async () => (await send(port, "/missing", { host: "a.test" })).status, 404);
      const partly = new Set<string>();
      for (let i = 0; i < 50; i++) partly.add((await ask("a", "/partly")).slice(0, 3));
      assert.deepEqual([...partly].sort(), ["200", "404"], "of weighted parts, only the missing one");
      await sluice.write("settings.yaml", settings({}));
      await until("holding again", () => ask("a", "/missing"), "503");
      await sluice.write("vs.yaml", virtualService("vs", ["a.test"], routes(answer("mended", path("/faulty")))));
      await until("the mended route", () => ask("a", "/faulty"), "200 mended");
      assert.equal(await sluice.metric("sluice_xds_nacks_total"), 0);
    });
  } finally {
    await backend.stop();
  }
});

Deno.test("held: a delegating route, a table's route, a virtual host's options; each through further edits of neighbours", async () => {
  const port = freePort();
  const backend = startBackend("backend");
  const host = (name: string, routes: object[], options: object = {}): string => {
    const value = JSON.parse(virtualService(name, [`${name}.test`], routes));
    value.spec.virtualHost.options = options;
    return JSON.stringify(value) + "\n";
  };
  const delegating = (matchers: object[]): string =>
    host("parent", [
      { matchers, delegateAction: { ref: ref("table") } },
      answer("rest of parent"),
    ]);
  const table = (edited: object, beside: string): string =>
    routeTable("table", [edited, answer(beside, path("/t/beside")), answer("rest of table", path("/t"))]);
  const header = (value: string): object => ({
    headerManipulation: { responseHeadersToAdd: [{ header: { key: value, value: "1" } }] },
  });
  const files = {
    "gw.yaml": httpGateway(port),
    "backend.yaml": upstream("backend", backend.port),
    "parent.yaml": delegating([path("/t")]),
    "table.yaml": table(answer("edited", path("/t/edited")), "beside"),
    "options.yaml": host("options", [answer("before")], header("x-good")),
    "neighbour.yaml": host("neighbour", [answer("neighbour 1")]),
  };
  try {
    await withEnvoy({ files, envoy: { delta: true } }, async (sluice, envoy) => {
      const ask = asker(port);
      await until("the start", () => ask("parent", "/t/edited"), "200 edited");
      // All at once: emissions are at most one a second.
      await sluice.write("table.yaml", table(faulty("/t/edited"), "new beside"));
      await sluice.write("options.yaml", host("options", [answer("after")], header("bad name")));
      const rejected = await statusIs(sluice, "VirtualService", "options", "Rejected");
      assert.match(rejected.reasons[0]!.path, /^virtualHost\.options\.headerManipulation/);
      const ofTable = await statusIs(sluice, "RouteTable", "table", "Rejected");
      assert.match(ofTable.reasons[0]!.path, /^routes\[0\]\.options\.prefixRewrite/);
      await until("the table's other route", () => ask("parent", "/t/beside"), "200 new beside");
      assert.equal(await ask("parent", "/t/edited"), "200 edited");
      const held = async (): Promise<string> => {
        const { body, headers } = await send(port, "/", { host: "options.test" });
        return `${body} ${headers["x-good"]}`;
      };
      await until("routes of a virtual host whose options are held", held, "after 1");

      await sluice.write("neighbour.yaml", host("neighbour", [answer("neighbour 2")]));
      await sluice.write("parent.yaml", delegating([{ exact: "/t" }]));
      await until("the neighbour", () => ask("neighbour"), "200 neighbour 2");
      await statusIs(sluice, "VirtualService", "parent", "Rejected");
      assert.equal(await ask("parent", "/t/edited"), "200 edited");
      assert.equal(await ask("parent", "/t/beside"), "200 new beside", "what it delegated to stays as it was");
      assert.equal(await ask("parent", "/t"), "200 rest of table");
      assert.equal(await ask("parent"), "200 rest of parent");
      assert.equal(await held(), "after 1");

      await sluice.write("options.yaml", host("options", [answer("mended")], header("x-good")));
      await sluice.write("parent.yaml", delegating([path("/t")]));
      await sluice.write("table.yaml", table(answer("mended", path("/t/edited")), "beside"));
      await until("the mended host", () => ask("options"), "200 mended");
      await until("the mended table", () => ask("parent", "/t/edited"), "200 mended");
      const left = (await sluice.statuses()).filter(({ state }) => state !== "Accepted");
      assert.deepEqual(left, []);

      await sluice.write("options.yaml", host("options", [answer("bad again")], header("bad name")));
      await statusIs(sluice, "VirtualService", "options", "Rejected");
      await sluice.remove("options.yaml");
      await until("what is held goes with its resource", async () => (await ask("options")).slice(0, 3), "404");
      assert.equal(await sluice.metric("sluice_xds_nacks_total"), 0);
      assert.equal(await envoy.stat("listener_manager.listener_modified"), 0);
    });
  } finally {
    await backend.stop();
  }
});

Deno.test("held: the same order of routes, where the faulty one moves, is new, or loses its neighbours", async () => {
  const port = freePort();
  const backend = startBackend("backend");
  const vs = (...routes: object[]): string => virtualService("vs", ["a.test"], routes);
  const named = (name: string, route: object): object => ({ ...route, name });
  const good = named("edited", answer("edited", path("/a/edited")));
  const bad = named("edited", faulty("/a/edited"));
  const files = {
    "gw.yaml": httpGateway(port),
    "backend.yaml": upstream("backend", backend.port),
    "vs.yaml": vs(named("first", answer("first", path("/a/first"))), good, answer("rest", path("/a"))),
  };
  try {
    await withEnvoy({ files }, async (sluice) => {
      const ask = asker(port);
      await until("the start", () => ask("a", "/a/edited"), "200 edited");
      await sluice.write(
        "vs.yaml",
        vs(bad, named("first", answer("first 2", path("/a/first"))), answer("rest", path("/a"))),
      );
      await until("the other route", () => ask("a", "/a/first"), "200 first 2");
      assert.equal(await ask("a", "/a/edited"), "200 edited", "known by its name where it moves");
      await sluice.write("vs.yaml", vs(named("new", faulty("/a/new")), bad, answer("rest 2", path("/a"))));
      await until("the rest", () => ask("a", "/a/first"), "200 rest 2");
      assert.equal(await ask("a", "/a/edited"), "200 edited");
      const fresh = await ask("a", "/a/new");
      assert.notEqual(fresh, "200 backend", "a bad value never reaches Envoy");
      const status = await statusIs(sluice, "VirtualService", "vs", "Rejected");
      assert.equal(status.reasons.length, 2);
      await sluice.write("vs.yaml", vs(answer("rest 3", path("/a"))));
      await until("faulty routes removed", () => ask("a", "/a/edited"), "200 rest 3");
      await statusIs(sluice, "VirtualService", "vs", "Accepted");
    });
  } finally {
    await backend.stop();
  }
});
