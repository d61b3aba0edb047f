/** A small stage with one Envoy in the state of the world and one in delta, for edits that are written out. */
import { type RunningEnvoy, startBackend, startEnvoy } from "../envoy/harness.ts";
import { type RunningSluice, startSluice } from "../envoy/product.ts";
import { answersDuring, body } from "../envoy/xds_stage.ts";
import { takePort } from "./ports.ts";
import { httpGateway, resource, to, upstream, virtualService } from "../envoy/yaml.ts";

export const FORMS = ["sotw", "delta"] as const;

export interface Stage {
  readonly sluice: RunningSluice;
  readonly envoys: readonly RunningEnvoy[];
  /** What both Envoys answer for a host, joined where they differ. */
  readonly asked: (host: string) => Promise<string>;
  /** Clusters that routes wait for, of both. */
  readonly waiting: () => Promise<string[]>;
  /** Which answers a host gave while something was done, at both Envoys. */
  readonly during: (host: string, work: () => Promise<unknown>) => Promise<(string | number)[][]>;
}

/**
 * Back ends `one` and `two`, one that leaves health checks unanswered, hosts x, y and z that lead to `one`. `settings` are
 * Settings.sluice.
 */
export async function play(
  settings: object,
  act: (stage: Stage, upstreams: Upstreams) => Promise<void>,
): Promise<void> {
  const [one, two] = [startBackend("one"), startBackend("two")];
  const released = Promise.withResolvers<void>();
  const mute = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async () => {
    await released.promise;
    return new Response("mute");
  });
  const ports = Object.fromEntries(FORMS.map((form) => [form, takePort()])) as Record<typeof FORMS[number], number>;
  const gateways = FORMS.map((form) => httpGateway(ports[form], { proxyNames: [form] }));
  const sluice = await startSluice({
    files: {
      "settings.yaml": resource("Settings", "default", { sluice: settings }),
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

export type Upstreams = Readonly<Record<"two" | "mute" | "unknown" | "unsigned", string>>;

const HEALTH_CHECK = {
  timeout: "600s",
  interval: "600s",
  unhealthyThreshold: 1,
  healthyThreshold: 1,
  httpHealthCheck: { path: "/health" },
};

/** A VirtualService of this name and domain with one route. */
export const service = (host: string, name: string, options: object = {}): string =>
  virtualService(host, [host], [to(name, { prefix: "/" }, options)]);
