/** Which namespaces a running Sluice reads, as Settings change and as namespaces come and go. */
import assert from "node:assert/strict";
import { freePort, type RunningEnvoy, send, startEnvoy, waitFor } from "../envoy/harness.ts";
import { type RunningSluice, startSluice } from "../envoy/product.ts";
import { Front } from "./front.ts";
import { printedManifests } from "./kube_objects.ts";
import { accountToken, writeKubeconfig } from "./kubeconfigs.ts";
import { steadily } from "./steadily.ts";
import { answering, gateway, type Manifest, World } from "./world.ts";

const settings = (spec: object): Manifest => ({
  apiVersion: "gloo.solo.io/v1",
  kind: "Settings",
  metadata: { name: "default", namespace: "gloo-system" },
  spec,
});

const namespace = (name: string, labels: Record<string, string>): Manifest => ({
  apiVersion: "v1",
  kind: "Namespace",
  metadata: { name, labels },
});

/** A cluster with a route in each namespace, and an Envoy that asks Sluice for them. */
class Bed {
  readonly #started: (RunningSluice | RunningEnvoy)[] = [];

  private constructor(readonly world: World, readonly port: number, readonly folder: string) {}

  static async start(namespaces: readonly string[], own = "gloo-system"): Promise<Bed> {
    const world = await World.start(["gloo-system", ...namespaces]);
    const bed = new Bed(world, freePort(), await Deno.makeTempDir({ prefix: "sluice_test_" }));
    await Deno.mkdir(`${bed.folder}/config`);
    const { metadata, ...rest } = gateway(bed.port);
    await world.apply({ ...rest, metadata: { ...metadata, namespace: own } });
    for (const name of namespaces) await world.apply(answering("in", name, `${name}.test`, name));
    return bed;
  }

  /** Rights in these namespaces and its own, and the kubeconfig of who has them. */
  async restricted(...namespaces: readonly string[]): Promise<string> {
    const all = await printedManifests("--watch-namespaces", namespaces.join(), "--without", "envoy,settings");
    for (const object of all) {
      if (["ServiceAccount", "Role", "RoleBinding"].includes(object.kind)) await this.world.apply(object);
    }
    const token = await accountToken(this.world.server, "gloo-system", "sluice");
    return await writeKubeconfig(`${this.folder}/kubeconfig`, this.world.server, { token });
  }

  /** The state is kept from one to the next, and so is the address. */
  async sluice(
    kubeconfig = this.world.server.ready.kubeconfig,
    xds?: string,
    until: "ready" | "serving" = "ready",
  ): Promise<RunningSluice> {
    const sluice = await startSluice({
      ...{ folder: this.folder, until },
      sources: ["--kubeconfig", kubeconfig],
      ...(xds && { xdsAddress: xds }),
    });
    this.#started.push(sluice);
    return sluice;
  }

  async envoy(sluice: RunningSluice, nodeId = "envoy", role?: string): Promise<RunningEnvoy> {
    const envoy = await startEnvoy({ xds: sluice.xds, delta: true, nodeId, ...(role && { role }) });
    this.#started.push(envoy);
    return envoy;
  }

  answers(host: string, body: string | number): Promise<unknown> {
    return waitFor(`${host} to answer ${body}`, async () => {
      const answer = await send(this.port, "/", { host });
      return typeof body === "number" ? answer.status === body : answer.body === body;
    });
  }

  async stop(): Promise<void> {
    for (const one of this.#started) await one.stop();
    await this.world.stop();
    await Deno.remove(this.folder, { recursive: true });
  }
}

Deno.test("with rights in some namespaces: one that may not be read harms no other, whatever Settings say", async (test) => {
  const bed = await Bed.start(["one", "two"]);
  const { world } = bed;
  try {
    const kubeconfig = await bed.restricted("one");
    await world.apply(settings({ watchNamespaces: ["one"] }));
    const sluice = await bed.sluice(kubeconfig);
    await bed.envoy(sluice);
    await bed.answers("one.test", "one");
    const traffic = steadily(bed.port, "one.test", "one");

    await test.step("one more that it has no rights in", async () => {
      await world.apply(settings({ watchNamespaces: ["one", "two"] }));
      await waitFor("it to be told of", () => /kube:virtualservices in two cannot be read/.test(sluice.log()));
      await world.apply(answering("late", "late", "late.test", "one"));
      await bed.answers("late.test", "late");
      await bed.answers("two.test", 404);
    });

    await test.step("and is given them", async () => {
      await bed.restricted("one", "two");
      await bed.answers("two.test", "two");
    });

    await test.step("Settings that want all of the cluster, which it may not read", async () => {
      await world.apply(settings({ sluice: { firstListTimeout: "1s" } }));
      await waitFor("it to go on without", () => /starting without sources/.test(sluice.log()));
      await waitFor("it to be told of", () => /kube:virtualservices cannot be read:/.test(sluice.log()));
      for (const host of ["one", "two", "late"]) await bed.answers(`${host}.test`, host);
      await world.apply(settings({ watchNamespaces: ["one", "two"] }));
      await world.apply(answering("later", "later", "later.test", "two"));
      await bed.answers("later.test", "later");
    });

    await traffic.stop();
    assert.equal(traffic.counts.failed, 0, traffic.counts.last);
  } finally {
    await bed.stop();
  }
});

Deno.test("namespaces by their labels: they come and go, and a start takes none of them away", async (test) => {
  const bed = await Bed.start(["one", "two"]);
  const { world } = bed;
  const front = await Front.of(world.server);
  try {
    await world.apply(namespace("one", { gateway: "yes" }));
    await world.apply(settings({ watchNamespaceSelectors: [{ matchLabels: { gateway: "yes" } }] }));
    const { token } = world.server.ready;
    const kubeconfig = await writeKubeconfig(`${bed.folder}/kubeconfig`, world.server, { token }, front);
    const first = await bed.sluice(kubeconfig);
    await bed.envoy(first);
    await test.step("one is labelled while Sluice runs", async () => {
      await bed.answers("one.test", "one");
      await bed.answers("two.test", 404);
      await world.apply(namespace("two", { gateway: "yes" }));
      await bed.answers("two.test", "two");
    });
    const traffic = steadily(bed.port, "one.test", "one");
    await test.step("a Sluice that starts goes on where the one before was, however late it knows the labels", async () => {
      await first.stop();
      const known = Promise.withResolvers<undefined>();
      front.instead = (request) =>
        new URL(request.url).pathname === "/api/v1/namespaces"
          ? known.promise.then(() => front.handOn(request))
          : undefined;
      const next = await bed.sluice(kubeconfig, first.xds, "serving");
      const { sent } = traffic.counts;
      await waitFor("traffic meanwhile", () => traffic.counts.sent > sent + 300);
      known.resolve(undefined);
      await world.apply(answering("late", "late", "late.test", "two"));
      await bed.answers("late.test", "late");
      await next.stop();
    });
    await test.step("and so does one whose Settings want labels for the first time", async () => {
      await world.delete(settings({}));
      await bed.sluice(kubeconfig, first.xds);
      await world.apply(answering("all", "all", "all.test", "gloo-system"));
      await bed.answers("all.test", "all");
      await world.apply(settings({ watchNamespaceSelectors: [{ matchLabels: { gateway: "yes" } }] }));
      await world.apply(namespace("two", {}));
      await bed.answers("two.test", 404);
      await bed.answers("all.test", "all");
    });
    await traffic.stop();
    assert.equal(traffic.counts.failed, 0, traffic.counts.last);
  } finally {
    await bed.stop();
    await front.stop();
  }
});

Deno.test("Settings hold where they themselves are in none of the namespaces that they name", async () => {
  const bed = await Bed.start(["one", "edge"], "edge");
  const { world } = bed;
  try {
    await world.apply(settings({ discoveryNamespace: "edge", watchNamespaces: ["one"] }));
    const sluice = await bed.sluice();
    await bed.envoy(sluice, "envoy", "edge~gateway-proxy");
    await bed.answers("one.test", "one");
    await world.apply(answering("late", "late", "late.test", "one"));
    await bed.answers("late.test", "late");
    // One for what the command line says, one for what Settings do.
    const starts = sluice.log().split("\n").filter((line) => line.includes('"message":"sluice serves"')).length;
    assert.ok(starts <= 2, `${starts} starts`);
  } finally {
    await bed.stop();
  }
});
