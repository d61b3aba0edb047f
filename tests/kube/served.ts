/** A cluster, the product that reads it and an Envoy: what most tests of a cluster's traffic begin with. */
import assert from "node:assert/strict";
import { freePort, type RunningEnvoy, send, startEnvoy, waitFor } from "../envoy/harness.ts";
import { type RunningSluice, startSluice } from "../envoy/product.ts";
import { gateway, type Manifest, World } from "./world.ts";

export interface Served {
  readonly world: World;
  readonly sluice: RunningSluice;
  readonly envoy: RunningEnvoy;
  /** Of the Gateway. */
  readonly port: number;
  apply(...objects: readonly Manifest[]): Promise<void>;
  /** Waits until this is answered: a body, or a status. */
  answers(host: string, answer: string | number, path?: string): Promise<void>;
}

export interface ServedOptions {
  readonly namespaces?: readonly string[];
  /** Objects that are there before Sluice is. */
  readonly objects: readonly Manifest[];
  /** Of the API server. */
  readonly args?: readonly string[];
  readonly role?: string;
}

/** Runs `check`; where it fails, the logs go with the error. */
export async function withServed(options: ServedOptions, check: (served: Served) => Promise<void>): Promise<void> {
  const world = await World.start(["gloo-system", ...options.namespaces ?? ["shop"]], ...options.args ?? []);
  const port = freePort();
  let sluice: RunningSluice | undefined;
  let envoy: RunningEnvoy | undefined;
  const apply = async (...objects: readonly Manifest[]): Promise<void> => {
    for (const object of objects) await world.apply(object);
  };
  try {
    await apply(gateway(port), ...options.objects);
    sluice = await startSluice({ sources: ["--kubeconfig", world.server.ready.kubeconfig] });
    envoy = await startEnvoy({ xds: sluice.xds, delta: true, ...(options.role && { role: options.role }) });
    await check({ world, sluice, envoy, port, apply, answers: (...wish) => answers(port, ...wish) });
  } catch (error) {
    const warnings = envoy?.log().split("\n").filter((line) => /\[(warning|error|critical)\]/.test(line)) ?? [];
    throw new Error(`${String(error)}\n${sluice?.log() ?? ""}\n${warnings.join("\n")}`, { cause: error });
  } finally {
    await envoy?.stop();
    await sluice?.stop();
    await world.stop();
  }
}

async function answers(port: number, host: string, answer: string | number, path = "/"): Promise<void> {
  await waitFor(`${host}${path} to answer ${answer}`, async () => {
    const { status, body } = await send(port, path, { host });
    assert.equal(typeof answer === "number" ? status : body, answer);
    return true;
  });
}

/** Settings, with these fields. */
export const settings = (spec: object): Manifest => ({
  apiVersion: "gloo.solo.io/v1",
  kind: "Settings",
  metadata: { name: "default" },
  spec,
});

/** What `kubectl describe` shows of an object under Events: reasons and words. */
export async function eventsOf(world: World, kind: string, namespace: string, name: string): Promise<string[]> {
  const path = `/apis/events.k8s.io/v1/namespaces/${namespace}/events`;
  interface Event {
    readonly reason: string;
    readonly note: string;
    readonly reportingController: string;
    readonly regarding: { readonly kind: string; readonly name: string };
  }
  const { items } = await world.server.request<{ items: Event[] }>("GET", path);
  // The API server's own controllers tell of Services too.
  return items.filter(({ reportingController }) => reportingController === "sluice.dev/sluice")
    .filter(({ regarding }) => regarding.kind === kind && regarding.name === name)
    .map(({ reason, note }) => `${reason} ${note}`);
}
