import { fileURLToPath } from "node:url";
import { waitFor } from "../envoy/harness.ts";

const BOOT = fileURLToPath(new URL("boot.sh", import.meta.url));
const SYSTEMD = "/lib/systemd/systemd";
const PROGRAMS = [
  "unshare",
  "nsenter",
  "setpriv",
  "pivot_root",
  "ip",
  "systemctl",
  "dpkg",
  "dpkg-deb",
  "curl",
  "python3",
];

const NAMESPACES = ["--mount", "--pid", "--fork", "--cgroup", "--uts", "--ipc", "--net", "--kill-child"];

/** What a program that ran in there came to. */
export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** The first steps of boot.sh, which not every machine allows: a container's root may be an overlay that carries no other. */
const VIEW = 'set -e; mount --make-rprivate /; mount -t tmpfs tmpfs "$0"; mkdir "$0/upper" "$0/work" "$0/root"; ' +
  'mount -t overlay overlay -o "lowerdir=/,upperdir=$0/upper,workdir=$0/work" "$0/root"';

/** Why no systemd can be booted on this machine; undefined where one can. */
export function whyNotBooted(): string | undefined {
  if (Deno.uid() !== 0) return "only root can boot a systemd in namespaces";
  if (!isThere(SYSTEMD)) return `there is no ${SYSTEMD}`;
  const path = (Deno.env.get("PATH") ?? "").split(":");
  const missing = PROGRAMS.filter((name) => !path.some((folder) => isThere(`${folder}/${name}`)));
  if (missing.length > 0) return `there is no ${missing.join(", ")}`;
  if (cgroupFolder() === undefined) return "no cgroup2 is mounted";
  const folder = Deno.makeTempDirSync({ prefix: "sluice_systemd_" });
  try {
    const { success, stderr } = new Deno.Command("unshare", { args: [...NAMESPACES, "sh", "-c", VIEW, folder] })
      .outputSync();
    return success ? undefined : `no view of the machine can be made: ${new TextDecoder().decode(stderr).trim()}`;
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

/**
 * A systemd that is PID 1 of namespaces of its own, on a copy-on-write view of this machine's root, with a loopback interface and
 * no other, and none of the machine's services. What is done in there is gone with it.
 */
export class BootedSystem implements AsyncDisposable {
  readonly #process: Deno.ChildProcess;
  readonly #cgroup: string;
  readonly #folder: string;
  #inside: readonly string[] = [];

  private constructor(process: Deno.ChildProcess, cgroup: string, folder: string) {
    this.#process = process;
    this.#cgroup = cgroup;
    this.#folder = folder;
  }

  static async boot(): Promise<BootedSystem> {
    const folder = await Deno.makeTempDir({ prefix: "sluice_systemd_" });
    const cgroup = `${cgroupFolder()!}/sluice-test-${Deno.pid}`;
    await Deno.mkdir(cgroup);
    const process = new Deno.Command("sh", {
      args: [
        ...["-c", 'echo $$ > "$1/cgroup.procs"; shift; exec "$@"', "sh", cgroup],
        ...["unshare", ...NAMESPACES, "sh", BOOT, folder],
      ],
      stdin: "null",
      stdout: "inherit",
      stderr: "inherit",
    }).spawn();
    const system = new BootedSystem(process, cgroup, folder);
    try {
      const first = await waitFor("PID 1", () => firstOf(process.pid));
      system.#inside = ["-t", first, "--mount", "--pid", "--uts", "--ipc", "--net", "--cgroup", "--"];
      await waitFor("systemd to have booted", async () => {
        const { out } = await system.run("systemctl", "is-system-running");
        return /running|degraded/.test(out);
      });
      return system;
    } catch (error) {
      await system[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Runs a program in there, whatever it comes to. */
  async run(...words: readonly string[]): Promise<Ran> {
    return await this.#run(words);
  }

  /** Runs a program in there and gives what it prints; throws where it fails. */
  async done(...words: readonly string[]): Promise<string> {
    const { code, out, err } = await this.#run(words);
    if (code !== 0) throw new Error(`${words.join(" ")} ended with ${code}: ${out}${err}`);
    return out.trim();
  }

  /** Starts a program in there, with pipes. */
  start(...words: readonly string[]): Deno.ChildProcess {
    return new Deno.Command("nsenter", {
      args: [...this.#inside, ...words],
      clearEnv: true,
      env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin" },
      ...{ stdin: "piped", stdout: "piped", stderr: "piped" },
    }).spawn();
  }

  /** Puts a file there. */
  async put(path: string, content: string | Uint8Array, mode = "644"): Promise<void> {
    const script = 'cat > "$1" && chmod "$2" "$1"';
    const { code, err } = await this.#run(["sh", "-c", script, "sh", path, mode], content);
    if (code !== 0) throw new Error(`${path}: ${err}`);
  }

  /** One property of a unit, as `systemctl show` tells it. */
  async property(unit: string, name: string): Promise<string> {
    return await this.done("systemctl", "show", unit, "--property", name, "--value");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#process.kill("SIGKILL");
    await this.#process.status;
    await waitFor("the cgroup to be empty", () => removeCgroup(this.#cgroup));
    await Deno.remove(this.#folder, { recursive: true });
  }

  async #run(words: readonly string[], input: string | Uint8Array = ""): Promise<Ran> {
    const process = this.start(...words);
    const bytes = typeof input === "string" ? new TextEncoder().encode(input) : input;
    const writer = process.stdin.getWriter();
    const writing = writer.write(bytes).then(() => writer.close()).catch(() => {});
    const { code, stdout, stderr } = await process.output();
    await writing;
    const text = new TextDecoder();
    return { code, out: text.decode(stdout), err: text.decode(stderr) };
  }
}

function isThere(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

/** Where cgroup2 is mounted: `/sys/fs/cgroup`, or beside the folders of cgroup1. */
function cgroupFolder(): string | undefined {
  const mounts = Deno.readTextFileSync("/proc/self/mounts").split("\n").map((line) => line.split(" "));
  return mounts.find(([, , type]) => type === "cgroup2")?.[1];
}

/** The child of `unshare`, once it is systemd. */
async function firstOf(pid: number): Promise<string | undefined> {
  const [child] = (await Deno.readTextFile(`/proc/${pid}/task/${pid}/children`)).split(" ");
  return child && (await Deno.readTextFile(`/proc/${child}/comm`)).trim() === "systemd" ? child : undefined;
}

async function removeCgroup(folder: string): Promise<boolean> {
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (isDirectory) await removeCgroup(`${folder}/${name}`);
  }
  return await Deno.remove(folder).then(() => true, () => false);
}
