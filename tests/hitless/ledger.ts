/** Something that must not happen. */
export interface Fault {
  /** `performance.now()` */
  readonly at: number;
  /** `sotw` or `delta`. */
  readonly proxy: string;
  /** Whose connection, or which check. */
  readonly where: string;
  readonly what: string;
}

/** What was counted. */
export type Sum =
  | "http/1.1 requests"
  | "http/2 requests"
  | "requests over TLS"
  | "long requests"
  | "websocket frames"
  | "TCP messages"
  | "connections opened"
  | "lost"
  | "resets"
  | "closes"
  | "drained where the edit says so"
  | "looks at Envoy's configuration";

/** Keeps count, and what went wrong. */
export class Ledger {
  readonly sums = new Map<Sum, number>([["lost", 0], ["resets", 0], ["closes", 0]]);
  readonly faults: Fault[] = [];

  count(sum: Sum): void {
    this.sums.set(sum, (this.sums.get(sum) ?? 0) + 1);
  }

  fault(proxy: string, where: string, what: string, as?: Sum): void {
    if (as) this.count(as);
    // Of a thousand that follow from one the first say it all.
    if (this.faults.length < 100) this.faults.push({ at: performance.now(), proxy, where, what });
  }
}
