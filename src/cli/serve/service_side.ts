import { Notices, NotifySocket, watchdogMs } from "../../service_manager/mod.ts";
import type { Terminal } from "../command.ts";
import type { Onlooker, Question, WorkerNews } from "./messages.ts";

/**
 * Tells a service manager how the Workers fare, and does what it asks: on SIGHUP (`systemctl reload`) the Worker looks at every
 * source now. Signs of life are the Worker's own.
 */
export class ServiceSide implements Onlooker {
  readonly #socket: NotifySocket;
  readonly #notices: Notices;
  #ask: (question: Question) => void = () => {};
  readonly #reload = (): void => {
    this.#notices.reloads();
    this.#ask("look");
  };

  /** @param address $NOTIFY_SOCKET. */
  constructor(address: string, { env, err }: Terminal) {
    this.#socket = new NotifySocket(address, (problem) => err(`sluice serve: ${problem}`));
    this.#notices = new Notices({
      socket: this.#socket,
      watchdogMs: watchdogMs(env, Deno.pid),
      ask: () => this.#ask("alive"),
    });
    Deno.addSignalListener("SIGHUP", this.#reload);
  }

  started(ask: (question: Question) => void): void {
    this.#ask = ask;
    this.#notices.begins();
    // A question to the one before may have been lost with it.
    ask("alive");
  }

  hear(news: WorkerNews): void {
    if (news.type === "condition") this.#notices.fares(news.condition.ready, news.condition.text);
    else if (news.to === "look") this.#notices.reloaded();
    else this.#notices.lives();
  }

  stopping(): void {
    this.#notices.stops();
  }

  /** Sluice ends: what is still to be told is told. */
  async close(): Promise<void> {
    Deno.removeSignalListener("SIGHUP", this.#reload);
    this.#notices.close();
    await this.#socket.close();
  }
}
