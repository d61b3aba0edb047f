import type { Running } from "./bed.ts";

const EDIT_EVERY_MS = 100;

export interface Churn {
  /** Edits so far. */
  readonly changes: number;
  stop(): void;
}

/** VirtualServices whose edits are measured, one after the other: those whose number is a multiple of `step`. */
export function measuredIndex(size: number, step: number, edit: number): number {
  return step * (edit % Math.ceil(size / step));
}

/** The next VirtualService that churn edits: any other. There must be one, so at least two in all, and a step of at least two. */
export function nextChurned(size: number, step: number, index: number): number {
  const next = (index + 1) % size;
  return next % step === 0 ? nextChurned(size, step, next) : next;
}

/** Ten edits a second of VirtualServices whose number is no multiple of `step`, until it is stopped. */
export function startChurn({ bed, subject }: Pick<Running, "bed" | "subject">, step: number): Churn {
  let changes = 0;
  let index = 0;
  const timer = setInterval(() => {
    index = nextChurned(bed.size, step, index);
    subject.change(index, bed.nextEdit());
    changes++;
  }, EDIT_EVERY_MS);
  return {
    get changes() {
      return changes;
    },
    stop: () => clearInterval(timer),
  };
}
