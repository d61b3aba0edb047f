/** Ports below those that systems give out by themselves, where other tests and connections find theirs. */
const FIRST = 10_240;
const COUNT = 20_000;

const taken = new Set<number>();

/**
 * A port of 127.0.0.1 that nobody listens on. Envoys share a port with whoever opens it as they do, unasked, and half of the
 * connections go to the other; so a port that is opened only seconds later must not be one that others come upon.
 */
export function takePort(): number {
  for (;;) {
    const port = FIRST + Math.floor(Math.random() * COUNT);
    if (taken.has(port) || !isFree(port)) continue;
    taken.add(port);
    return port;
  }
}

function isFree(port: number): boolean {
  try {
    Deno.listen({ hostname: "127.0.0.1", port }).close();
    return true;
  } catch {
    return false;
  }
}
