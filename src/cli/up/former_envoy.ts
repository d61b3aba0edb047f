import { type Clock, pause } from "../../telemetry/mod.ts";

const POLL_MS = 50;
const END_DEADLINE_MS = 10_000;

/** What Envoy's admin page says of it. */
interface ServerInfo {
  readonly command_line_options: { readonly config_path: string };
}

/**
 * Ends the Envoy of a Sluice that was killed: it serves on, and has the admin page's port. It is known by its bootstrap.
 * True where there was one.
 */
export async function endFormerEnvoy(adminUrl: string, bootstrap: string, clock: Clock): Promise<boolean> {
  if (await bootstrapOf(adminUrl) !== bootstrap) return false;
  await fetch(`${adminUrl}/quitquitquit`, { method: "POST" }).then((answer) => answer.body?.cancel());
  const end = clock.elapsed() + END_DEADLINE_MS;
  const never = new AbortController().signal;
  while (await bootstrapOf(adminUrl) === bootstrap && clock.elapsed() < end) await pause(clock, POLL_MS, never);
  return true;
}

/** The bootstrap of the Envoy whose admin page this is; undefined where nothing, or something else, answers. */
async function bootstrapOf(adminUrl: string): Promise<string | undefined> {
  try {
    const answer = await fetch(`${adminUrl}/server_info`, { signal: AbortSignal.timeout(1_000) });
    return (await answer.json() as ServerInfo).command_line_options.config_path;
  } catch {
    return undefined;
  }
}
