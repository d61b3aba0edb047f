/** What the exit codes say. They are an interface: scripts and service managers go by them. */
export const EXIT = { done: 0, faults: 1, refused: 2, bug: 70 } as const;

/** In the words of help and docs/cli.md. */
export const EXIT_CODES: readonly { readonly code: number; readonly means: string }[] = [
  { code: EXIT.done, means: "done; for what serves: it was stopped by SIGTERM or SIGINT" },
  { code: EXIT.faults, means: "the configuration has errors, or with --strict warnings" },
  { code: EXIT.refused, means: "the command line is off, or the machine refuses something" },
  { code: EXIT.bug, means: "a bug in Sluice; SLUICE_DEBUG=1 shows where" },
];
