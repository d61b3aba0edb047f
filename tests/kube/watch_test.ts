import assert from "node:assert/strict";
import type { CredentialsSource } from "../../src/kubernetes/mod.ts";
import { waitFor } from "../envoy/harness.ts";
import { fastClock } from "./fast_clock.ts";
import { Relay } from "./relay.ts";
import { adminCredentials, apiClient, Follower } from "./views.ts";
import { answering, type Manifest, World } from "./world.ts";

const service = (name: string, namespace = "gloo-system"): Manifest => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: { name, namespace },
  spec: { ports: [{ port: 80 }], clusterIP: "None" },
});

/** VirtualServices a, b, … */
async function make(world: World, ...names: string[]): Promise<void> {
  for (const name of names) await world.apply(answering(name, name, `${name}.test`));
}

/** Makes a CRD such as Gloo's, whose schema lets through whatever there is. */
async function takeAnything(world: World, name: string): Promise<void> {
  const path = `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${name}`;
  const spec = { type: "object", "x-kubernetes-preserve-unknown-fields": true };
  const schema = { type: "object", properties: { spec, status: spec } };
  const patch = [{ op: "replace", path: "/spec/versions/0/schema/openAPIV3Schema", value: schema }];
  await world.server.request("PATCH", path, patch, "application/json-patch+json");
  const probe = { ...answering("probe", ""), kind: "RouteOption", spec: { options: { timeout: "no time" } } };
  await waitFor("the schema to be in use", () => world.apply(probe).then(() => true, () => false));
  await world.delete(probe);
}

/** Lets the account of the test read VirtualServices of a namespace. */
async function mayRead(world: World, namespace: string): Promise<void> {
  const apiGroup = "rbac.authorization.k8s.io";
  const object = (kind: string) => ({ apiVersion: `${apiGroup}/v1`, kind, metadata: { name: "reader", namespace } });
  const rules = [{ apiGroups: ["gateway.solo.io"], resources: ["virtualservices"], verbs: ["list", "watch"] }];
  await world.apply({ ...object("Role"), rules });
  await world.apply({
    ...object("RoleBinding"),
    roleRef: { apiGroup, kind: "Role", name: "reader" },
    subjects: [{ kind: "ServiceAccount", namespace: "gloo-system", name: "reader" }],
  });
}

/** Credentials of an account that may read VirtualServices of this namespace alone. */
async function credentialsIn(world: World, namespace: string): Promise<CredentialsSource> {
  await world.apply({ apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "reader" } });
  await mayRead(world, namespace);
  const path = "/api/v1/namespaces/gloo-system/serviceaccounts/reader/token";
  const request = { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", spec: {} };
  const { status: { token } } = await world.server.request<{ status: { token: string } }>("POST", path, request);
  const admin = await (await adminCredentials(world.server)).current();
  const credentials = { ...admin, headers: { authorization: `Bearer ${token}` } };
  return { current: () => Promise.resolve(credentials), renew: () => {} };
}

/** Objects that are kept at their last good form. */
const heldIn = ({ view }: Follower): string[] => [...view.records.keys()].filter((key) => key.includes("/"));

Deno.test("a view of Kubernetes", async (test) => {
  const world = await World.start(["gloo-system", "one", "two"]);
  const { server } = world;
  const api = await apiClient(await adminCredentials(server));
  try {
    await test.step("lists in pages, and then follows each change", async () => {
      const many = Array.from({ length: 1201 }, (_, i) => `s-${i}`);
      for (let i = 0; i < many.length; i += 100) {
        await Promise.all(many.slice(i, i + 100).map((name) => world.apply(service(name, "one"))));
      }
      const services = new Follower(api, "Service");
      await services.follow(["one"]);
      assert.deepEqual(services.names, many.toSorted());
      await world.apply(service("late", "one"));
      await world.apply(service("elsewhere", "two"));
      await world.delete(service("s-7", "one"));
      await waitFor("the changes", () => services.resources.size === 1201 && services.names.includes("late"));
      assert.ok(!services.names.includes("s-7") && !services.names.includes("elsewhere"));
      assert.ok([...services.puts.values()].every((count) => count === 1), "each was told once");
      services.stop();
    });

    await test.step("writes that change nothing that matters are not told", async () => {
      await make(world, "a");
      const follower = new Follower(api, "VirtualService");
      await follower.follow();
      await world.apply({ ...answering("a", "a", "a.test"), status: { statuses: { other: { state: 1 } } } });
      await world.server.request(
        "PATCH",
        "/apis/gateway.solo.io/v1/namespaces/gloo-system/virtualservices/a/status",
        { status: { statuses: { other: { state: 2, reportedBy: "x" } } } },
        "application/merge-patch+json",
      );
      await make(world, "b");
      await waitFor("b", () => follower.names.includes("b"));
      assert.equal(follower.puts.get("VirtualService/gloo-system/a"), 1);
      follower.stop();
    });

    await test.step("nothing is lost or told twice while the API server is killed, and its history is compacted", async () => {
      await make(world, "a", "b", "c");
      const follower = new Follower(api, "VirtualService");
      await follower.follow();
      const before = follower.resources.get("VirtualService/gloo-system/a");
      for (let round = 0; round < 3; round++) {
        await server.command("kill-apiserver");
        await server.command("start-apiserver");
        await world.apply(answering("b", `round ${round}`, "b.test"));
        await (round % 2 === 0 ? world.delete(answering("c", "")) : make(world, "c"));
        if (round === 1) await server.command("compact");
        const names = round % 2 === 0 ? ["a", "b"] : ["a", "b", "c"];
        await waitFor(`round ${round}`, () => {
          const b = JSON.stringify(follower.resources.get("VirtualService/gloo-system/b"));
          return b.includes(`round ${round}`) && follower.names.join() === names.join();
        });
      }
      assert.equal(
        follower.resources.get("VirtualService/gloo-system/a"),
        before,
        "what did not change is the same object",
      );
      assert.equal(follower.puts.get("VirtualService/gloo-system/a"), 1);
      assert.deepEqual(follower.reports, []);
      follower.stop();
    });

    await test.step("an object that can not be read is told of, harms no other, and is what it was before", async () => {
      const option = (name: string, timeout: string): Manifest => ({
        apiVersion: "gateway.solo.io/v1",
        kind: "RouteOption",
        metadata: { name },
        spec: { options: { timeout } },
      });
      await takeAnything(world, "routeoptions.gateway.solo.io");
      for (const name of ["a", "b"]) await world.apply(option(name, "1s"));
      const follower = new Follower(api, "RouteOption");
      await follower.follow();
      const good = follower.resources.get("RouteOption/gloo-system/a");
      await world.apply(option("a", "one second"));
      await world.apply(option("never-good", "two seconds"));
      await world.apply(option("b", "3s"));
      await waitFor("b", () => JSON.stringify(follower.resources.get("RouteOption/gloo-system/b")).includes("3s"));
      assert.equal(follower.resources.get("RouteOption/gloo-system/a"), good);
      assert.deepEqual(follower.names, ["a", "b"]);
      const told = follower.reports.map(({ code, ref, path }) => `${code} ${ref.name} ${path}`);
      assert.deepEqual(told, [
        "SLUICE-1003 a options.timeout",
        "SLUICE-1112 a ",
        "SLUICE-1003 never-good options.timeout",
      ]);
      // The next process knows from its state what the object was.
      assert.deepEqual(heldIn(follower), ["gloo-system/a"]);
      assert.equal(follower.view.records.get("gloo-system/a"), good);
      follower.stop();
      const next = new Follower(api, "RouteOption", undefined, {
        keys: () => ["gloo-system/a"],
        get: (key) => key === "gloo-system/a" ? JSON.parse(JSON.stringify(good)) : undefined,
      });
      await next.follow();
      assert.deepEqual(next.names, ["a", "b"]);
      assert.deepEqual(next.resources.get("RouteOption/gloo-system/a"), good);
      assert.deepEqual(heldIn(next), ["gloo-system/a"]);
      await world.apply(option("a", "4s"));
      await waitFor("a", () => JSON.stringify(next.resources.get("RouteOption/gloo-system/a")).includes("4s"));
      assert.deepEqual(heldIn(next), []);
      next.stop();
    });

    await test.step("a definition that is deleted and made again", async () => {
      const path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/upstreamgroups.gloo.solo.io";
      const group = (name: string): Manifest => ({
        apiVersion: "gloo.solo.io/v1",
        kind: "UpstreamGroup",
        metadata: { name },
        spec: { destinations: [{ weight: 1, destination: { upstream: { name: "a" } } }] },
      });
      // Of ten seconds until a kind is looked for again, a twentieth.
      const follower = new Follower(api, "UpstreamGroup", fastClock(20));
      await world.apply(group("a"));
      await follower.follow();
      const { metadata: { name }, apiVersion, kind, spec } = await server.request<Manifest>("GET", path);
      await server.request("DELETE", path);
      await waitFor("its objects to be gone", () => follower.names.length === 0);
      await waitFor("the fault", () => follower.reports.some(({ code }) => code === "SLUICE-1108"));
      await server.request("POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", {
        ...{ apiVersion, kind, spec, metadata: { name } },
      });
      await waitFor("it to be served", () => world.apply(group("b")).then(() => true, () => false));
      await waitFor("the new object", () => follower.names.join() === "b" && follower.reports.length === 0);
      follower.stop();
    });

    await test.step("a namespace that was read and may not be read any more is waited for; another is not", async () => {
      const restricted = await apiClient(await credentialsIn(world, "one"));
      const knew = (...namespaces: string[]) => ({
        keys: () => ["namespaces listed"],
        get: (key: string) => key === "namespaces listed" ? namespaces : undefined,
      });
      await world.apply(answering("in", "x", "x.test", "one"));
      const fresh = new Follower(restricted, "VirtualService", undefined, knew("one"));
      await fresh.follow(["one", "two"]);
      assert.deepEqual([...fresh.resources.keys()], ["VirtualService/one/in"]);
      assert.deepEqual(fresh.view.records.get("namespaces listed"), ["one"]);
      fresh.stop();
      const again = new Follower(restricted, "VirtualService", undefined, knew("one", "two"));
      let listed = false;
      const following = again.follow(["one", "two"]).then(() => listed = true);
      await waitFor(
        "the refusal",
        () => again.view.former().reports.some(({ message }) => /two.*forbidden/.test(message)),
      );
      assert.equal(listed, false);
      await mayRead(world, "two");
      await following;
      assert.deepEqual(again.view.records.get("namespaces listed"), ["one", "two"]);
      again.stop();
      restricted.close();
    });

    await test.step("namespaces of interest come and go without a new list of those that stay", async () => {
      for (const namespace of ["one", "two"]) await world.apply(answering("in", "x", "x.test", namespace));
      const follower = new Follower(api, "VirtualService");
      await follower.follow(["one"]);
      const one = follower.resources.get("VirtualService/one/in");
      assert.deepEqual([...follower.resources.keys()], ["VirtualService/one/in"]);
      await follower.follow(["one", "two"]);
      assert.deepEqual([...follower.resources.keys()].sort(), ["VirtualService/one/in", "VirtualService/two/in"]);
      assert.equal(follower.resources.get("VirtualService/one/in"), one);
      await follower.follow(["two"]);
      assert.deepEqual([...follower.resources.keys()], ["VirtualService/two/in"]);
      follower.stop();
    });
  } finally {
    api.close();
    await world.stop();
  }
});

Deno.test("a connection that dies without a word is found out, and what happened meanwhile is told", async () => {
  const world = await World.start();
  const relay = new Relay({ hostname: "127.0.0.1", port: Number(new URL(world.server.ready.url).port) });
  // Of the ten seconds of silence and the five for an answer, a tenth.
  const clock = fastClock(10);
  const api = await apiClient(await adminCredentials(world.server, relay.port), clock);
  const follower = new Follower(api, "VirtualService", clock);
  try {
    await make(world, "a", "b");
    await follower.follow();
    relay.forget();
    await world.delete(answering("a", ""));
    await make(world, "c");
    await waitFor("what happened in the silence", () => follower.names.join() === "b,c");
    await make(world, "d");
    await waitFor("what happens now", () => follower.names.join() === "b,c,d");
  } finally {
    follower.stop();
    api.close();
    relay.close();
    await world.stop();
  }
});

Deno.test("a hundred and fifty watches at once: none waits for another to end", async () => {
  const namespaces = Array.from({ length: 150 }, (_, i) => `ns-${i}`);
  const world = await World.start(["gloo-system", ...namespaces]);
  const relay = new Relay({ hostname: "127.0.0.1", port: Number(new URL(world.server.ready.url).port) });
  const api = await apiClient(await adminCredentials(world.server, relay.port));
  const follower = new Follower(api, "VirtualService");
  try {
    await follower.follow(namespaces);
    for (const namespace of namespaces) await world.apply(answering("in", "x", "x.test", namespace));
    await waitFor("all of them", () => follower.resources.size === namespaces.length);
    // Three of fifty watches, one of all other requests.
    assert.equal(relay.taken, 4);
  } finally {
    follower.stop();
    api.close();
    relay.close();
    await world.stop();
  }
});
