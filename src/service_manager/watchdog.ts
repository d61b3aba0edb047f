/**
 * How long a service manager waits for a sign of life, in milliseconds; undefined where it does not wait, or waits for
 * another process than `pid`.
 */
export function watchdogMs(env: (name: string) => string | undefined, pid: number): number | undefined {
  const microseconds = Number(env("WATCHDOG_USEC"));
  const whose = env("WATCHDOG_PID");
  if (!(microseconds > 0) || (whose !== undefined && Number(whose) !== pid)) return undefined;
  return microseconds / 1000;
}
