import type { AnyResource, ResourceId } from "../../api/mod.ts";
import type { Report } from "../../report/mod.ts";
import type { Transaction } from "../contract.ts";

/** What one who watches a view has not been told yet. */
export class ViewFeed {
  #commit: ((transaction: Transaction) => void) | undefined;
  /** From {@link begin} until nobody follows any more; what is noted at other times is in the next list. */
  #notes = false;
  readonly #put = new Map<string, AnyResource>();
  readonly #removed = new Map<string, ResourceId>();
  #reports: readonly Report[] = [];

  /** A list that what is told later follows. */
  begin(put: readonly AnyResource[], reports: readonly Report[]): Transaction {
    this.#commit = undefined;
    this.#notes = true;
    this.#put.clear();
    this.#removed.clear();
    this.#reports = reports;
    return { put, removed: [], reports };
  }

  /** Tells what was noted since {@link begin}, and from now on each change. Ends when `signal` is aborted. */
  async follow(
    commit: (transaction: Transaction) => void,
    signal: AbortSignal,
    reports: () => readonly Report[],
  ): Promise<void> {
    if (signal.aborted) return;
    this.#commit = commit;
    this.tell(reports(), undefined);
    await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
    if (this.#commit !== commit) return;
    this.#commit = undefined;
    this.#notes = false;
    this.#put.clear();
    this.#removed.clear();
  }

  /** A resource changed; without one it is gone. */
  note(key: string, id: ResourceId, resource: AnyResource | undefined): void {
    if (!this.#notes) return;
    if (resource) this.#put.set(key, resource);
    else this.#put.delete(key);
    if (resource) this.#removed.delete(key);
    else this.#removed.set(key, id);
  }

  tell(reports: readonly Report[], since: number | undefined): void {
    if (!this.#commit) return;
    if (this.#put.size === 0 && this.#removed.size === 0 && reports === this.#reports) return;
    const [put, removed] = [[...this.#put.values()], [...this.#removed.values()]];
    this.#put.clear();
    this.#removed.clear();
    this.#reports = reports;
    this.#commit({ put, removed, reports, ...(since !== undefined && { since }) });
  }
}
