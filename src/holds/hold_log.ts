import type { Origin } from "../api/mod.ts";
import type { Report } from "../report/mod.ts";
import type { Held } from "./served.ts";

/** Collects what is held in one application of holds. */
export class HoldLog {
  readonly held: Held[] = [];
  readonly since: Record<string, number> = {};
  readonly #before: Readonly<Record<string, number>>;
  readonly #errors: readonly Report[];
  readonly #now: number;

  constructor(before: Readonly<Record<string, number>>, reports: readonly Report[], now: number) {
    this.#before = before;
    this.#errors = reports.filter(({ severity }) => severity === "error");
    this.#now = now;
  }

  /** `id` names the piece among all of the proxy; one held before keeps the time since when it is. */
  hold(what: Held["what"], id: string, origin: Origin): void {
    const since = this.#before[`${what} ${id}`] ?? this.#now;
    this.since[`${what} ${id}`] = since;
    const why = this.#errors.filter((report) => concerns(report, origin));
    this.held.push({ origin, what, since, ...(why.length > 0 && { why }) });
  }
}

function concerns({ ref, path }: Report, origin: Origin): boolean {
  const same = ref.kind === origin.kind && ref.namespace === origin.namespace && ref.name === origin.name;
  return same && isBelow(path, origin.path);
}

/** `routes[1]` is above `routes[1].options`, and not above `routes[10]`. */
function isBelow(path: string, above: string): boolean {
  return path.startsWith(above) && /^($|[.[])/.test(above === "" ? "" : path.slice(above.length));
}
