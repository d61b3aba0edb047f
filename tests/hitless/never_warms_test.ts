/** An Upstream that never gets ready delays the hosts that newly use it, only so long, and nobody else. */
import assert from "node:assert/strict";
import { freePort, type RunningEnvoy, startBackend, startEnvoy, waitFor } from "../envoy/harness.ts";
import { type RunningSluice, startSluice } from "../envoy/product.ts";
import { answersDuring, body } from "../envoy/xds_stage.ts";
import { httpGateway, resource, to, upstream, virtualService } from "../envoy/yaml.ts";

const FORMS = ["sotw", "delta"] as const;

interface Stage {
  readonly sluice: RunningSluice;
  readonly envoys: readonly RunningEnvoy[];
  /** What both Envoys answer for a host, joined where they differ. */
  readonly asked: (host: string) => Promise<string>;
  /** Clusters that routes wait for, of both. */
  readonly waiting: () => Promise<string[]>;
  /** Which answers a host gave while something was done, at both Envoys. */
  readonly during: (host: string, work: () => Promise<unknown>) => Promise<(string | number)[][]>;
}

/** Back ends `one` and `two`, one that leaves health checks unanswered, hosts x, y and z that lead to `one`. */
async function play(warmTimeout: string, act: (stage: Stage, upstreams: Upstreams) => Promise<void>): Promise<void> {
  const [one, two] = [startBackend("one"), startBackend("two")];
  const released = Promise.withResolvers<void>();
  const mute = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async () => {
    await released.promise;
    return new Response("mute");
  });
  const ports = Object.fromEntries(FORMS.map((form) => [form, freePort()])) as Record<typeof FORMS[number], number>;
  const gateways = FORMS.map((form) => httpGateway(ports[form], { proxyNames: [form] }));
  const sluice = await startSluice({
    files: {
      "settings.yaml": resource("Settings", "default", { sluice: { warmTimeout } }),
      "gateways.yaml": gateways.join("---\n"),
      "one.yaml": upstream("one", one.port),
      ...Object.fromEntries(["x", "y", "z"].map((name) => [`${name}.yaml`, virtualService(name, [name], [to("one")])])),
    },
  });
  const envoys: RunningEnvoy[] = [];
  try {
    for (const form of FORMS) {
      const role = `gloo-system~${form}`;
      envoys.push(await startEnvoy({ xds: sluice.xds, role, delta: form === "delta", nodeId: form }));
    }
    const asked = async (host: string): Promise<string> =>
      [...new Set(await Promise.all(FORMS.map((form) => body(ports[form], host))))].join(" and ");
    const waiting = async (): Promise<string[]> => {
      const clients: { waitingFor: string[] }[] = await (await sluice.page("/clients")).json();
      return clients.flatMap(({ waitingFor }) => waitingFor);
    };
    const during = async (host: string, work: () => Promise<unknown>): Promise<(string | number)[][]> => {
      const done = work();
      return await Promise.all(FORMS.map((form) => answersDuring(ports[form], host, () => done)));
    };
    await act({ sluice, envoys, asked, waiting, during }, {
      two: upstream("two", two.port),
      mute: upstream("never", mute.addr.port, { healthChecks: [HEALTH_CHECK] }),
      unknown: upstream("never", one.port).replace("127.0.0.1", "no-such-name.invalid"),
      unsigned: upstream("never", one.port, { sslConfig: { secretRef: { name: "none", namespace: "gloo-system" } } }),
    });
  } catch (error) {
    throw new Error(`${String(error)}\n${sluice.log()}`, { cause: error });
  } finally {
    for (const envoy of envoys) await envoy.stop();
    await sluice.stop();
    released.resolve();
    await Promise.all([one.stop(), two.stop(), mute.shutdown()]);
  }
}

type Upstreams = Readonly<Record<"two" | "mute" | "unknown" | "unsigned", string>>;

const HEALTH_CHECK = {
  timeout: "600s",
  interval: "600s",
  unhealthyThreshold: 1,
  healthyThreshold: 1,
  httpHealthCheck: { path: "/health" },
};

const service = (host: string, name: string, options: object = {}): string =>
  virtualService(host, [host], [to(name, { prefix: "/" }, options)]);

Deno.test("never ready: edits of other hosts arrive meanwhile, those that use a new Upstream of their own as well", async () => {
  // What waits for this bound is late for sure.
  await play("600s", async ({ sluice, envoys, asked, waiting }, { mute, two }) => {
    await sluice.write("x.yaml", `${mute}---\n${service("x", "never")}`);
    await waitFor("both to wait", async () => (await waiting()).length === 2);
    await sluice.write("y.yaml", service("y", "one", { prefixRewrite: "/y" }));
    await sluice.write("z.yaml", `${two}---\n${service("z", "two")}`);
    await waitFor("the host with a new Upstream that is ready", async () => await asked("z") === "two");
    await sluice.write("y.yaml", service("y", "two"));
    await waitFor("a host that comes to use it as well", async () => await asked("y") === "two");
    assert.deepEqual([...new Set(await waiting())], ["never_gloo-system"]);
    assert.equal(await asked("x"), "one");
    for (const envoy of envoys) assert.equal(await envoy.stat("cluster_manager.warming_clusters"), 1);
    await sluice.write("x.yaml", service("x", "two"));
    await waitFor("the host that waited to go elsewhere", async () => await asked("x") === "two");
    assert.deepEqual(await waiting(), []);
  });
});

Deno.test("never ready: the wait has an end, and other hosts lose nothing by it", async () => {
  await play("0.5s", async ({ sluice, envoys, asked, during }, { mute, two }) => {
    const seen = await during("y", async () => {
      await sluice.write("x.yaml", `${mute}---\n${service("x", "never")}`);
      await sluice.write("z.yaml", `${two}---\n${service("z", "two")}`);
      await waitFor("the route to what is not ready", async () => await asked("x") === "503");
      await waitFor("the other host", async () => await asked("z") === "two");
      await sluice.write("y.yaml", service("y", "two"));
      await waitFor("an edit afterwards", async () => await asked("y") === "two");
    });
    assert.deepEqual(seen, [["one", "two"], ["one", "two"]]);
    for (const envoy of envoys) assert.equal(await envoy.stat("cluster_manager.warming_clusters"), 1);
    assert.match(sluice.log(), /never_gloo-system/);
  });
});

for (const fault of ["unknown", "unsigned"] as const) {
  const what = fault === "unknown" ? "a name that does not resolve" : "a secret that is missing";
  Deno.test(`never ready: ${what} is the trouble of its own host alone`, async () => {
    await play("600s", async ({ sluice, asked, during }, upstreams) => {
      const seen = await during("y", async () => {
        await sluice.write("x.yaml", `${upstreams[fault]}---\n${service("x", "never")}`);
        await sluice.write("z.yaml", `${upstreams.two}---\n${service("z", "two")}`);
        await waitFor("the other host", async () => await asked("z") === "two");
        await sluice.write("y.yaml", service("y", "two"));
        await waitFor("another one", async () => await asked("y") === "two");
      });
      assert.deepEqual(seen, [["one", "two"], ["one", "two"]]);
      assert.match(await asked("x"), /^(one|503)$/);
    });
  });
}
