import { waitFor } from "../envoy/harness.ts";
import type { RunningSluice } from "../envoy/product.ts";
import { sendTls } from "../envoy/traffic.ts";
import { Http1Client } from "./http1_client.ts";
import type { Ports } from "./render.ts";
import { answering, gatewaysOf, PATHS, ROAMING, type ServiceForm, type World } from "./world.ts";

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
  readonly #forms: string[] = [];

  constructor(sluice: RunningSluice, world: World, ports: Ports) {
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
    const missing = await Promise.all(this.#forms.map((form) => this.#missingAt(form)));
    return missing.find((one) => one !== undefined) ?? await this.#unanswered();
  }

  async #missingAt(form: string): Promise<unknown> {
    const ports = this.#ports.gateways[form]!;
    const clients = { main: await Http1Client.connect(ports.main), alt: await Http1Client.connect(ports.alt) };
    try {
      const canary = await clients.main.ask("canary.test", "/");
      const wanted = `canary ${this.#world.canary}`;
      if (canary.body !== wanted) return { form, canary: canary.body, wanted };
      for (const host of [...this.#world.services.keys(), ROAMING]) {
        const service = this.#world.services.get(host === ROAMING ? this.#world.roaming : host)!;
        for (const gateway of gatewaysOf(service.gate)) {
          const wrong = gateway === "tls"
            ? await this.#wrongOverTls(ports.tls, host, service)
            : await this.#wrong(clients[gateway], host, service);
          if (wrong) return { form, gateway, host, service: service.form, ...wrong };
        }
      }
      return undefined;
    } finally {
      clients.main.close();
      clients.alt.close();
    }
  }

  /** An Envoy that has not accepted all yet, or refused something. */
  async #unanswered(): Promise<unknown> {
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

  /** Which path of the host is not answered as it should be. */
  async #wrong(client: Http1Client, host: string, service: ServiceForm): Promise<object | undefined> {
    for (const path of PATHS) {
      const { status, body } = await client.ask(`${host}.test`, path);
      const wanted = this.#wanted(service, path);
      if (status !== 200 || !wanted.includes(body)) return { path, status, body, wanted };
    }
    return undefined;
  }

  async #wrongOverTls(port: number, host: string, service: ServiceForm): Promise<object | undefined> {
    const name = this.#world.secrets.get(service.secret!)!.commonName;
    try {
      const { status, body, commonName } = await sendTls(port, { sni: `${host}.test`, ca: this.#ports.ca });
      const wanted = this.#wanted(service, "/");
      if (status === 200 && wanted.includes(body) && commonName === name) return undefined;
      return { status, body, wanted, by: commonName, certificate: name };
    } catch (error) {
      return { error: String(error) };
    }
  }

  /** The answers, one of which it should be. */
  #wanted(service: ServiceForm, path: string): string[] {
    return [...answering(this.#world, service, path)].map((backend) => `${backend} ${service.form}`);
  }
}
