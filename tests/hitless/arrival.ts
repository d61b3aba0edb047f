import { send, waitFor } from "../envoy/harness.ts";
import type { RunningSluice } from "../envoy/product.ts";
import { sendTls } from "../envoy/traffic.ts";
import type { Ports } from "./render.ts";
import { answering, gatewaysOf, PATHS, type World } from "./world.ts";

/** What /clients tells of an Envoy. */
interface Client {
  readonly nodeId: string;
  readonly waitingFor: readonly string[];
  readonly types: Readonly<
    Record<string, { versionSent?: string; versionAcked?: string; lastNack?: { detail: string } }>
  >;
}

/** Longest time that edits may take to arrive. */
const PATIENCE_MS = 40_000;

/** Whether what the world says is what the Envoys do. */
export class Arrival {
  readonly #sluice: RunningSluice;
  readonly #world: World;
  readonly #ports: Ports;
  readonly #ca: string;
  readonly #forms: string[] = [];

  constructor(sluice: RunningSluice, world: World, ports: Ports, ca: string) {
    this.#ca = ca;
    this.#sluice = sluice;
    this.#world = world;
    this.#ports = ports;
  }

  /** An Envoy has come. */
  add(form: string): void {
    this.#forms.push(form);
  }

  /** Resolves when every host answers as the world says, and each Envoy has accepted all that it was sent. */
  async wait(): Promise<void> {
    let last: unknown;
    try {
      await waitFor("the edits to arrive", async () => {
        last = await this.#missing();
        return last === undefined;
      }, PATIENCE_MS);
    } catch (error) {
      throw new Error(`${String(error)}: ${JSON.stringify(last)}`);
    }
  }

  /** The first thing that is not as it should be. */
  async #missing(): Promise<unknown> {
    for (const form of this.#forms) {
      const main = this.#ports.gateways[form]!.main;
      const canary = await send(main, "/", { host: "canary.test" });
      if (canary.body !== `canary ${this.#world.canary}`) {
        return { form, canary: canary.body, wanted: this.#world.canary };
      }
      for (const host of this.#world.services.keys()) {
        const wrong = await this.#wrong(form, host);
        if (wrong) return { form, host, ...wrong };
      }
    }
    const clients: Client[] = await (await this.#sluice.page("/clients")).json();
    for (const { nodeId, waitingFor, types } of clients) {
      if (waitingFor.length > 0) return { nodeId, waitingFor };
      for (const [type, { versionSent, versionAcked, lastNack }] of Object.entries(types)) {
        if (lastNack) return { nodeId, type, refused: lastNack.detail };
        if (versionSent !== versionAcked) return { nodeId, type, versionSent, versionAcked };
      }
    }
    return undefined;
  }

  /** Where the host is not answered as it should be. */
  async #wrong(form: string, host: string): Promise<object | undefined> {
    const service = this.#world.services.get(host)!;
    for (const gateway of gatewaysOf(service.gate)) {
      const port = this.#ports.gateways[form]![gateway];
      for (const path of gateway === "tls" ? ["/"] : PATHS) {
        const { status, body, by } = gateway === "tls"
          ? await this.#overTls(port, host)
          : { ...await send(port, path, { host: `${host}.test` }), by: undefined };
        const [backend, seen] = body.split(" ");
        const wanted = answering(this.#world, service, path);
        const signed = by === (gateway === "tls" ? this.#world.secrets.get(host)!.commonName : undefined);
        if (signed && status === 200 && seen === String(service.form) && wanted.has(backend!)) continue;
        return { gateway, path, status, body, by, form: service.form, backends: [...wanted] };
      }
    }
    return undefined;
  }

  /** An answer with the name in the certificate. */
  async #overTls(port: number, host: string): Promise<{ status: number; body: string; by: string | undefined }> {
    try {
      const { commonName, ...answer } = await sendTls(port, { sni: `${host}.test`, ca: this.#ca });
      return { ...answer, by: commonName };
    } catch (error) {
      return { status: 0, body: String(error), by: undefined };
    }
  }
}
