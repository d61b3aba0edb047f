/** What systems say when a server cannot listen, and what a person makes of it. */
const REASONS: readonly [says: RegExp, means: string][] = [
  [/listen EADDRINUSE|Address already in use/, "something else listens there"],
  [/listen (EADDRNOTAVAIL|EINVAL)|Cannot assign requested address/, "this machine has no such address"],
  [/listen (EACCES|EPERM)|Permission denied/, "this user may not listen there"],
  [/listen ENOENT/, "the folder of the socket is missing"],
  [/Name resolution failed|failed to lookup address/, "this host name is not known"],
];

/** Starts a server. Where it cannot listen, the error says so in the words of the command line. */
export async function listening<T>(
  { what, flag, address }: { readonly what: string; readonly flag: string; readonly address: string },
  start: () => T | Promise<T>,
): Promise<T> {
  try {
    return await start();
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    const means = REASONS.find(([says]) => says.test(text))?.[1];
    if (means === undefined) throw new Error(`${what} cannot start: ${text}`, { cause: error });
    throw new Error(`${what} cannot listen on ${address}: ${means}; ${flag} chooses another address`, { cause: error });
  }
}
