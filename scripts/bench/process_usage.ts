/** What a process and all that it started have used so far. */
export interface ProcessUsage {
  /** Milliseconds of CPU of all threads, also of those that ended after an earlier look. */
  readonly cpuMs: number;
  readonly rssMib: number;
  /** The sum of the most that each process had. */
  readonly peakRssMib: number;
}

/** Looks at a process and its descendants in /proc, and remembers threads, so that a sum of CPU never falls. */
export class ProcessTree {
  readonly #pid: number;
  readonly #spentNs = new Map<string, number>();

  constructor(pid: number) {
    this.#pid = pid;
  }

  /** Throws where the first process is gone. */
  async usage(): Promise<ProcessUsage> {
    const waiting = [this.#pid];
    let [rssKib, peakKib] = [0, 0];
    for (let pid = waiting.pop(); pid !== undefined; pid = waiting.pop()) {
      const process = parseProcess(await readProcess(pid));
      if (process.rssKib === 0 && pid === this.#pid) throw new Error(`process ${pid} is gone`);
      waiting.push(...process.children);
      for (const [thread, ns] of process.threadNs) this.#spentNs.set(thread, ns);
      rssKib += process.rssKib;
      peakKib += process.peakKib;
    }
    const spent = [...this.#spentNs.values()].reduce((sum, ns) => sum + ns, 0);
    return { cpuMs: spent / 1e6, rssMib: rssKib / 1024, peakRssMib: peakKib / 1024 };
  }
}

/** The files of a process, each under a line `==> path <==`. By programs: Deno itself would want every permission for /proc. */
async function readProcess(pid: number): Promise<string> {
  const threads = (await output("ls", [`/proc/${pid}/task`])).split("\n").filter((one) => one !== "");
  const files = threads.flatMap((one) => [`/proc/${pid}/task/${one}/schedstat`, `/proc/${pid}/task/${one}/children`]);
  return await output("head", ["-v", "-n", "100", `/proc/${pid}/status`, ...files]);
}

/** What a program writes; threads that end meanwhile are errors that do not matter. */
async function output(command: string, args: readonly string[]): Promise<string> {
  const { stdout } = await new Deno.Command(command, { args: [...args], stderr: "null" }).output();
  return new TextDecoder().decode(stdout);
}

interface OneProcess {
  rssKib: number;
  peakKib: number;
  readonly children: number[];
  /** By path of the thread. */
  readonly threadNs: Map<string, number>;
}

/** The text of `head -v` for /proc/<pid>/status and, by thread, schedstat and children. */
export function parseProcess(text: string): OneProcess {
  const process: OneProcess = { rssKib: 0, peakKib: 0, children: [], threadNs: new Map() };
  const parts = text.split(/^==> (.*) <==$/m);
  for (let i = 1; i < parts.length; i += 2) {
    const [path, body] = [parts[i]!, parts[i + 1]!];
    const words = body.trim().split(/\s+/);
    if (path.endsWith("/status")) {
      process.rssKib = Number(/^VmRSS:\s+(\d+)/m.exec(body)?.[1] ?? 0);
      process.peakKib = Number(/^VmHWM:\s+(\d+)/m.exec(body)?.[1] ?? 0);
    } else if (path.endsWith("/children")) process.children.push(...words.filter((word) => word !== "").map(Number));
    else if (/^\d+$/.test(words[0]!)) process.threadNs.set(path, Number(words[0]));
  }
  return process;
}
