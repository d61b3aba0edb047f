import type { Random } from "../incremental/random.ts";
import type { GatewayName } from "./render.ts";
import { gatewaysOf, PATHS, ROAMING, type World } from "./world.ts";

/** A host that is asked at a gateway. */
export interface Target {
  readonly gateway: GatewayName;
  readonly host: string;
  readonly paths: readonly string[];
  /** Requests that were not answered yet. */
  asked: number;
}

/** What is asked at present. A target that is to go away is asked no more, and waited for until all is answered. */
export class Targets {
  readonly #targets = new Map<string, Target>();
  readonly #random: Random;
  #idle: (() => void) | undefined;

  constructor(random: Random) {
    this.#random = random;
  }

  /** Asks from now on all that the world serves, except what is `away`. */
  follow(world: World): void {
    this.#add("main", ROAMING, PATHS);
    for (const [host, { gate, retries }] of world.services) {
      const paths = retries ? [...PATHS, "/retry", "/retry"] : PATHS;
      for (const gateway of gatewaysOf(gate)) this.#add(gateway, host, paths);
    }
  }

  #add(gateway: GatewayName, host: string, paths: readonly string[]): void {
    const key = `${gateway}/${host}`;
    if (!this.#targets.has(key)) this.#targets.set(key, { gateway, host, paths, asked: 0 });
  }

  /** Resolves when nothing of these is on its way any more; none of them is asked from now on. */
  async stop(keys: readonly string[]): Promise<void> {
    const going = keys.flatMap((key) => this.#targets.get(key) ?? []);
    for (const key of keys) this.#targets.delete(key);
    while (going.some(({ asked }) => asked > 0)) await new Promise<void>((resolve) => this.#idle = resolve);
  }

  /** Some target at the gateway; of that host where one is named. */
  pick(gateway: GatewayName, host?: string): { target: Target; path: string } | undefined {
    const fitting = [...this.#targets.values()].filter((one) =>
      one.gateway === gateway && (host === undefined || one.host === host)
    );
    if (fitting.length === 0) return undefined;
    const target = this.#random.pick(fitting);
    return { target, path: this.#random.pick(target.paths) };
  }

  /** Counts a request to the target as long as it is on its way. */
  async during<T>(target: Target, ask: () => Promise<T>): Promise<T> {
    target.asked++;
    try {
      return await ask();
    } finally {
      target.asked--;
      this.#idle?.();
    }
  }
}
