/** Credentials that are replaced while they are in use: those of a pod, and those that a kubeconfig's program makes. */
import assert from "node:assert/strict";
import { serviceAccount } from "../../src/kubernetes/mod.ts";
import { waitFor } from "../envoy/harness.ts";
import { startSluice } from "../envoy/product.ts";
import { fastClock } from "./fast_clock.ts";
import { Front } from "./front.ts";
import { accountToken, writeKubeconfig } from "./kubeconfigs.ts";
import { apiClient, Follower } from "./views.ts";
import { answering, gateway, World } from "./world.ts";

/** An account that may do all, and tokens for it that can be taken back. */
class Robot {
  readonly #world: World;
  #made = 0;

  private constructor(world: World) {
    this.#world = world;
  }

  static async in(world: World): Promise<Robot> {
    const name = "robot";
    await world.apply({ apiVersion: "v1", kind: "ServiceAccount", metadata: { name } });
    await world.apply({
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "ClusterRoleBinding",
      metadata: { name },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "cluster-admin" },
      subjects: [{ kind: "ServiceAccount", namespace: "gloo-system", name }],
    });
    return new Robot(world);
  }

  async token(): Promise<{ readonly token: string; revoke(): Promise<void> }> {
    const secret = { apiVersion: "v1", kind: "Secret", metadata: { name: `token-${this.#made++}` } } as const;
    await this.#world.apply(secret);
    const bound = { kind: "Secret", name: secret.metadata.name } as const;
    const token = await accountToken(this.#world.server, "gloo-system", "robot", bound);
    return { token, revoke: () => this.#world.delete(secret) };
  }
}

/** Forgets whom it has let in, and lets everybody ask anew. */
async function restart({ server }: World): Promise<void> {
  await server.command("kill-apiserver");
  await server.command("start-apiserver");
}

Deno.test("a pod's token and its authority are replaced by the kubelet, as a link that is turned", async () => {
  const world = await World.start(["gloo-system", "one", "two"]);
  const robot = await Robot.in(world);
  const folder = await Deno.makeTempDir({ prefix: "sluice_test_" });
  let versions = 0;
  const mount = async (token: string, ca: string): Promise<void> => {
    const version = `..v${versions++}`;
    await Deno.mkdir(`${folder}/${version}`);
    await Deno.writeTextFile(`${folder}/${version}/token`, token);
    await Deno.writeTextFile(`${folder}/${version}/ca.crt`, ca);
    await Deno.symlink(version, `${folder}/..data_tmp`);
    await Deno.rename(`${folder}/..data_tmp`, `${folder}/..data`);
  };
  let front = await Front.of(world.server);
  const first = await robot.token();
  await mount(first.token, front.authority);
  for (const name of ["token", "ca.crt"]) await Deno.symlink(`..data/${name}`, `${folder}/${name}`);
  // Files are believed for ten seconds, of which this is the hundredth part.
  const clock = fastClock(100);
  const api = await apiClient(serviceAccount(front.url, folder, clock), clock);
  const follower = new Follower(api, "VirtualService", clock);
  try {
    for (const name of ["one", "two"]) await world.apply(answering(`in-${name}`, "x", `${name}.test`, name));
    await follower.follow(["one"]);
    assert.deepEqual(follower.names, ["in-one"]);

    const second = await robot.token();
    await mount(second.token, front.authority);
    await first.revoke();
    await restart(world);
    await follower.follow(["one", "two"]);
    await world.apply(answering("late", "x", "late.test", "two"));
    await waitFor("an object after the token", () => follower.names.join() === "in-one,in-two,late");

    const { port } = front;
    await front.stop();
    front = await Front.of(world.server, port);
    await world.apply(answering("later", "x", "later.test", "one"));
    await mount(second.token, front.authority);
    await waitFor("an object after the authority", () => follower.names.includes("later"));
    await waitFor("all to be well", () => follower.reports.length === 0);
  } finally {
    follower.stop();
    api.close();
    await front.stop();
    await world.stop();
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("a kubeconfig with a program that makes tokens: those that end, that are refused, and certificates", async (test) => {
  const world = await World.start();
  const robot = await Robot.in(world);
  const folder = await Deno.makeTempDir({ prefix: "sluice_test_" });
  await Deno.mkdir(`${folder}/config`);
  /** What the program prints; without it, it fails. */
  const give = (status: object) =>
    Deno.writeTextFile(
      `${folder}/answer`,
      JSON.stringify({ apiVersion: "client.authentication.k8s.io/v1", kind: "ExecCredential", status }),
    );
  const runs = async () => (await Deno.readTextFile(`${folder}/runs`)).length;
  const script = `printf x >> '${folder}/runs'; cat '${folder}/answer'`;
  const exec = {
    apiVersion: "client.authentication.k8s.io/v1",
    command: "/bin/sh",
    args: ["-c", script],
    interactiveMode: "Never",
  };
  const kubeconfig = await writeKubeconfig(`${folder}/kubeconfig`, world.server, { exec });
  const soon = () => new Date(Date.now() + 1_000).toISOString();
  const first = await robot.token();
  await give({ token: first.token, expirationTimestamp: soon() });
  await world.apply(gateway(18_080));
  const sluice = await startSluice({
    ...{ folder, sources: ["--kubeconfig", kubeconfig], permissions: ["--allow-run=/bin/sh"] },
  });
  const reads = async (name: string) => {
    await world.apply(answering(name, name, `${name}.test`));
    await waitFor(`${name} and its status`, async () => {
      const { status } = await world.get(answering(name, ""));
      return status?.statuses?.["gloo-system"]?.state === "Accepted";
    }, 60_000);
  };
  try {
    await test.step("a token that has ended is made anew, without one that is refused", async () => {
      await reads("one");
      const { token } = await robot.token();
      await give({ token, expirationTimestamp: soon() });
      const before = await runs();
      await waitFor("the program to be asked again", async () => await runs() > before, 60_000);
      await reads("two");
    });

    await test.step("one that is taken back before its end is made anew as well", async () => {
      const lasting = await robot.token();
      await give({ token: lasting.token });
      const before = await runs();
      await waitFor("it to be in use", async () => await runs() > before, 60_000);
      const next = await robot.token();
      await give({ token: next.token });
      await lasting.revoke();
      await restart(world);
      await reads("three");
      assert.ok(await runs() < before + 10, `${await runs() - before} runs`);
    });

    await test.step("while the program fails nothing is lost, and it is told of", async () => {
      await Deno.remove(`${folder}/answer`);
      // What it made last is refused from now on.
      await Promise.all((await secrets(world)).map((name) => world.delete(secretOf(name))));
      await restart(world);
      await waitFor("it to be told of", () => sluice.log().includes("No such file"));
      assert.ok(
        (await (await sluice.page("/snapshots/xds?node=gloo-system~gateway-proxy")).text()).includes("three.test"),
      );
      const [clientCertificateData, clientKeyData] = await Promise.all(
        [world.server.ready.clientCert, world.server.ready.clientKey].map((path) => Deno.readTextFile(path)),
      );
      await give({ clientCertificateData, clientKeyData });
      await reads("four");
    });
    assert.equal(await sluice.stop(), 0);
  } finally {
    await sluice.stop();
    await world.stop();
    await Deno.remove(folder, { recursive: true });
  }
});

const secretOf = (name: string) => ({ apiVersion: "v1", kind: "Secret", metadata: { name } });

/** Those that tokens are bound to. */
async function secrets(world: World): Promise<string[]> {
  const path = "/api/v1/namespaces/gloo-system/secrets";
  const { items } = await world.server.request<{ items: { metadata: { name: string } }[] }>("GET", path);
  return items.map(({ metadata: { name } }) => name).filter((name) => name.startsWith("token-"));
}
