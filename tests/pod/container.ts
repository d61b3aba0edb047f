/**
 * Containers without a container engine: a process whose root is a folder that it cannot write to, as a user that is not
 * root, with folders mounted into it. Containers of one test share its network, as those of a pod.
 *
 * Needs unshare, mount, chroot and setpriv, and to be root, if only of a user namespace (as `deno task test pod` sees to).
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The user that the images and the pods name. */
export const USER = 65_532;

const GATHER = fileURLToPath(new URL("../../deploy/container/gather.sh", import.meta.url));

export interface Mount {
  readonly from: string;
  readonly path: string;
  readonly readOnly?: boolean;
}

export interface ContainerOptions {
  /** The folder that is its root; made read-only for it. */
  readonly root: string;
  readonly command: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly mounts?: readonly Mount[];
}

export interface Container {
  /** All that it wrote. */
  log(): string;
  readonly ended: Promise<number>;
  /** Sends the signal and waits for the end. Gives the exit code. */
  stop(signal?: Deno.Signal): Promise<number>;
}

/** As the Containerfile does it: programs below a folder with the libraries that they are linked to. `PROGRAM[=PATH]`. */
export async function gather(root: string, ...programs: readonly string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command("sh", { args: [GATHER, root, ...programs] }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
}

/** A root belongs to root; what is in it has to be readable for the user. */
export async function makeRoot(prefix: string): Promise<string> {
  const root = await Deno.makeTempDir({ prefix });
  await Deno.chmod(root, 0o755);
  return root;
}

/** A folder that the container's user may write to, as an emptyDir is by `fsGroup`. */
export async function makeVolume(): Promise<string> {
  const folder = await Deno.makeTempDir({ prefix: "sluice_volume_" });
  await Deno.chmod(folder, 0o777);
  return folder;
}

/** Of a user namespace that has one user alone, none can be another than root. */
async function userWords(): Promise<readonly string[]> {
  // Deno itself would want all permissions for this file.
  const { stdout } = await new Deno.Command("cat", { args: ["/proc/self/uid_map"] }).output();
  const [line = ""] = new TextDecoder().decode(stdout).split("\n");
  const count = Number(line.trim().split(/\s+/)[2]);
  return count > USER ? [`--userspec=${USER}:${USER}`, "--groups="] : [];
}

/** What engines give where an image names none. */
const PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** Where a program is on this machine. */
export async function pathOf(program: string): Promise<string> {
  const { stdout } = await new Deno.Command("sh", { args: ["-c", `command -v ${program}`] }).output();
  return new TextDecoder().decode(stdout).trim();
}

const SETUP = `
set -eu
root=$1; shift
mount --bind "$root" "$root"
for name in dev proc; do mount --rbind "/$name" "$root/$name"; done
while [ "$1" != -- ]; do
  mount --bind "$1" "$root$2"
  [ "$3" = rw ] || mount -o remount,bind,ro "$root$2"
  shift 3
done
shift
mount -o remount,bind,ro "$root"
exec setpriv --no-new-privs env -i "$@"
`;

/** Starts a container; it ends with its command. */
export async function startContainer(options: ContainerOptions): Promise<Container> {
  const { root, command, env = {}, mounts = [] } = options;
  for (const path of ["/dev", "/proc", ...mounts.map(({ path }) => path)]) {
    await Deno.mkdir(join(root, path), { recursive: true });
  }
  const child = new Deno.Command("unshare", {
    args: [
      // Private, so that what is mounted here is nowhere else, and whoever removes a root removes nothing but that.
      ...["--mount", "--propagation", "private", "sh", "-c", SETUP, "sh", root],
      ...mounts.flatMap(({ from, path, readOnly }) => [from, path, readOnly ? "ro" : "rw"]),
      ...["--", ...Object.entries({ PATH, ...env }).map(([name, value]) => `${name}=${value}`)],
      ...[await pathOf("chroot"), ...await userWords(), root, ...command],
    ],
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  let text = "";
  const collect = async (stream: ReadableStream<Uint8Array>): Promise<void> => {
    for await (const chunk of stream.pipeThrough(new TextDecoderStream())) text += chunk;
  };
  const output = Promise.all([collect(child.stdout), collect(child.stderr)]);
  let isOver = false;
  const ended = child.status.then(async ({ code }) => {
    isOver = true;
    await output;
    return code;
  });
  return {
    log: () => text,
    ended,
    stop: async (signal = "SIGTERM") => {
      if (!isOver) child.kill(signal);
      return await ended;
    },
  };
}

/** Runs a container to its end. */
export async function runContainer(
  options: ContainerOptions,
): Promise<{ readonly code: number; readonly text: string }> {
  const container = await startContainer(options);
  return { code: await container.ended, text: container.log() };
}

/** Removes a root or a volume, whatever is in it. */
export async function removeAll(...folders: readonly string[]): Promise<void> {
  for (const folder of folders) await Deno.remove(folder, { recursive: true });
}
