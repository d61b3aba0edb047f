import { type Clock, pause } from "../../telemetry/mod.ts";

const POLL_MS = 100;

/**
 * Has Envoy end its connections: it says `connection: close` with each answer from now on, and goes on serving. Resolves
 * when none is left, after `longestMs`, or when `hurry` is aborted.
 * https://www.envoyproxy.io/docs/envoy/latest/operations/admin#post--healthcheck-fail
 */
export async function drainEnvoy(adminUrl: string, longestMs: number, clock: Clock, hurry: AbortSignal): Promise<void> {
  const end = clock.elapsed() + longestMs;
  try {
    await (await fetch(`${adminUrl}/healthcheck/fail`, { method: "POST", signal: hurry })).body?.cancel();
    while (clock.elapsed() < end && !hurry.aborted && await connections(adminUrl, hurry) > 0) {
      await pause(clock, POLL_MS, hurry);
    }
  } catch {
    // An Envoy that does not answer has nothing to be drained of, or cannot be.
  }
}

/** How many connections its listeners hold; not those of its admin page. */
async function connections(adminUrl: string, signal: AbortSignal): Promise<number> {
  const answer = await fetch(`${adminUrl}/stats?format=json&filter=^listener\\..*\\.downstream_cx_active$`, { signal });
  const { stats } = await answer.json() as { stats: { name: string; value: number }[] };
  return stats.filter(({ name }) => !name.startsWith("listener.admin.")).reduce((sum, { value }) => sum + value, 0);
}
