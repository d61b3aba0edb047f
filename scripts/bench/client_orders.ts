/** What the bench tells the process of light clients. */
export type Order =
  /** Open streams until there are so many; each is open when it was sent `complete`. */
  | { readonly open: number; readonly complete: string }
  /** Tell when each client was sent this text; at the latest after `limitMs`. */
  | { readonly expect: string; readonly limitMs: number };

/** What it says. */
export type Answer =
  | { readonly opened: number }
  /** From now on it looks for the text. */
  | { readonly expecting: string }
  /** By client that got it, in order of time, on the clock of `now()`; and the responses of routes that all had meanwhile. */
  | { readonly arrivals: readonly number[]; readonly responses: number };
