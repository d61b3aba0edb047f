/** What a process has used so far. */
export interface ProcessUsage {
  /** Seconds of CPU, of all its threads, also of those that have ended; in steps of 0.01. */
  readonly cpuSeconds: number;
  readonly rssMib: number;
  readonly peakRssMib: number;
}

/** Clock ticks a second in /proc; the same on every Linux. */
const TICKS = 100;

/** Reads /proc by `cat`: Deno itself would want every permission for that. */
export async function processUsage(pid: number): Promise<ProcessUsage> {
  const { success, stdout } = await new Deno.Command("cat", {
    args: [`/proc/${pid}/stat`, `/proc/${pid}/status`],
    stderr: "null",
  }).output();
  if (!success) throw new Error(`process ${pid} is gone`);
  return parseUsage(new TextDecoder().decode(stdout));
}

/** The text of /proc/<pid>/stat followed by that of /proc/<pid>/status. */
export function parseUsage(text: string): ProcessUsage {
  const status = text.slice(text.indexOf("\n"));
  // The second field is the program's name in parentheses, which may hold anything.
  const stat = text.slice(0, text.indexOf("\n"));
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const mib = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(status)?.[1]) / 1024;
  return {
    cpuSeconds: (Number(fields[11]) + Number(fields[12])) / TICKS,
    rssMib: mib("VmRSS"),
    peakRssMib: mib("VmHWM"),
  };
}
