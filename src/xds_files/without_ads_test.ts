import assert from "node:assert/strict";
import { findCases } from "../../tests/golden/find_cases.ts";
import { runCase } from "../../tests/golden/run_case.ts";
import { staticBootstrap } from "../cli/static_bootstrap.ts";
import { type JsonObject, type JsonValue, toJson } from "../envoy/mod.ts";
import type { EnvoySnapshot } from "../xds/mod.ts";
import { cluster, endpoints, host, listener, route, snapshot, tcpListener } from "../xds/test_snapshot.ts";
import { type Find, withoutAds } from "./without_ads.ts";

const MESSAGE = { listener: "envoy.config.listener.v3.Listener", cluster: "envoy.config.cluster.v3.Cluster" } as const;

const findIn = ({ routes, secrets, endpoints }: EnvoySnapshot, hasFile: boolean): Find => (type, name) => {
  const resource = { route: routes, secret: secrets, endpoint: endpoints }[type].get(name);
  return resource && { resource, ...(hasFile && type !== "endpoint" ? { path: `/files/${type}/${name}` } : {}) };
};

/** Listeners and clusters as JSON, private keys made alike. */
function turned({ listeners, clusters, ...rest }: EnvoySnapshot, hasFile: boolean): JsonValue {
  const find = findIn({ listeners, clusters, ...rest }, hasFile);
  const all = (type: "listener" | "cluster") =>
    [...(type === "listener" ? listeners : clusters).values()].map((one) =>
      withoutKeys(toJson(MESSAGE[type], withoutAds(type, one, find).bytes))
    );
  return { listeners: all("listener"), clusters: all("cluster") };
}

function withoutKeys(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(withoutKeys);
  if (typeof value !== "object" || value === null) return value;
  const { type, ...fields } = value as JsonObject;
  return Object.fromEntries(
    Object.entries(type === "STATIC" ? fields : value)
      .map(([name, field]) => [name, name === "privateKey" ? "key" : withoutKeys(field as JsonValue)]),
  );
}

Deno.test("with nothing in files, listeners and clusters are those of the static bootstrap, in all golden cases", async () => {
  let compared = 0;
  for (const { name, folder } of findCases()) {
    for (const { snapshot } of runCase(await Deno.readTextFile(new URL("input.yaml", folder))).proxies) {
      const { bootstrap } = staticBootstrap(snapshot, { keyFolder: "" });
      assert.deepEqual(turned(snapshot, false), withoutKeys(bootstrap.staticResources as JsonObject), name);
      compared += snapshot.listeners.size + snapshot.clusters.size;
    }
  }
  assert.ok(compared > 100, `${compared} resources`);
});

Deno.test("with files, no golden case asks for anything over the aggregated stream, and names a file for each reference", async () => {
  let files = 0;
  for (const { name, folder } of findCases()) {
    for (const { snapshot } of runCase(await Deno.readTextFile(new URL("input.yaml", folder))).proxies) {
      const text = JSON.stringify(turned(snapshot, true));
      assert.doesNotMatch(text, /"ads"/, name);
      files += text.match(/"pathConfigSource":\{"path":"\/files\/(route|secret)\/[^"]+"\}/g)?.length ?? 0;
    }
  }
  assert.ok(files > 20, `${files} references`);
});

Deno.test("what becomes part of a resource is told, and what refers to nothing keeps its bytes", () => {
  const all = snapshot(cluster("a"), endpoints("a", 1), listener("l", 80), route("l", host("l/x", "a")));
  const inside = withoutAds("listener", all.listeners.get("l")!, findIn(all, false)).inside;
  assert.deepEqual([...inside], [all.routes.get("l")]);
  assert.deepEqual([...withoutAds("listener", all.listeners.get("l")!, findIn(all, true)).inside], []);
  assert.deepEqual([...withoutAds("cluster", all.clusters.get("a")!, findIn(all, true)).inside], [
    all.endpoints.get("a"),
  ]);
  const tcp = tcpListener("t", 81, "a");
  assert.equal(withoutAds("listener", tcp, findIn(all, false)).bytes, tcp.bytes);
  assert.equal(withoutAds("listener", all.listeners.get("l")!, () => undefined).bytes, all.listeners.get("l")!.bytes);
});
