/** Time as the program sees it; handed in, so that tests can turn the hands themselves. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Milliseconds from some moment, for waits and durations: whoever sets the machine's clock does not change it. */
  elapsed(): number;
  /** Calls `callback` once, `ms` milliseconds from now (0 or more). Gives what calls it off; calling it off twice is fine. */
  setTimeout(callback: () => void, ms: number): () => void;
}

/** The real time. */
export const systemClock: Clock = {
  now: () => Date.now(),
  elapsed: () => performance.now(),
  setTimeout(callback, ms) {
    const timer = setTimeout(callback, ms);
    return () => clearTimeout(timer);
  },
};
